#include "crypto/digest.h"

#include <algorithm>

#include "crypto/openssl.h"

namespace chancery {
namespace {

constexpr std::string_view kPrefix = "sha256:";

}  // namespace

std::string to_string(const Digest& digest) { return std::string(kPrefix) + to_hex(digest.value); }

Result<Digest> parse_digest(std::string_view text) {
  if (!text.starts_with(kPrefix)) return fail(Errc::malformed, "digest: does not begin with sha256:");
  return to_digest(TRY(parse_hex(text.substr(kPrefix.size()))));
}

Result<Digest> to_digest(BytesView bytes) {
  Digest digest;
  if (bytes.size() != digest.value.size()) return fail(Errc::malformed, "digest: not 32 bytes");
  std::copy(bytes.begin(), bytes.end(), digest.value.begin());
  return digest;
}

}  // namespace chancery

namespace chancery::crypto {
namespace {

constexpr std::size_t kBlock = 64;

// Fetched once: looking an algorithm up costs more than hashing a kilobyte. Never freed; OpenSSL clears it at exit.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

// SHA-256 in steps, on the context of this thread: one at a time.
class Hasher {
 public:
  Hasher() {
    if (EVP_DigestInit_ex2(context(), sha256_algorithm(), nullptr) != 1) bug("SHA-256 is not available");
  }
  void update(BytesView data) {
    if (EVP_DigestUpdate(context(), data.data(), data.size()) != 1) bug("SHA-256 failed");
  }
  void update(std::initializer_list<BytesView> parts) {
    for (const auto part : parts) update(part);
  }
  Digest finish() {
    Digest digest;
    if (EVP_DigestFinal_ex(context(), digest.value.data(), nullptr) != 1) bug("SHA-256 failed");
    return digest;
  }

 private:
  static EVP_MD_CTX* context() {
    thread_local const DigestContext context(EVP_MD_CTX_new());
    return context.get();
  }
};

// The key as one block, XORed with RFC 2104's inner or outer pad.
class KeyBlock {
 public:
  explicit KeyBlock(BytesView key) {
    if (key.size() > kBlock) {
      const auto hashed = sha256(key);
      std::copy(hashed.value.begin(), hashed.value.end(), bytes_.begin());
    } else {
      std::copy(key.begin(), key.end(), bytes_.begin());
    }
  }
  KeyBlock(const KeyBlock&) = delete;
  KeyBlock& operator=(const KeyBlock&) = delete;
  ~KeyBlock() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  void mix(std::uint8_t pad) {
    for (auto& byte : bytes_) byte ^= pad;
  }
  [[nodiscard]] BytesView view() const { return bytes_; }

 private:
  std::array<std::uint8_t, kBlock> bytes_{};
};

}  // namespace

Digest sha256(BytesView data) { return sha256({data}); }

Digest sha256(std::initializer_list<BytesView> parts) {
  Hasher hasher;
  hasher.update(parts);
  return hasher.finish();
}

Digest hmac_sha256(BytesView key, std::initializer_list<BytesView> parts) {
  constexpr std::uint8_t inner_pad = 0x36;
  constexpr std::uint8_t outer_pad = 0x5c;
  KeyBlock block(key);
  block.mix(inner_pad);
  Hasher inner;
  inner.update(block.view());
  inner.update(parts);
  const auto inner_digest = inner.finish();
  block.mix(inner_pad ^ outer_pad);
  return sha256({block.view(), inner_digest.view()});
}

SecretBytes hkdf_extract(BytesView salt, BytesView input) {
  const auto digest = hmac_sha256(salt, {input});
  return SecretBytes(Bytes(digest.value.begin(), digest.value.end()));
}

SecretBytes hkdf_expand(BytesView key, BytesView info, std::size_t length) {
  if (length > 255 * sizeof(Digest::value)) bug("hkdf_expand: too long");
  SecretBytes out(length);
  auto rest = out.mutable_view();
  Digest block;
  for (std::uint8_t counter = 1; !rest.empty(); ++counter) {
    const auto previous = counter == 1 ? BytesView{} : block.view();
    block = hmac_sha256(key, {previous, info, BytesView(&counter, 1)});
    const auto size = std::min(rest.size(), block.value.size());
    std::copy_n(block.value.begin(), size, rest.begin());
    rest = rest.subspan(size);
  }
  OPENSSL_cleanse(block.value.data(), block.value.size());
  return out;
}

}  // namespace chancery::crypto
