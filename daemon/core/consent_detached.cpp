// What a detached grant carries: the wraps its provider made when it was signed.
#include <algorithm>

#include "daemon/core/consent.h"

namespace chancery::core {

std::string GrantWrap::text() const { return receiver + " " + to_string(key) + " " + to_string(wrap); }

Result<GrantWrap> GrantWrap::parse(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 3 || !is_authority_id(words[0])) return fail(Errc::malformed, "not `<authority> <key> <wrap>`");
  GrantWrap out;
  out.receiver = words[0];
  out.key = TRY(parse_digest(words[1]));
  out.wrap = TRY(parse_digest(words[2]));
  return out;
}

const GrantWrap* Grant::wrap_for(std::string_view receiver) const {
  const auto it = std::find_if(wraps.begin(), wraps.end(), [&](const auto& wrap) { return wrap.receiver == receiver; });
  return it == wraps.end() ? nullptr : &*it;
}

Digest terms_digest(Message grant) {
  std::erase_if(grant.facts, [](const Fact& fact) { return fact.name == kWrapFact; });
  return header_digest(grant.to_text());
}

std::vector<std::pair<std::string, Instant>> outlived_keys(const Directory& directory, const Grant& grant,
                                                           std::optional<Instant> sealing) {
  std::vector<std::pair<std::string, Instant>> out;
  if (!grant.is_detached()) return out;
  for (const auto& receiver : grant.terms.to) {
    const auto* entry = directory.find(receiver);
    const auto* wrap = grant.wrap_for(receiver);
    if (entry == nullptr) continue;
    const SealKey* key = wrap == nullptr && sealing ? directory.seal_key(receiver, *sealing) : nullptr;
    for (const auto& known : entry->seal_keys)
      if (wrap != nullptr && known.id() == wrap->key) key = &known;
    if (key != nullptr && key->to < grant.terms.until) out.emplace_back(receiver, key->to);
  }
  return out;
}

}  // namespace chancery::core
