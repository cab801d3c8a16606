// Looking: boxes, opening a body for a person, acknowledging. Every opening is an act with its entry; the first one of
// an incoming message signs a `read` receipt to its originator, and who may not is journalled too.
#pragma once

#include "daemon/service/outcome.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

// How the message and what it was made of are handled here: a text stays what it is where it is carried or quoted.
Result<std::vector<core::Label>> handling_here(store::Transaction& tx, const store::MessageRow& row,
                                               const core::Message& message);

// What an act has recorded as seen, opened: parts of a message held here, without what it carries.
Result<wire::ReadView> open_for_person(const Node& node, const core::MessageId& id, const core::Extent& extent);

class Reading {
 public:
  Reading(Node node, Lanes lanes);

  // No body is opened. Drafts show their text only to who may compose or approve them.
  Outcome<wire::Listing> list(const core::User& caller, const wire::ListQuery& query) const;
  // Opens ours and theirs; the carried original of a forward with it.
  Outcome<wire::ReadView> read(const core::User& caller, const std::string& name);
  // Signs `acknowledged`, and `read` before it when nobody has read it. Acknowledged before: the same answer, no act.
  Outcome<wire::MessageView> acknowledge(const core::User& caller, const std::string& name);

 private:
  Node node_;
  Lanes lanes_;
};

}  // namespace chancery::service
