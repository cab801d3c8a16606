#include "client/sent_keys.h"

#include <filesystem>

#include "client/files.h"
#include "crypto/digest.h"

namespace chancery::client {

namespace {

// 6 bytes of milliseconds, 10 random.
std::string new_key(Instant now, crypto::RandomSource& random) {
  const auto time = u64be(static_cast<std::uint64_t>(now.ms));
  Bytes key(time.begin() + 2, time.end());
  append(key, random.bytes(10));
  return std::string(as_text(key));
}

bool is_fresh(const Bytes& key, Instant now) {
  if (key.size() != 16) return false;
  const Instant made{static_cast<std::int64_t>(read_be(BytesView(key).first(6)))};
  return made <= now && now - made < kKeyLife;
}

}  // namespace

Outcome<std::string> SentKeys::key_for(std::string_view content, bool again, Instant now,
                                       crypto::RandomSource& random) const {
  const auto file = folder_ + "/" + to_hex(crypto::sha256(as_bytes(content)).view());
  if (!again && std::filesystem::exists(file)) {
    auto text = TRY(read_file(file));
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const auto kept = parse_hex(text);
    if (kept && is_fresh(*kept, now)) return std::string(as_text(*kept));
  }
  auto key = new_key(now, random);
  CHECK_OK(replace_private_file(file, to_hex(as_bytes(key)) + "\n"));
  return key;
}

}  // namespace chancery::client
