// Evidence for verification offline: a message's or a receipt's statement with its signature, path, the certificate it
// verifies under, that certificate's anchor and the designation that names both. Journalled.
#pragma once

#include "daemon/service/outcome.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

class EvidenceExport {
 public:
  explicit EvidenceExport(Node node);

  Outcome<wire::EvidenceView> run(const core::User& caller, const wire::EvidenceQuery& query);

 private:
  Node node_;
};

}  // namespace chancery::service
