#include "crypto/ecdsa.h"

#include <algorithm>
#include <array>
#include <optional>

namespace chancery::crypto {
namespace {

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kInteger = 0x02;

// The order of the base point (SP 800-186, 3.2.1.3).
constexpr std::array<std::uint8_t, 32> kOrder = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                                 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                                 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

// The content of the element at the front, which is taken off. Short lengths only: no part of such a signature
// reaches 128 bytes, so any long form is not minimal.
std::optional<BytesView> take(BytesView& from, std::uint8_t tag) {
  if (from.size() < 2 || from[0] != tag || from[1] > 127 || from.size() - 2 < from[1]) return std::nullopt;
  const auto content = from.subspan(2, from[1]);
  from = from.subspan(2 + content.size());
  return content;
}

// A positive minimal INTEGER below the order.
bool is_scalar(BytesView integer) {
  if (integer.empty() || integer[0] > 127) return false;  // nothing, or negative
  if (integer[0] == 0) {
    if (integer.size() == 1 || integer[1] < 128) return false;  // zero, or a needless leading zero
    integer = integer.subspan(1);
  }
  if (integer.size() != kOrder.size()) return integer.size() < kOrder.size();
  return std::lexicographical_compare(integer.begin(), integer.end(), kOrder.begin(), kOrder.end());
}

}  // namespace

bool is_canonical_p256_signature(BytesView der) {
  auto content = take(der, kSequence);
  if (!content || !der.empty()) return false;
  const auto r = take(*content, kInteger);
  const auto s = take(*content, kInteger);
  return r && s && content->empty() && is_scalar(*r) && is_scalar(*s);
}

}  // namespace chancery::crypto
