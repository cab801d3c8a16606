// The Desk of one authority on a real Unix socket, and people who call it with certificates of their own.
#pragma once

#include "chancery/v1/desk.grpc.pb.h"
#include "daemon/transport/desk.h"
#include "tests/unit/service/desk_fixture.h"
#include "tests/unit/transport/ends.h"

namespace chancery::test {

// A self-signed certificate of a person, valid from one day before `from` for `life`.
struct Badge {
  transport::TlsIdentity tls;
  crypto::Certificate certificate;
};
Badge make_badge(const std::string& name, Instant from, Duration life = days(365));

// The services of one authority behind a DeskServer.
struct DeskOf {
  DeskOf(ExampleAuthority& authority, service::Lanes lanes, crypto::RandomSource& random, const Clock& clock,
         const std::string& path);

  service::Submit submit;
  service::Reading reading;
  service::AttachmentDesk attachments;
  service::Erasing erasing;
  service::EvidenceExport evidence;
  service::ConsentDesk consents;
  service::JointActDesk joint_acts;
  service::Disclosing disclosing;
  service::HandlingDesk handlings;
  service::Administration administration;
  std::string socket;
  std::unique_ptr<transport::DeskServer> server;
};

// Channel to a Desk as this person; takes any server's certificate.
std::shared_ptr<grpc::Channel> channel_to(const std::string& socket, const transport::TlsIdentity& identity);

class DeskServerTest : public service::DeskTest {
 public:
  ~DeskServerTest() override;

 protected:
  DeskServerTest();

  // Recorded as a user of cn-example, or of `desk`'s authority; returns a stub that calls as this person.
  std::unique_ptr<v1::Desk::Stub> person(const core::User& user);
  std::unique_ptr<v1::Desk::Stub> person(DeskOf& desk, const core::User& user);
  static std::unique_ptr<v1::Desk::Stub> with(const DeskOf& desk, const Badge& badge);
  static void add(DeskOf& desk, const core::User& user, const Badge& badge);

  std::filesystem::path folder_;
  DeskOf desk_;
};

// Ten seconds for each call.
struct Call : grpc::ClientContext {
  Call() { set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10)); }
};

v1::SubmitRequest submit_request(const DraftOptions& options, std::uint64_t number);

}  // namespace chancery::test
