// The people's side: a Unix socket, mutual TLS, and the person whose certificate is pinned here.
#pragma once

#include "crypto/clock.h"
#include "daemon/service/administration.h"
#include "daemon/service/attachment_desk.h"
#include "daemon/service/consent_desk.h"
#include "daemon/service/disclosing.h"
#include "daemon/service/erasing.h"
#include "daemon/service/evidence.h"
#include "daemon/service/handling.h"
#include "daemon/service/joint_act_desk.h"
#include "daemon/service/read.h"
#include "daemon/service/submit.h"
#include "daemon/transport/credentials.h"

namespace chancery::transport {

// What the handlers call. References outlive the server.
struct DeskServices {
  service::Submit& submit;
  service::Reading& reading;
  service::AttachmentDesk& attachments;
  service::Erasing& erasing;
  service::EvidenceExport& evidence;
  service::ConsentDesk& consents;
  service::JointActDesk& joint_acts;
  service::Disclosing& disclosing;
  service::HandlingDesk& handlings;
  service::Administration& administration;
  crypto::RandomSource& random;  // correlation ids
  const Clock& clock;
  service::Log log;
};

struct DeskOptions {
  std::string socket;  // path
  TlsIdentity identity;
};

class DeskServer {
 public:
  // Errors: those of Socket::unix; unavailable.
  static Result<std::unique_ptr<DeskServer>> start(const DeskOptions& options, const DeskServices& services);
  // Stops accepting, tells monitors so, gives running calls five seconds, waits for all of them.
  ~DeskServer();
  DeskServer(const DeskServer&) = delete;
  DeskServer& operator=(const DeskServer&) = delete;

  // What the health check answers from now on; `true` at first. Thread-safe.
  void serving(bool yes);
  [[nodiscard]] std::size_t connections() const;

 private:
  class Impl;
  explicit DeskServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace chancery::transport
