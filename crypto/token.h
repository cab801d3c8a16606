// A signing key in a token: an HSM behind a PKCS#11 library, which OpenSSL's provider `pkcs11` speaks to in a library
// context of its own, so that nothing else of the process comes near the token.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>

#include "crypto/signing.h"

namespace chancery::crypto {

struct TokenKeyPlace {
  std::string uri;       // RFC 7512: "pkcs11:token=chancery;object=sign"
  std::string module;    // the PKCS#11 library, a full path
  std::string pin_file;  // its first line; through read_secret_file
};

// Whether it names a key in a token: by token, serial, manufacturer or model, and by object or id. Nothing else stands
// in it, so no PIN, and no query.
bool is_token_uri(std::string_view text);
// Whether a library can be named so: a full path of printable ASCII without what means something to OpenSSL's
// configuration.
bool is_module_path(std::string_view text);

// Thread-safe. A token that went away and came back is opened anew, by the next signature or the next look. A PIN that
// was refused is not tried again: tokens lock. One at a time of one library: it ends the sessions of the whole process.
class TokenSigner final : public Signer {
 public:
  // Called when the key can no longer be reached, with the reason, and with null when it can be again; each once, by
  // the thread that signs or looks.
  using Told = std::function<void(const Error* lost)>;

  // Signs once, to see that it can. Errors name the part that failed: not_found (library, object), unauthenticated
  // (PIN), those of read_secret_file (its file), unavailable (provider, token not there), malformed (URI, more than one
  // key, a key of no suite of ours).
  static Result<std::unique_ptr<TokenSigner>> open(TokenKeyPlace place, Told told = {});
  ~TokenSigner() override;
  TokenSigner(const TokenSigner&) = delete;
  TokenSigner& operator=(const TokenSigner&) = delete;

  [[nodiscard]] Suite suite() const override { return public_.suite(); }
  [[nodiscard]] const PublicKey& public_key() const override { return public_; }
  // What does not verify under the public key is not given out. unavailable while the key cannot be reached.
  Result<Bytes> sign(BytesView message) override;
  [[nodiscard]] bool reachable() const override { return !lost_; }
  void look() override;

 private:
  class Session;
  TokenSigner(TokenKeyPlace place, Told told, std::unique_ptr<Session> session, PublicKey pub);
  Result<void> connect();
  Result<Bytes> lost(Error error);

  const TokenKeyPlace place_;
  const Told told_;
  const PublicKey public_;
  std::mutex mutex_;
  std::unique_ptr<Session> session_;  // guarded by mutex_; null while the key cannot be reached
  bool pin_refused_ = false;          // guarded by mutex_
  std::atomic<bool> lost_{false};     // written under mutex_
};

}  // namespace chancery::crypto
