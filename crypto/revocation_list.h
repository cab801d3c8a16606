// Certificate revocation lists (RFC 5280 section 5): which certificates of an anchor hold no longer, and since when.
#pragma once

#include <map>
#include <optional>

#include "crypto/certificate.h"

namespace chancery::crypto {

class RevocationList {
 public:
  struct Entry {
    Instant since;             // its invalidity date where it has one (5.3.2), else the revocation date
    bool compromised = false;  // reasons keyCompromise, cACompromise and aACompromise
    bool hold = false;         // certificateHold: may be taken back by a later list
    bool operator==(const Entry&) const = default;
  };

  static constexpr std::size_t kMaxDer = std::size_t{1} << 20;
  static constexpr std::size_t kMaxFile = 2 * kMaxDer;

  // One list, DER or PEM, and nothing behind it. malformed: anything else, one without nextUpdate, one for some
  // certificates or reasons only (a critical extension), one with a critical entry extension besides reason and
  // invalidity date (5.3), one longer than kMaxDer or in a file longer than kMaxFile.
  static Result<RevocationList> from_der(BytesView der);
  static Result<RevocationList> from_file(BytesView bytes);

  // True when `anchor` signed it (names match, its key may sign lists, signature verifies).
  [[nodiscard]] bool issued_by(const Certificate& anchor) const;
  [[nodiscard]] Instant this_update() const { return this_update_; }
  [[nodiscard]] Instant next_update() const { return next_update_; }
  [[nodiscard]] BytesView der() const { return der_; }
  [[nodiscard]] Digest digest() const { return sha256(der_); }
  // What it says of a certificate with this serial number; null: nothing. Only of certificates of its own issuer.
  [[nodiscard]] const Entry* find(const Certificate& certificate) const;
  // By serial number, big-endian without leading zeros.
  [[nodiscard]] const std::map<Bytes, Entry>& entries() const { return entries_; }

 private:
  explicit RevocationList(BytesView der) : der_(der.begin(), der.end()) {}
  Bytes der_;
  Instant this_update_;
  Instant next_update_;
  std::map<Bytes, Entry> entries_;
};

}  // namespace chancery::crypto
