// The store: one SQLCipher database (page 8192, HMAC-SHA256, raw key, WAL, synchronous=FULL), one writer that groups
// the acts waiting at that moment, readers beside it, and a checkpoint file outside the database.
//
// A group is: BEGIN, the waiting acts in order, each in its own savepoint where one is needed, one finish_group step
// (one batch, one signature), COMMIT, the checkpoint file, then the answers. Nothing waits for a timer: whatever came
// while the last group was committed is the next one. An act that fails is rolled back alone. A failing signer rolls
// the group back (unavailable). Disk full before COMMIT: the group is rolled back (unavailable) and the store goes on.
// A failed COMMIT or sync latches the writer shut: every later act is `unavailable`, and `on_failure` is called once,
// because what reached the disk is then unknown.
#pragma once

#include <filesystem>
#include <future>

#include "crypto/checkpoint.h"
#include "crypto/clock.h"
#include "daemon/store/attachment_files.h"
#include "daemon/store/peer_news.h"
#include "daemon/store/tally.h"
#include "daemon/store/text_news.h"
#include "daemon/store/transaction.h"

namespace chancery::store {

// What an act's completion may ask about the group it was committed in. Valid during the call.
class Commit {
 public:
  virtual ~Commit() = default;
  [[nodiscard]] virtual Instant time() const = 0;
  [[nodiscard]] virtual SignedStatement signed_statement(LeafRef leaf) const = 0;
};

// Everything a store needs of the world; references outlive it.
struct Seams {
  const Clock& clock;
  crypto::RandomSource& random;
  crypto::Signer& sign_key;
  Digest sign_certificate;  // key id of sign_key
  crypto::Signer& log_key;
  std::function<void(const Error&)> on_failure;  // called at most once, on the writer's thread
};

struct StoreOptions {
  std::filesystem::path directory;  // chancery.db lives here
  std::string authority;
  const char* vfs = nullptr;  // a SQLite VFS by name; tests inject faults here
  // The last own checkpoint. Outside the directory, so that an older copy of that does not bring an older one along;
  // empty: `checkpoint` in it, where an earlier program kept it.
  std::filesystem::path checkpoint_file = {};
};

// Whether an act may be run a second time, after everything it did was rolled back, before its `done`: it has no effect
// but on the transaction. A group of such acts needs no savepoints, which copy every page that an act touches.
enum class Repeat { never, allowed };

class Store {
 public:
  // Opens or creates; migrates by number; checks `PRAGMA cipher_version` (at least 4), the authority it belongs to, and
  // the tree against the checkpoint file: a database behind its checkpoint, of an earlier epoch, or with another root
  // at that size, is `corrupt` (rolled back) and nothing is signed. busy: another instance has one of both files.
  static Result<std::unique_ptr<Store>> open(const StoreOptions& options, const crypto::SecretBytes& database_key,
                                             Seams seams);
  ~Store();  // finishes the waiting acts
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Posts an act that signs at most `leaves` statements. `done` is called on the writer's thread after COMMIT with the
  // act's value, or with its error after the rollback; it must not block or post synchronously. When more than the
  // bound of acts wait, `done` gets `busy` at once. Thread-safe.
  template <class T>
  void post(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act,
            std::function<void(Result<T>, const Commit&)> done, Repeat repeat = Repeat::never);
  // The same, waiting for the value. Never from the writer's thread.
  template <class T>
  Result<T> run(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act);

  // Readers: consistent, beside the writer, any thread. See queries.h for what can be asked.
  class Reader;
  [[nodiscard]] Reader& reader();
  // What was committed for each peer, for those who send it.
  [[nodiscard]] PeerNews& news();
  // The directory and the joint acts as of the last commit.
  [[nodiscard]] std::shared_ptr<const core::Directory> directory() const;
  [[nodiscard]] std::shared_ptr<const core::JointActBook> joint_acts() const;
  // Who has the certificate of this SHA-256, as of the last commit; null when nobody has.
  [[nodiscard]] std::shared_ptr<const UserRecord> user(const Digest& certificate) const;
  [[nodiscard]] crypto::Checkpoint checkpoint() const;
  // As of the last commit.
  [[nodiscard]] TextNews text_news() const;
  [[nodiscard]] const AttachmentFiles& attachments() const;
  // The same as it was signed: a C2SP note.
  [[nodiscard]] std::string checkpoint_note() const;
  [[nodiscard]] const crypto::PublicKey& log_key() const;
  // 1, and one more with each sanctioned restore.
  [[nodiscard]] std::uint64_t epoch() const;

  // Nothing runs before `release`, and no longer than this: until peers had their say whether the store is what it was.
  void hold(Duration at_most);
  void release();
  // This store is an older copy, or another instance goes on beside it: from here on, over restarts, until a sanctioned
  // restore, no act that signs succeeds (corrupt) and no checkpoint is written. Reading goes on, and what signs
  // nothing.
  void suspend(const std::string& why);
  [[nodiscard]] std::optional<std::string> suspended() const;
  // The disk was full, and there is no plenty of room again yet: messages, drafts and attachments are not taken in
  // (unavailable). Reading goes on, and refusals are journalled, from a reserve of 4 MiB. Looked at after every group
  // of acts: whoever waits for room posts some.
  [[nodiscard]] bool full() const;
  // Why nothing is signed now: sign_key_away, while the signing key cannot be reached; sign_key_ended, while no
  // designation in force names it, or it holds no longer. Acts that sign are unavailable, alone, and nothing comes in
  // that would be answered by a signature. Of a store that is suspended see above.
  [[nodiscard]] std::optional<core::ReasonCode> why_unsigned() const;
  [[nodiscard]] bool signs() const { return !why_unsigned(); }
  [[nodiscard]] Tally tally() const;

  // Where its files are; for what is kept beside the database.
  [[nodiscard]] const std::filesystem::path& folder() const;

  struct Work {
    std::uint32_t leaves = 0;
    std::function<Result<void>(Transaction&)> act;  // keeps its value in the closure
    std::function<void(const Result<void>&, const Commit&)> done;
    Repeat repeat = Repeat::never;
  };
  // An act as `post` takes it, to be posted later.
  template <class T>
  static Work work(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act,
                   std::function<void(Result<T>, const Commit&)> done, Repeat repeat = Repeat::never);
  // As many single posts, but all there at once: they share a group, and its signature and sync, as far as it reaches.
  void post_all(std::vector<Work> works);

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

template <class T>
Store::Work Store::work(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act,
                        std::function<void(Result<T>, const Commit&)> done, Repeat repeat) {
  auto value = std::make_shared<std::optional<Result<T>>>();
  return {leaves,
          [value, act = std::move(act)](Transaction& tx) -> Result<void> {
            *value = act(tx);
            if (!(*value)->has_value()) return tl::unexpected((*value)->error());
            return {};
          },
          [value, done = std::move(done)](const Result<void>& outcome, const Commit& commit) {
            if (!outcome.has_value())
              done(tl::unexpected(outcome.error()), commit);
            else
              done(std::move(**value), commit);
          },
          repeat};
}

template <class T>
void Store::post(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act,
                 std::function<void(Result<T>, const Commit&)> done, Repeat repeat) {
  std::vector<Work> one;
  one.push_back(work<T>(leaves, std::move(act), std::move(done), repeat));
  post_all(std::move(one));
}

template <class T>
Result<T> Store::run(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act) {
  // Owned by the writer too: it may still be inside set_value when the waiting thread has its value and goes on.
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto future = promise->get_future();
  post<T>(leaves, std::move(act), [promise](Result<T> value, const Commit&) { promise->set_value(std::move(value)); });
  return future.get();
}

}  // namespace chancery::store
