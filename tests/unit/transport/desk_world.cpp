#include "tests/unit/transport/desk_world.h"

#include <grpcpp/create_channel.h>

#include <cstdlib>

namespace chancery::test {

namespace {

// First of all: gRPC reads what TLS it may speak once a process.
std::filesystem::path make_folder() {
  transport::prepare_libraries();
  auto name = (std::filesystem::temp_directory_path() / "chancery-desk-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

}  // namespace

Badge make_badge(const std::string& name, Instant from, Duration life) {
  auto key = crypto::PrivateKey::generate(crypto::Suite::p256).value();
  const auto start = from - days(1);
  auto certificate = crypto::issue_certificate({name, crypto::CertificateUse::user, start, start + life},
                                               key.public_key(), key, nullptr)
                         .value();
  auto pem = std::make_shared<const crypto::SecretBytes>(key.to_pem());
  return {{certificate.pem(), std::move(pem)}, std::move(certificate)};
}

DeskOf::DeskOf(ExampleAuthority& authority, service::Lanes lanes, crypto::RandomSource& random, const Clock& clock,
               const std::string& path)
    : submit(authority.node(), lanes, authority.quotations()),
      reading(authority.node(), lanes),
      attachments(authority.node(), reading),
      erasing(authority.node(), lanes),
      evidence(authority.node()),
      consents(authority.node()),
      joint_acts(authority.node()),
      disclosing(authority.node(), lanes),
      handlings(authority.node()),
      administration(authority.node(), lanes, "0.1.0"),
      socket(path),
      server(transport::DeskServer::start(
                 {path, make_party(authority.id()).tls},
                 {submit, reading, attachments, erasing, evidence, consents, joint_acts, disclosing, handlings,
                  administration, random, clock, [](const service::LogLine&) {}})
                 .value()) {}

std::shared_ptr<grpc::Channel> channel_to(const std::string& socket, const transport::TlsIdentity& identity) {
  return grpc::CreateChannel("unix:" + socket,
                             transport::channel_credentials(identity, [](const Digest&) { return true; }));
}

DeskServerTest::DeskServerTest()
    : folder_(make_folder()), desk_(cn_, recorded_.lanes(), random_, clock_, (folder_ / "cn.sock").string()) {}

DeskServerTest::~DeskServerTest() {
  desk_.server.reset();
  std::filesystem::remove_all(folder_);
}

void DeskServerTest::add(DeskOf& desk, const core::User& user, const Badge& badge) {
  (void)service::value_of(desk.administration.add_user(administrator(), {user, badge.certificate}));
}

std::unique_ptr<v1::Desk::Stub> DeskServerTest::with(const DeskOf& desk, const Badge& badge) {
  return v1::Desk::NewStub(channel_to(desk.socket, badge.tls));
}

std::unique_ptr<v1::Desk::Stub> DeskServerTest::person(DeskOf& desk, const core::User& user) {
  const auto badge = make_badge(user.name, clock_.now());
  add(desk, user, badge);
  return with(desk, badge);
}

std::unique_ptr<v1::Desk::Stub> DeskServerTest::person(const core::User& user) { return person(desk_, user); }

v1::SubmitRequest submit_request(const DraftOptions& options, std::uint64_t number) {
  const auto submitted = submission(options, number);
  v1::SubmitRequest request;
  request.mutable_draft()->ParseFromArray(submitted.draft.data(), static_cast<int>(submitted.draft.size()));
  request.set_idempotency_key(submitted.key.data(), submitted.key.size());
  return request;
}

}  // namespace chancery::test
