// The store: one SQLCipher database (page 8192, HMAC-SHA256, raw key, WAL, synchronous=FULL), one writer that groups
// the acts waiting at that moment, readers beside it, and a checkpoint file outside the database.
//
// A group is: BEGIN, the waiting acts in order, each in its own savepoint, one sign_group step (one batch, one
// signature), COMMIT, the checkpoint file, then the answers. Nothing waits for a timer: whatever came while the last
// group was committed is the next one. An act that fails is rolled back alone. A failing signer rolls the group back
// (unavailable). Disk full before COMMIT: the group is rolled back (unavailable) and the store goes on. A failed COMMIT
// or sync latches the writer shut: every later act is `unavailable`, and `on_failure` is called once, because what
// reached the disk is then unknown.
#pragma once

#include <filesystem>
#include <future>

#include "crypto/checkpoint.h"
#include "crypto/clock.h"
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
  std::filesystem::path directory;  // chancery.db and checkpoint live here
  std::string authority;
  const char* vfs = nullptr;  // a SQLite VFS by name; tests inject faults here
};

class Store {
 public:
  // Opens or creates; migrates by number; checks `PRAGMA cipher_version` (at least 4), the authority it belongs to, and
  // the tree against the checkpoint file: a database behind its checkpoint, or with another root at that size, is
  // `corrupt` (rolled back) and nothing is signed.
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
            std::function<void(Result<T>, const Commit&)> done);
  // The same, waiting for the value. Never from the writer's thread.
  template <class T>
  Result<T> run(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act);

  // Readers: consistent, beside the writer, any thread. See queries.h for what can be asked.
  class Reader;
  [[nodiscard]] Reader& reader();
  // The directory and the joint acts as of the last commit.
  [[nodiscard]] std::shared_ptr<const core::Directory> directory() const;
  [[nodiscard]] std::shared_ptr<const core::JointActBook> joint_acts() const;
  [[nodiscard]] crypto::Checkpoint checkpoint() const;
  // Where its files are; for what is kept beside the database.
  [[nodiscard]] const std::filesystem::path& folder() const;

  struct Work {
    std::uint32_t leaves = 0;
    std::function<Result<void>(Transaction&)> act;  // keeps its value in the closure
    std::function<void(const Result<void>&, const Commit&)> done;
  };
  // An act as `post` takes it, to be posted later.
  template <class T>
  static Work work(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act,
                   std::function<void(Result<T>, const Commit&)> done);
  // As many single posts, but all there at once: they share a group, and its signature and sync, as far as it reaches.
  void post_all(std::vector<Work> works);

 private:
  class Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

template <class T>
Store::Work Store::work(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act,
                        std::function<void(Result<T>, const Commit&)> done) {
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
          }};
}

template <class T>
void Store::post(std::uint32_t leaves, std::function<Result<T>(Transaction&)> act,
                 std::function<void(Result<T>, const Commit&)> done) {
  std::vector<Work> one;
  one.push_back(work<T>(leaves, std::move(act), std::move(done)));
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
