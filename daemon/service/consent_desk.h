// Looking at consents: who asked for what and was granted it, and where a message of ours went (protocol section 8).
#pragma once

#include "daemon/service/outcome.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

class ConsentDesk {
 public:
  explicit ConsentDesk(Node node) : node_(std::move(node)) {}

  // Requests, grants, refusals and revocations: all, newest first, or those about one message; by the name of one of
  // themselves that one alone.
  Outcome<wire::ConsentListing> list(const core::User& caller, const wire::ListQuery& query) const;
  // What the holders of a message of ours have reported, and what they were permitted and have not reported yet.
  Outcome<wire::DisseminationView> dissemination(const core::User& caller, const std::string& name) const;

 private:
  Node node_;
};

}  // namespace chancery::service
