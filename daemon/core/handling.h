// The recipient's own handling of what it holds (Article 6: protected as the recipient's law demands). A record stands
// beside the original label, is signed by the authority that made it, and says as much protection or more, never less.
#pragma once

#include "daemon/core/access.h"

namespace chancery::core {

// `chancery/handling/v1`. The first about a message has no `previous`; each later one names the one before, so that the
// history is one chain. The last one counts.
struct Handling {
  std::string authority;
  MessageId message;
  Label label;          // under the authority's own policy
  Digest label_policy;  // of that policy's data
  std::optional<Digest> previous;
  Instant time;
  Bytes salt;  // 32 bytes
  bool operator==(const Handling&) const = default;

  [[nodiscard]] std::string to_text() const;
  static Result<Handling> parse(std::string_view text);
};

// The label a message has here when nobody marked it: all its labels as the own policy regards them.
std::optional<Label> own_label(const World& world, const Message& message);

// The label a message is shown and kept under here: that of the record in force or own_label, whichever protects more;
// both joined where neither does. Null as own_label.
std::optional<Label> held_as(const World& world, const Message& message, const std::optional<Label>& handling);

// What an officer or approver would write about a message of others held here; `current` is what is in force. The label
// is known to the own policy, dominates what each label of the message is regarded as, and its review date fits. Less
// than what is in force takes an approver, and never goes below the original. Whoever may is told by decide_access, for
// the message as it is and as it would be.
Decision decide_handling(const World& world, const User& user, const Message& message,
                         const std::optional<Label>& current, const Label& proposed);

// What is made of a message that is handled here under a label of our own: the first label of what is made of it
// protects as much, and what is a state secret to us goes nowhere that bars it.
Decision decide_use(const World& world, const Message& made, const std::vector<Label>& handling);

// Making public a message that is handled here. What the original's label does not demand protects our own interest: it
// is taken back by an approver first.
Decision decide_publication(const World& world, const Message& original, const std::optional<Label>& handling);

}  // namespace chancery::core
