// Whole example authorities for tests of services: anchor, certificates, designation, a real store in a temporary
// directory, and the data that is shipped. Nothing is networked.
#pragma once

#include <filesystem>

#include "daemon/service/node.h"
#include "daemon/service/quotations.h"
#include "daemon/store/fsck.h"
#include "daemon/wire/desk.h"

namespace chancery::test {

// config/ and config/demo/party_status.toml, loaded once.
std::shared_ptr<const core::AgreementBook> example_book();

// 2026-11-22T06:00:00.000Z: inside every validity made here.
Instant example_time();

class ExampleAuthority {
 public:
  // `id`: cn-example, ru-example or kz-example; designated for all agreements and directions of its Party. The
  // references outlive this. With `vfs` the store lives on that SQLite VFS. Designated by the anchor of `colleague`, or
  // by one of its own.
  ExampleAuthority(const std::string& id, const Clock& clock, crypto::RandomSource& random, const char* vfs = nullptr,
                   const ExampleAuthority* colleague = nullptr);
  ~ExampleAuthority();
  ExampleAuthority(const ExampleAuthority&) = delete;
  ExampleAuthority& operator=(const ExampleAuthority&) = delete;

  // Services keep references into this: build them again after a restart.
  [[nodiscard]] service::Node node();
  [[nodiscard]] store::Store& store() { return *store_; }
  // Of this store; made at the first call, and anew after a restart.
  [[nodiscard]] service::Quotations& quotations();
  [[nodiscard]] const std::string& id() const { return identity_.authority; }
  [[nodiscard]] const wire::DesignationItem& designation() const { return designation_; }
  [[nodiscard]] crypto::Certificate anchor() const;
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  // Closes the store and opens it again. No service may be using it.
  void restart(const std::function<void()>& while_closed = {});

  // Closes the store, recomputes everything it claims, and opens it again. No service may be using it.
  [[nodiscard]] Result<store::FsckReport> fsck();

  // Records the other as an active peer, with its designation and newest seal key.
  void knows(ExampleAuthority& other);
  // Issues a seal key when none is valid; called by the constructor.
  void renew_seal_key();
  [[nodiscard]] crypto::Signer& log_key();
  // Any statement in a batch of its own, under the key of this role, as `signer` would have signed it at this time.
  [[nodiscard]] crypto::SignedStatement sign(const std::string& statement, core::KeyRole role, Instant at,
                                             const std::string& signer = {}) const;
  // A designation that follows the current one: changed as told, signed by the anchor. Not recorded.
  [[nodiscard]] wire::DesignationItem redesignated(const std::function<void(core::Designation&)>& change) const;

 private:
  struct Keys;
  void open();

  std::filesystem::path directory_;
  const Clock& clock_;
  crypto::RandomSource& random_;
  const char* vfs_;
  std::unique_ptr<Keys> keys_;
  service::Identity identity_;
  wire::DesignationItem designation_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<service::Quotations> quotations_;
};

// Makes each of them known to each other.
void introduce(const std::vector<ExampleAuthority*>& authorities);

core::User officer(const std::string& name = "li", const std::string& clearance = "restricted");
core::User approver(const std::string& name = "wang", const std::string& clearance = "restricted");
core::User auditor();
core::User administrator();

// A draft under sco-2009 that every rule allows, in Russian, as Desk carries it.
struct DraftOptions {
  std::vector<std::string> recipients = {"ru-example"};
  std::string label = "open";
  std::string kind = "threat-notice";
  std::string title = "Пример";
  std::string body = "Текст уведомления.";
  std::vector<std::pair<std::string, std::string>> sources = {};  // name of a message, relation
  std::string expires = {};
  std::vector<std::pair<std::string, std::string>> facts = {};
  std::vector<std::string> indicators = {};                           // addresses
  std::vector<std::pair<std::string, std::string>> independent = {};  // name of a message, reason
  std::string extent = "all";                                         // of each source
  std::string in_chinese = {};                                        // a second text, part 1
};
Bytes draft_bytes(const DraftOptions& options = {});
// With a key of its own; `number` tells keys apart.
wire::Submission submission(const DraftOptions& options = {}, std::uint64_t number = 1);

}  // namespace chancery::test
