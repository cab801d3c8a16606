// Batch signatures: one signature over the Merkle root of up to 256 statements (protocol section 4).
//
// Signed is the DER SET of CMS signed attributes {content-type, signing-time, message-digest of the
// batch statement, signing-certificate-v2}, rebuilt by the verifier, so that a signature exports byte
// for byte to CMS/CAdES (RFC 5652, RFC 5035) without signing again.
#pragma once

#include <unordered_map>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/merkle.h"
#include "crypto/random.h"

namespace chancery::crypto {

inline constexpr std::size_t kMaxBatchLeaves = 256;
inline constexpr const char* kStatementContentType = "2.25.162498670964612797969158664290423838647";

// The text that is signed for a batch; `to_text` and `parse` are exact inverses.
struct BatchStatement {
  std::string signer;  // an authority id
  Suite suite = Suite::p256;
  Instant created;
  std::uint32_t size = 0;  // a power of two, 1 to 256
  Digest root;

  [[nodiscard]] std::string to_text() const;
  static Result<BatchStatement> parse(std::string_view text);
};

// One signature over one batch statement; everything a verifier needs but leaf, index and path.
struct BatchSignature {
  Suite suite = Suite::p256;
  Digest key_id;                  // of the signing certificate
  std::int64_t signing_time = 0;  // seconds since 1970 UTC, as UTCTime (to 2049) or GeneralizedTime carries it
  Bytes signature;
  std::string statement;  // exact bytes of the batch statement
  bool operator==(const BatchSignature&) const = default;
};

struct Path {
  std::uint32_t index = 0;
  std::vector<Digest> hashes;
  bool operator==(const Path&) const = default;
};

// A statement with the signature over its batch and its place in it: verifiable alone.
struct SignedStatement {
  std::string statement;
  BatchSignature signature;
  Path path;
  bool operator==(const SignedStatement&) const = default;
};

struct SignedBatch {
  BatchSignature signature;
  std::vector<Digest> leaves;  // padded to a power of two
  std::vector<Digest> inner;   // the nodes above them, lowest level first, the root last

  // `index` must be inside; outside is our own bug.
  [[nodiscard]] Path path(std::uint32_t index) const;
};

// Signs 1 to 256 leaf hashes at `now`, padding with random leaf hashes to a power of two.
Result<SignedBatch> sign_batch(std::string_view signer, Signer& key, const Digest& certificate_id,
                               std::vector<Digest> leaves, Instant now, RandomSource& random);

// The DER SET that is signed. Deterministic.
Bytes signed_attributes(const BatchSignature& signature);

// Checks the signature over the batch statement under `certificate`: suite, key id, canonical batch text,
// |created - signing time| <= 60 s. Errors: malformed, unauthenticated. Does not know whether the key was valid
// then; that is the directory's question. Returns the parsed batch statement.
Result<BatchStatement> verify_batch(const BatchSignature& signature, const Certificate& certificate);

// Whether the statement is the leaf at path.index of this (already verified) batch.
bool in_batch(const BatchStatement& batch, const Digest& leaf, const Path& path);

// A batch that was verified, for many of its leaves: what was shown to stand in its tree is not hashed again, so that
// neighbours cost a hash or two each. Not thread-safe.
class VerifiedBatch {
 public:
  explicit VerifiedBatch(BatchStatement statement);
  [[nodiscard]] const BatchStatement& statement() const { return statement_; }
  // The answer of in_batch.
  bool holds(const Digest& leaf, const Path& path);

 private:
  BatchStatement statement_;
  // The nodes shown to stand in the tree: the root is the first, those under the n-th are the 2n-th and the one behind
  // it. With a node its partner is there.
  std::unordered_map<std::size_t, Digest> nodes_;
};

}  // namespace chancery::crypto
