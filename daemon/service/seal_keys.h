// Seal keys: the ones this authority issues and opens with, and what peers state of theirs (protocol section 1).
#pragma once

#include <deque>

#include "crypto/sealing.h"

#include "daemon/service/verification.h"

namespace chancery::service {

inline constexpr Duration kSealKeyLife = days(30);
inline constexpr Duration kSealKeyRenewal = days(1);  // the next one is issued so long before the end

// Ours. Thread-safe.
class SealKeys {
 public:
  explicit SealKeys(Node node) : node_(std::move(node)) {}

  // Issues a key when none of the designation in force is valid for another day, and destroys those past their
  // acceptance. True when it issued one: peers should hear of it. Waits for the writer. unavailable while we have no
  // designation in force.
  Result<bool> renew();

  // The content key under a wrap made by `wrapper` for us, over the body with this header. not_found when the key was
  // never ours, stale when it is no longer accepted or destroyed, unauthenticated when it does not open.
  Result<crypto::SecretBytes> unwrap(std::string_view wrapper, const crypto::Wrap& wrap, const Digest& header);
  // The content key of a carried original under the wrap its originator made for this step; errors as above.
  Result<crypto::SecretBytes> unwrap(const crypto::Wrap& wrap, const crypto::RewrapContext& context);

 private:
  struct OwnKey {
    Instant accept_until;
    crypto::KemPrivateKey key;
  };
  using Context = std::shared_ptr<const crypto::HpkeReceiver>;

  Result<std::shared_ptr<const OwnKey>> own_key(const Digest& id);
  Result<std::shared_ptr<const OwnKey>> load(const Digest& id);
  Result<Context> context(std::string_view wrapper, const crypto::Wrap& wrap, const OwnKey& key);

  Node node_;
  std::mutex mutex_;
  std::map<Digest, std::shared_ptr<const OwnKey>> keys_;  // guarded by mutex_
  std::map<Bytes, Context> contexts_;                     // guarded by mutex_; by enc and info
  std::deque<Bytes> context_order_;                       // guarded by mutex_; oldest first
};

// What a peer states first on a stream: verified under its `sign` key, the newest ones recorded. Statements that do not
// hold are counted in the value. Waits for the writer.
Result<std::size_t> take_seal_keys(const Node& node, const std::string& peer, const std::vector<wire::Proven>& stated,
                                   FrameVerifier& verifier);

}  // namespace chancery::service
