// Looking at joint acts: what was proposed, who accepted, what is in force (protocol section 9).
#pragma once

#include "daemon/service/outcome.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

class JointActDesk {
 public:
  explicit JointActDesk(Node node) : node_(std::move(node)) {}

  // Every subject, or those of one agreement, and whom a proposal has to reach today.
  Outcome<wire::JointActListing> list(const core::User& caller, const std::string& agreement) const;

 private:
  Node node_;
};

}  // namespace chancery::service
