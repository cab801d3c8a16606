// Marking what came from others under the own policy: as strictly as its label is regarded here, or more so
// (Article 6). The record is signed and journalled; the original label stays as it is.
#pragma once

#include "daemon/service/outcome.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

class HandlingDesk {
 public:
  explicit HandlingDesk(Node node) : node_(std::move(node)) {}

  // Marked so before: the same answer, no act.
  Outcome<wire::MessageView> handle(const core::User& caller, const wire::HandlingRequest& request);

 private:
  Node node_;
};

}  // namespace chancery::service
