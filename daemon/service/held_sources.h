// The statements a message is made of, as far as they are held here: what provenance is computed from.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "daemon/core/provenance.h"
#include "daemon/store/transaction.h"

namespace chancery::service {

// A statement we hold was parsed when it came in; one that does not parse now is not what we stored: corrupt.
Result<core::Message> stored_message(std::string_view statement);

class HeldSources {
 public:
  using Load = std::function<Result<store::MessageRecord>(const core::MessageId&)>;

  // These messages and all their sources: held themselves, or beside the message they came with. What is not held is
  // left out, and stops at the limits of protocol section 6. Errors: corrupt, and those of `load` but not_found.
  static Result<HeldSources> gather(const std::vector<core::MessageId>& ids, const Load& load);

  // Valid as long as this.
  [[nodiscard]] core::SourceLookup lookup() const;
  [[nodiscard]] const std::map<core::MessageId, core::SourceStatement>& statements() const { return statements_; }
  // Of a message that is held itself; null for others.
  [[nodiscard]] const store::MessageRecord* record(const core::MessageId& id) const;
  // How those of the message's sources that are held are handled here, where somebody marked them.
  [[nodiscard]] std::vector<core::Label> handling(const core::Message& message) const;
  // The signed statements of the message's sources, nearest first.
  [[nodiscard]] std::vector<store::SignedStatement> closure(const core::Message& message) const;
  // What travels though no source line names it. Of what asks somebody outside the audience of what it is about: the
  // statement of that, and of its sources; a provider of a source, and who answers for one, may not hold them. Of a
  // recall: the decision.
  [[nodiscard]] std::vector<store::SignedStatement> shown_beside(const core::Message& message) const;

 private:
  Result<void> visit(const core::MessageId& id, const Load& load);
  Result<void> take(const store::SignedStatement& statement, const Load& load);
  Result<void> find_reissued(core::SourceStatement& source, const Load& load) const;

  std::set<Digest> taken_;  // of statements
  std::map<core::MessageId, core::SourceStatement> statements_;
  std::map<core::MessageId, store::SignedStatement> signed_;
  std::map<core::MessageId, store::MessageRecord> records_;
};

}  // namespace chancery::service
