#include "crypto/ed25519.h"

#include <algorithm>
#include <array>

#include "crypto/openssl.h"

namespace chancery::crypto {
namespace {

// RFC 8032 5.1, big-endian: p = 2^255 - 19, d, and y of the two pairs of points of order 8.
constexpr const char* kPrime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
constexpr const char* kD = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3";
constexpr std::array kOrderEight = {"05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
                                    "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"};

BignumPtr number(const char* hex) {
  BIGNUM* value = nullptr;
  if (BN_hex2bn(&value, hex) == 0) bug("ed25519: constant");
  return BignumPtr(value);
}

// y of the encoded point: little-endian, without the bit that holds the sign of x.
BignumPtr y_of(BytesView raw) {
  Bytes bytes(raw.begin(), raw.end());
  bytes.back() &= 0x7fU;
  return BignumPtr(BN_lebin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// Orders 1, 2 and 4 have y = 1, -1 and 0.
bool has_small_order(const BIGNUM* y, const BIGNUM* prime) {
  const BignumPtr minus_one(BN_dup(prime));
  BN_sub_word(minus_one.get(), 1);
  return BN_is_zero(y) || BN_is_one(y) || BN_cmp(y, minus_one.get()) == 0 ||
         std::any_of(kOrderEight.begin(), kOrderEight.end(),
                     [&](const char* hex) { return BN_cmp(y, number(hex).get()) == 0; });
}

// x^2 = (y^2 - 1) / (d y^2 + 1) has a root exactly when (y^2 - 1)(d y^2 + 1) is a square.
bool has_x(const BIGNUM* y, const BIGNUM* prime) {
  const BignumContext context(BN_CTX_new());
  const auto d = number(kD);
  const BignumPtr square(BN_new());
  const BignumPtr left(BN_new());
  const BignumPtr right(BN_new());
  const BignumPtr product(BN_new());
  const bool done = BN_mod_sqr(square.get(), y, prime, context.get()) == 1 &&
                    BN_mod_sub(left.get(), square.get(), BN_value_one(), prime, context.get()) == 1 &&
                    BN_mod_mul(right.get(), d.get(), square.get(), prime, context.get()) == 1 &&
                    BN_add_word(right.get(), 1) == 1 &&
                    BN_mod_mul(product.get(), left.get(), right.get(), prime, context.get()) == 1;
  return done && BN_kronecker(product.get(), prime, context.get()) == 1;
}

}  // namespace

bool is_acceptable_ed25519_key(BytesView raw) {
  if (raw.size() != 32) return false;
  const auto prime = number(kPrime);
  const auto y = y_of(raw);
  return BN_cmp(y.get(), prime.get()) < 0 && !has_small_order(y.get(), prime.get()) && has_x(y.get(), prime.get());
}

}  // namespace chancery::crypto
