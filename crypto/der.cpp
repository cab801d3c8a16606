#include "crypto/der.h"

#include <algorithm>

#include <openssl/objects.h>

#include "crypto/openssl.h"

namespace chancery::crypto::der {
namespace {

Bytes length(std::size_t size) {
  if (size < 128) return {static_cast<std::uint8_t>(size)};
  const auto wide = u64be(size);
  const auto first = std::find_if(wide.begin(), wide.end(), [](std::uint8_t byte) { return byte != 0; });
  Bytes out{static_cast<std::uint8_t>(0x80 | (wide.end() - first))};
  out.insert(out.end(), first, wide.end());
  return out;
}

}  // namespace

Bytes element(std::uint8_t tag, BytesView content) {
  return concat({BytesView(&tag, 1), length(content.size()), content});
}

Bytes sequence(std::initializer_list<BytesView> elements) {
  constexpr std::uint8_t tag = 0x30;
  return element(tag, concat(elements));
}

Bytes set_of(std::vector<Bytes> elements, std::uint8_t tag) {
  std::sort(elements.begin(), elements.end());
  Bytes content;
  for (const auto& one : elements) append(content, one);
  return element(tag, content);
}

Bytes small_integer(std::uint8_t value) { return {0x02, 0x01, value}; }

Bytes oid(const char* dotted) {
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> object(OBJ_txt2obj(dotted, 1));
  if (!object) bug("der: not an object identifier");
  return der_of<ASN1_OBJECT>(i2d_ASN1_OBJECT, object.get());
}

}  // namespace chancery::crypto::der
