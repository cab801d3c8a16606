// Composing and releasing: preview, submit, approve (protocol sections 2, 5 and 7).
//
// Promises: what is answered `accepted` is durable, numbered, signed and on its way; the same key and draft of one
// officer have one effect and one answer; a message restricted under any Party's policy leaves only by two persons;
// only the plan that was previewed is signed; text of a restricted message held here leaves named as its source, or
// with an approver's word that it has another. Refusals to release, and passages shown with them, are journalled.
#pragma once

#include "daemon/service/outcome.h"
#include "daemon/service/quotations.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

class Submit {
 public:
  // `quotations` outlives this.
  Submit(Node node, Lanes lanes, Quotations& quotations);

  // `draft`: bytes as Desk carried them (wire::carried_bytes).
  Outcome<wire::Preview> preview(const core::User& caller, BytesView draft) const;

  Outcome<wire::Accepted> submit(const core::User& caller, wire::Submission submission);
  // The same for many at once; the answers in order. They wait together and so share signatures and syncs.
  std::vector<Outcome<wire::Accepted>> submit_all(const core::User& caller, std::vector<wire::Submission> submissions);
  // Without waiting for the writer, but until what is held can be looked through: `done` is called once, on the
  // writer's thread or on this one; it must not block. This has to live until then.
  using Done = std::function<void(Outcome<wire::Accepted>)>;
  void post(const core::User& caller, wire::Submission submission, Done done);

  // Releases or declines a draft that waits; who composed it may decline it. Declined: `accepted` names the draft, no
  // id. With `preview` nothing changes: the answer names the draft and its plan.
  Outcome<wire::Accepted> approve(const core::User& caller, const wire::Approval& approval);

 private:
  Node node_;
  Lanes lanes_;
  Quotations& quotations_;
};

}  // namespace chancery::service
