// The parts of a body a peer sealed: each behind its length in two bytes. Whatever they are, what is read has sorted
// languages without duplicates, and is refused as soon as one part comes twice.
#include <algorithm>
#include <cstdlib>

#include <google/protobuf/stubs/logging.h>

#include "daemon/wire/body.h"

namespace {

using chancery::Bytes;

std::vector<Bytes> split(const std::uint8_t* data, std::size_t size) {
  std::vector<Bytes> parts;
  std::size_t at = 0;
  while (at + 2 <= size) {
    const auto wanted = static_cast<std::size_t>(data[at] * 256 + data[at + 1]);
    at += 2;
    const auto length = std::min(wanted, size - at);
    parts.emplace_back(data + at, data + at + length);
    at += length;
  }
  return parts;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] static const auto before = google::protobuf::SetLogHandler(nullptr);  // of bytes that are no UTF-8
  auto parts = split(data, size);
  const auto body = chancery::wire::parse_body(parts);
  if (!body.has_value()) return 0;
  const auto& languages = body->opened.languages;
  if (!std::is_sorted(languages.begin(), languages.end())) std::abort();
  if (std::adjacent_find(languages.begin(), languages.end()) != languages.end()) std::abort();
  if (!chancery::wire::is_plain_text(body->number, chancery::wire::Lines::one)) std::abort();
  if (body->number.empty() || parts.empty()) return 0;
  // A second number, whatever it is, is one too many.
  parts.push_back(chancery::wire::registry_part("CN-2026-0001"));
  if (chancery::wire::parse_body(parts).has_value()) std::abort();
  return 0;
}
