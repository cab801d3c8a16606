// Which statements of a frame are somebody's (protocol sections 1 and 4): the signature of a batch is checked once,
// under a key that was the signer's at that time, in the role of signing; then each statement is a short path.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "daemon/service/node.h"
#include "daemon/wire/frame.h"

namespace chancery::service {

// Certificates of designated keys, by key id: what an id names never changes, so nothing here goes stale. Thread-safe.
class Certificates {
 public:
  explicit Certificates(store::Store& store) : store_(store) {}
  // not_found when no authority we verified designated it.
  Result<std::shared_ptr<const crypto::Certificate>> find(const core::Directory& directory, const Digest& id);

 private:
  Result<std::shared_ptr<const crypto::Certificate>> load(const std::string& authority, const Digest& id);

  store::Store& store_;
  std::mutex mutex_;
  std::map<Digest, std::shared_ptr<const crypto::Certificate>> known_;  // guarded by mutex_
};

enum class Standing {
  holds,
  key_unknown,        // signed under a key no designation we have names: may hold later
  not_authenticated,  // nobody's
};

struct Finding {
  Standing standing = Standing::not_authenticated;
  const crypto::BatchStatement* batch = nullptr;  // when it holds
  Digest digest;                                  // of the statement, whatever its standing
};

// The signatures of one frame; each is checked at most once, when first asked for. References outlive this. For one
// thread.
class FrameVerifier {
 public:
  FrameVerifier(const std::vector<crypto::BatchSignature>& signatures, const core::Directory& directory,
                Certificates& certificates);

  // Whether the statement stands in a batch signed by `batch->signer`. Who was to sign it is the caller's question.
  Finding find(const wire::Proven& proven);
  // With its signature, to be kept. Of a statement that holds.
  [[nodiscard]] store::SignedStatement evidence(const wire::Proven& proven) const;

 private:
  struct Batch {
    bool checked = false;
    Standing standing = Standing::not_authenticated;
    std::optional<crypto::VerifiedBatch> verified = {};  // when it holds
  };
  void check(const crypto::BatchSignature& signature, Batch& out);

  const std::vector<crypto::BatchSignature>& signatures_;
  const core::Directory& directory_;
  Certificates& certificates_;
  std::vector<Batch> batches_;
};

// A leaf's own time is at most 60 s older than its batch, and not newer than 60 s after it (protocol section 4).
bool timely(Instant own, const crypto::BatchStatement& batch);

// A designation under the anchor that was compared out of band: a batch of its own, signed by that anchor, with the
// certificates of the keys it names, each issued by the anchor. unauthenticated, malformed.
Result<core::Designation> verify_designation(const wire::DesignationItem& item, const Digest& anchor);

}  // namespace chancery::service
