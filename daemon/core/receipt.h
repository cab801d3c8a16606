// Receipts: signed machine acts about one message, staged per recipient (protocol section 5).
#pragma once

#include "daemon/core/message.h"

namespace chancery::core {

// The positive stages in order; `refused` stands alone and is final.
enum class Stage { delivered, read, acknowledged, answered, refused };
const char* to_string(Stage stage);
Result<Stage> parse_stage(std::string_view text);

struct Receipt {
  std::string receiver;
  std::string originator;
  MessageId message;
  Stage stage = Stage::delivered;
  Instant time;
  std::vector<std::string> reasons;  // codes, sorted; only with `refused`
  std::optional<MessageId> answer;   // only with `answered`
  Digest entry;                      // salted digest of the receiver's journal entry
  Bytes salt;                        // 32 bytes
  bool operator==(const Receipt&) const = default;

  [[nodiscard]] std::string to_text() const;
  static Result<Receipt> parse(std::string_view text);
};

// Two receipts of one receiver about one message that no honest receiver signs both: refused beside any
// positive stage, or the same stage with other bytes.
bool contradict(const Receipt& a, const Receipt& b);

}  // namespace chancery::core
