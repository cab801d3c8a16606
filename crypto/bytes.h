// Bytes and their two text forms. The vocabulary every room shares.
//
// Hexadecimal is lower case and of even length; base64 is RFC 4648 section 4 with padding. Both
// parsers accept exactly what the writers produce and nothing else, so text and bytes correspond one
// to one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/result.h"

namespace chancery {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

BytesView as_bytes(std::string_view text);
std::string_view as_text(BytesView bytes);
Bytes to_bytes(std::string_view text);

// The views one after the other.
Bytes concat(std::initializer_list<BytesView> parts);
void append(Bytes& to, BytesView from);

// Big-endian, fixed width.
Bytes u16be(std::uint16_t value);
Bytes u32be(std::uint32_t value);
Bytes u64be(std::uint64_t value);
// Reads a big-endian number of any width up to 8 bytes.
std::uint64_t read_be(BytesView bytes);

std::string to_hex(BytesView bytes);
Result<Bytes> parse_hex(std::string_view text);
std::string to_base64(BytesView bytes);
Result<Bytes> parse_base64(std::string_view text);

// Compares without telling where the difference is (CRYPTO_memcmp); lengths are public.
bool equal_constant_time(BytesView a, BytesView b);

}  // namespace chancery
