// Kinds of message and the facts each may state: one table (kind.def), repeated in proto/README.md by a test.
#pragma once

#include <string_view>
#include <vector>

namespace chancery::core {

// Which of the three patterns a kind follows.
enum class Pattern { notice, consent, joint_act };

// Whose act it is.
enum class ReleasedBy {
  officer,   // one person, or two where the message is restricted
  approver,  // always two persons
  daemon,    // nobody: the daemon reports what it did, in signed statements without text
};

struct MessageKind {
  std::string_view name;  // "threat-notice"
  Pattern pattern;
  ReleasedBy released_by;
  bool needs_direction;  // else `directions -`
  bool needs_threat;
  bool available;  // format known; false: refused as E-KIND-UNKNOWN until its capability exists
  // May be named by the notice of a spill, which locks it where it is and keeps it from whoever has it not yet: never
  // what ends something, what says so of others, or what all agree on.
  bool spillable;
  std::string_view facts;  // space-separated fact names it may state
};

const std::vector<MessageKind>& message_kinds();
const MessageKind* find_kind(std::string_view name);
// Of what no kind is known by this name: no.
bool is_spillable(std::string_view kind);
bool may_state(const MessageKind& kind, std::string_view fact);

}  // namespace chancery::core
