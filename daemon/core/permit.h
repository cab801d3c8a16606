// chancery/permit/v1: the one-time permission of protocol section 8; what it is good for is in consent.h.
#pragma once

#include "daemon/core/message.h"

namespace chancery::core {

enum class Verb { transfer, disclose };
const char* to_string(Verb verb);
Result<Verb> parse_verb(std::string_view text);

struct Permit {
  std::string provider;
  MessageId grant;
  MessageId original;
  std::string carrier;  // message id of the carrier, or `sha256:` plan digest of a disclosure
  Relation relation = Relation::forwards;
  std::string holder;
  std::string receiver;  // empty when none
  Verb verb = Verb::transfer;
  Extent extent;
  Instant from;
  Instant until;
  std::optional<Digest> wrap;
  Bytes salt;
  bool operator==(const Permit&) const = default;

  [[nodiscard]] std::string to_text() const;
  static Result<Permit> parse(std::string_view text);
};

}  // namespace chancery::core
