// One store in a temporary directory with its keys, and a peer that signs for real: for tests of the store.
#pragma once

#include "daemon/store/fsck.h"
#include "daemon/store/queries.h"
#include "tests/support/failing_signer.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

namespace chancery::test {

// What the ninth schema added, the seventh and all after it, the sixth, the fourth.
#define CHANCERY_UNDO_NINTH_SCHEMA                                    \
  "DROP TABLE revocation_list; ALTER TABLE peer DROP COLUMN reason; " \
  "DROP INDEX outbox_waiting; "                                       \
  "DROP TABLE attachment; DROP TABLE attached; DROP TABLE attached_draft; DROP TABLE attachment_gone; "
#define CHANCERY_UNDO_SEVENTH_SCHEMA CHANCERY_UNDO_NINTH_SCHEMA "DROP TABLE text_change; "
inline constexpr const char* kUndoNinthSchema = CHANCERY_UNDO_NINTH_SCHEMA;
#define CHANCERY_UNDO_SIXTH_SCHEMA \
  CHANCERY_UNDO_SEVENTH_SCHEMA     \
  "DROP INDEX consent_said; DROP INDEX owed_queue; DROP INDEX permit_use; ALTER TABLE permit DROP COLUMN reported; "
inline constexpr const char* kUndoSixthSchema = CHANCERY_UNDO_SIXTH_SCHEMA;
inline constexpr const char* kUndoFourthSchema = CHANCERY_UNDO_SIXTH_SCHEMA
    "DROP TABLE detached_use; "
    "DROP TABLE joint_act; DROP TABLE handling; ALTER TABLE user DROP COLUMN categories; DROP TABLE made_of; "
    "DROP TABLE erasure; DROP INDEX message_original; DROP TABLE independent; DROP TABLE extract; ";

// An authority as far as a store sees it: anchor, signing key and their certificates.
struct SigningAuthority {
  explicit SigningAuthority(const std::string& authority);
  [[nodiscard]] crypto::SignedStatement sign(const std::string& statement, Instant now, crypto::RandomSource& random);
  [[nodiscard]] store::DesignationRecord designation(Instant now, crypto::RandomSource& random);
  [[nodiscard]] Bytes certificate_der() const { return {certificate.der().begin(), certificate.der().end()}; }

  std::string id;
  crypto::PrivateKey anchor_key;
  crypto::Certificate anchor;
  crypto::PrivateKey sign_key;
  crypto::Certificate certificate;
};

struct Sent {
  core::MessageId id;
  store::LeafRef leaf;
  std::uint64_t sequence = 0;
  std::string number;
};

class StoreWorld {
 public:
  StoreWorld();
  ~StoreWorld();
  StoreWorld(const StoreWorld&) = delete;
  StoreWorld& operator=(const StoreWorld&) = delete;

  Result<std::unique_ptr<store::Store>> open(const char* on_vfs = nullptr);
  Result<store::FsckReport> fsck();
  [[nodiscard]] std::filesystem::path file(const char* name) const { return directory / name; }
  [[nodiscard]] store::StoreOptions options() const { return {directory, "cn-example", vfs, checkpoint_file()}; }
  [[nodiscard]] std::filesystem::path checkpoint_file() const { return directory.string() + ".checkpoint"; }

  // Both designations and the peer: after this fsck can verify everything.
  Result<void> introduce(store::Store& store);
  // A message with a part of `size` bytes, told apart by `number`.
  [[nodiscard]] store::MessageRecord message(const std::string& originator, std::uint64_t number,
                                             std::size_t size = 64) const;
  // The act of a release: number, statement, message with its entry, dispatch to ru-example. Two leaves.
  Result<Sent> release(store::Transaction& tx, std::uint64_t number, std::size_t size = 64) const;
  Result<Sent> send(store::Store& store, std::uint64_t number);
  // A message of ru-example taken in, with the `delivered` receipt it gives back.
  Result<core::Receipt> take_in(store::Store& store, std::uint64_t number);
  // A receipt of ru-example about a message of ours.
  store::ReceiptRecord receipt(const core::MessageId& id, core::Stage stage,
                               const std::vector<std::string>& reasons = {});
  // Deletes or edits what a raw connection with the key can.
  void tamper(const std::string& sql) const;
  // Another program holds the write lock while `what` runs.
  void while_locked(const std::function<void()>& what) const;

  std::filesystem::path directory;
  const char* vfs = nullptr;
  ManualClock clock;
  SeededRandom random;
  SigningAuthority self;
  SigningAuthority peer;
  FailingSigner signer;
  crypto::PrivateKey log_key;
  crypto::SecretBytes database_key;
  std::vector<Error> failures;  // what on_failure told
};

// `statement`: what it is about.
core::JournalEntry entry_of(core::Act act, const std::optional<core::MessageId>& message = {},
                            const std::string& statement = {});

}  // namespace chancery::test
