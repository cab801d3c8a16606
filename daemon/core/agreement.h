// Agreements as data: parties, articles, languages, deadlines and which rule applies by which clause. No code
// names an agreement, a Party or a deadline.
#pragma once

#include "daemon/core/decision.h"
#include "daemon/core/label.h"

namespace chancery::core {

enum class ItemKind { threat, direction, concept_term, definition };

// One coded item of an agreement with its wording.
struct AgreementItem {
  std::string code;  // "sco-2009/2/3"
  ItemKind kind = ItemKind::threat;
  std::string article;  // "2(3)"
  Localized text;
  Localized short_text;
  std::string confidence;  // "A" recalled published Russian wording, "B" partly reconstructed
  std::string note;
  bool operator==(const AgreementItem&) const = default;
};

struct PartyStatus {
  std::string party;
  Instant in_force_from;
  std::optional<Instant> in_force_to;
  bool example = false;  // demonstration data, not a depositary's statement
  std::string source;    // where the date comes from
  bool operator==(const PartyStatus&) const = default;
};

struct Deadline {
  std::string id;    // "designation-exchange"
  std::string from;  // what it counts from
  std::uint32_t limit_days = 0;
  std::string clause;
  bool operator==(const Deadline&) const = default;
};

// The clause that grounds a refusal under this agreement.
struct Ground {
  ReasonCode reason;
  std::string clause;   // "S6.9"
  std::string article;  // "6(3)"
  bool operator==(const Ground&) const = default;
};

struct Agreement {
  std::string id;
  std::uint32_t version = 1;
  Localized title;
  std::string signed_on;  // "2009-06-16"
  std::string signed_at;
  std::vector<std::string> parties;             // those the agreement names
  std::vector<PartyStatus> status;              // input data: who is bound, from when
  std::vector<std::string> languages_any;       // at least one of them in an operational message; empty: no rule
  bool bars_state_secrets = false;              // a class secret under any Party's law is not exchanged
  bool protects_restricted = false;             // no onward transfer or disclosure without written permission
  bool consent_needs_crypto_policy = false;     // electronic consent holds only while the Parties agree how to sign
  std::vector<std::string> profile_directions;  // need a format profile in force
  std::string designation_channel;              // "depositary" or "diplomatic"
  std::vector<Deadline> deadlines;
  std::vector<Ground> grounds;
  std::vector<AgreementItem> items;
  std::map<std::string, Localized> articles;  // "6(3)" -> its text; what is not authentic says so in the text
  bool operator==(const Agreement&) const = default;

  [[nodiscard]] const AgreementItem* find(std::string_view code) const;
  [[nodiscard]] bool bound(std::string_view party, Instant at) const;
  // The Parties bound at this date.
  [[nodiscard]] std::vector<std::string> parties_at(Instant at) const;
  // A reason with the clause and article this agreement grounds it on; empty ones when it is silent.
  [[nodiscard]] Reason reason(ReasonCode code, std::string subject = {}) const;
};

// Everything loaded, immutable, swapped as a whole.
class AgreementBook {
 public:
  AgreementBook() = default;
  AgreementBook(std::vector<Agreement> agreements, LabelBook labels, Digest digest)
      : agreements_(std::move(agreements)), labels_(std::move(labels)), digest_(digest) {}

  [[nodiscard]] const std::vector<Agreement>& agreements() const { return agreements_; }
  // Its newest version; null when no version of it is known.
  [[nodiscard]] const Agreement* find(std::string_view id) const;
  [[nodiscard]] const Agreement* find(std::string_view id, std::uint32_t version) const;
  [[nodiscard]] const LabelBook& labels() const { return labels_; }
  // Over all files it was loaded from: what a journal entry calls `data`.
  [[nodiscard]] const Digest& digest() const { return digest_; }

 private:
  std::vector<Agreement> agreements_;
  LabelBook labels_;
  Digest digest_;
};

}  // namespace chancery::core
