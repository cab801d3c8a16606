#include "crypto/bytes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>

namespace chancery {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kMaxBase64Block = 1U << 30U;  // EVP_EncodeBlock counts in int

Bytes big_endian(std::uint64_t value, std::size_t width) {
  Bytes out(width);
  for (std::size_t i = 0; i < width; ++i) out[width - 1 - i] = static_cast<std::uint8_t>(value >> (8 * i));
  return out;
}

// The value of each lower-case hex digit; of every other character a value that no digit has.
constexpr std::uint8_t kNoDigit = 0xff;
constexpr auto kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kHexDigits.size(); ++i)
    values[static_cast<unsigned char>(kHexDigits[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::uint8_t hex_value(char digit) { return kHexValues[static_cast<unsigned char>(digit)]; }

}  // namespace

BytesView as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

std::string_view as_text(BytesView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Bytes to_bytes(std::string_view text) { return {text.begin(), text.end()}; }

Bytes concat(std::initializer_list<BytesView> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  Bytes out;
  out.reserve(size);
  for (const auto part : parts) append(out, part);
  return out;
}

void append(Bytes& to, BytesView from) { to.insert(to.end(), from.begin(), from.end()); }

Bytes u16be(std::uint16_t value) { return big_endian(value, 2); }
Bytes u32be(std::uint32_t value) { return big_endian(value, 4); }
Bytes u64be(std::uint64_t value) { return big_endian(value, 8); }

std::uint64_t read_be(BytesView bytes) {
  if (bytes.size() > 8) bug("read_be: more than 8 bytes");
  std::uint64_t value = 0;
  for (const auto byte : bytes) value = value << 8U | byte;
  return value;
}

std::string to_hex(BytesView bytes) {
  std::string out(bytes.size() * 2, '\0');
  auto at = out.begin();
  for (const auto byte : bytes) {
    *at++ = kHexDigits[byte >> 4U];
    *at++ = kHexDigits[byte & 15U];
  }
  return out;
}

Result<Bytes> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0) return fail(Errc::malformed, "hex: odd length");
  Bytes out(text.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto high = hex_value(text[2 * i]);
    const auto low = hex_value(text[2 * i + 1]);
    if (high == kNoDigit || low == kNoDigit) return fail(Errc::malformed, "hex: not a lower-case digit");
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return out;
}

std::string to_base64(BytesView bytes) {
  if (bytes.size() > kMaxBase64Block) bug("to_base64: too long");
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with a NUL
  const int written =
      EVP_EncodeBlock(reinterpret_cast<std::uint8_t*>(out.data()), bytes.data(), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(written));
  return out;
}

Result<Bytes> parse_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > kMaxBase64Block) return fail(Errc::malformed, "base64: length");
  if (text.empty()) return Bytes{};
  Bytes out(text.size() / 4 * 3);
  const int decoded = EVP_DecodeBlock(out.data(), as_bytes(text).data(), static_cast<int>(text.size()));
  if (decoded < 0) return fail(Errc::malformed, "base64: not in the alphabet");
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(static_cast<std::size_t>(decoded) < padding ? 0 : static_cast<std::size_t>(decoded) - padding);
  // OpenSSL trims white space and ignores the unused bits of the last digit; the one spelling we accept is our own.
  if (to_base64(out) != text) return fail(Errc::malformed, "base64: not canonical");
  return out;
}

bool equal_constant_time(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace chancery
