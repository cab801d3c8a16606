// Writing DER (X.690): the few shapes that signed attributes and exported CMS need. There is no reader.
#pragma once

#include <vector>

#include "crypto/bytes.h"

namespace chancery::crypto::der {

inline constexpr std::uint8_t kOctetString = 0x04;
inline constexpr std::uint8_t kUtcTime = 0x17;
inline constexpr std::uint8_t kGeneralizedTime = 0x18;
inline constexpr std::uint8_t kSet = 0x31;
inline constexpr std::uint8_t kContext0 = 0xa0;  // [0], constructed

Bytes element(std::uint8_t tag, BytesView content);
Bytes sequence(std::initializer_list<BytesView> elements);
// SET OF, its elements in DER order (11.6); under another tag when it is implicitly tagged.
Bytes set_of(std::vector<Bytes> elements, std::uint8_t tag = kSet);
Bytes small_integer(std::uint8_t value);  // below 128
// From dotted decimals; arcs of any size. A name that is none is our own bug.
Bytes oid(const char* dotted);

}  // namespace chancery::crypto::der
