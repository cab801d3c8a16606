// People and peers of this authority, its state, and the data it decides by.
#pragma once

#include <map>
#include <mutex>

#include "daemon/service/outcome.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

// At start. Nothing happens when it was done before. The administrator's name is the certificate's common name when
// that is a user name, else "administrator".
Result<void> record_first_administrator(const Node& node, const crypto::Certificate& certificate);
// Ours, oldest first: each that is not recorded yet follows the one before, verified as a peer's would be, and the last
// names the key this daemon signs with, or no key to sign with, which withdraws us. True when one was recorded.
Result<bool> record_own_designations(const Node& node, const std::vector<wire::DesignationItem>& items);

// The designation, when its one-leaf batch verifies under the anchor that comes first among its certificates, and every
// anchor, tls, sign and evidence key it names has its certificate beside it and none is beside it unnamed. Errors:
// malformed, unauthenticated.
Result<core::Designation> verify_designation(const wire::DesignationItem& item);

class Administration {
 public:
  Administration(Node node, Lanes lanes, std::string version);

  // The person whose certificate this is, valid now; unauthenticated when it is nobody's.
  [[nodiscard]] Result<core::User> caller(const Digest& certificate) const;

  Outcome<wire::UserView> add_user(const core::User& caller, const wire::NewUser& user);
  [[nodiscard]] Outcome<std::vector<wire::UserView>> users(const core::User& caller) const;
  // A new peer starts unverified, and another bundle may take its place until it is verified. A known one's next
  // designation has to be under its anchor and follow the last. Whom it succeeds is known, of its Party and anchor, and
  // has no other successor (core/succession.h).
  Outcome<wire::PeerView> add_peer(const core::User& caller, const wire::DesignationItem& item);
  Outcome<wire::PeerView> verify_peer(const core::User& caller, const wire::AnchorCheck& check);
  // Suspends or resumes a verified peer, with the administrator's reason: nothing goes either way while it is
  // suspended, what waits for it stays. Holds over restarts.
  Outcome<wire::PeerView> decide_peer(const core::User& caller, const wire::PeerDecision& decision);
  [[nodiscard]] Outcome<std::vector<wire::PeerView>> peers(const core::User& caller) const;

  // Why an act of anybody here fails for now, as a refusal; nothing when the error says something else.
  [[nodiscard]] std::optional<Refused> why_not_now(const Error& error) const;
  [[nodiscard]] Result<wire::StatusView> status(const core::User& caller) const;
  // For ListAgreements and ListLabels; the own policy is own_label_policy().
  [[nodiscard]] std::shared_ptr<const core::AgreementBook> agreements() const;
  [[nodiscard]] const std::string& own_label_policy() const;
  // One answer a recipient: would a message with this label alone be refused for its label?
  [[nodiscard]] std::vector<wire::LabelCheck> check_label(const wire::LabelQuery& query) const;

 private:
  struct Validity {
    Instant from, until;
  };
  [[nodiscard]] Result<Validity> validity(const Digest& certificate, BytesView der) const;

  Node node_;
  Lanes lanes_;
  std::string version_;
  Instant started_;
  mutable std::mutex mutex_;
  mutable std::map<Digest, Validity> validity_;  // guarded by mutex_; of users' certificates, read at each call
};

}  // namespace chancery::service
