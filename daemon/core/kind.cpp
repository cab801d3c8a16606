#include "daemon/core/kind.h"

#include <algorithm>

#include "daemon/core/form.h"

namespace chancery::core {

const std::vector<MessageKind>& message_kinds() {
  static const std::vector<MessageKind> kinds = {
#define CHANCERY_KIND(name, pattern, released_by, needs_direction, needs_threat, available, spillable, facts) \
  {name, Pattern::pattern, ReleasedBy::released_by, needs_direction, needs_threat, available, spillable, facts},
#include "daemon/core/kind.def"
#undef CHANCERY_KIND
  };
  return kinds;
}

const MessageKind* find_kind(std::string_view name) {
  for (const auto& kind : message_kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

bool is_spillable(std::string_view kind) {
  const auto* known = find_kind(kind);
  return known != nullptr && known->spillable;
}

bool may_state(const MessageKind& kind, std::string_view fact) {
  const auto names = split(kind.facts, ' ');
  return std::find(names.begin(), names.end(), fact) != names.end();
}

}  // namespace chancery::core
