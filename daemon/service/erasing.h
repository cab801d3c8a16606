// Erasing the text of a message for good, or deciding to keep a locked one under national law (protocol section 8). Of
// what is restricted two different persons do it, the second an approver: the first proposes by the same words.
//
// Promises: after the answer `erased` no key, wrap, part or draft of the text is in the store or its log; statement,
// signature, receipts and entries stay and are proved as before. Whose decision locked the copy is told, signed.
#pragma once

#include "daemon/service/outcome.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

class Erasing {
 public:
  Erasing(Node node, Lanes lanes);

  // `retain`: the ground to keep it under; empty: it is erased.
  Outcome<wire::ErasureView> run(const core::User& caller, const wire::ErasureOrder& order);

 private:
  Node node_;
  Lanes lanes_;
};

}  // namespace chancery::service
