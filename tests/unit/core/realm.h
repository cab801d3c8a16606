// A small world to decide in: three example authorities of three Parties, two agreements, one label policy each. Tests
// change what they are about and leave the rest.
#pragma once

#include "daemon/core/acceptance.h"
#include "daemon/core/release.h"

namespace chancery::core {

struct Realm {
  Realm();

  std::vector<Agreement> agreements;  // sco-2009: CN KZ RU; cn-ru-2015: CN RU
  std::vector<LabelPolicy> policies;  // open < restricted < secret, each regarding the others' classes as its own
  std::map<std::string, DirectoryEntry> peers;
  std::map<MessageId, SourceStatement> held;
  Instant now;
  Consents consents;  // what both sides know of
  JointActBook joint_acts;

  [[nodiscard]] AgreementBook book() const;
  [[nodiscard]] SourceLookup lookup() const;
  Agreement& agreement(std::string_view id);
  LabelPolicy& policy(std::string_view id);
  Designation& designation(const std::string& authority);  // the current one

  // A notice of `from`, labelled `classification` under its own policy, that both sides allow.
  [[nodiscard]] Message notice(const std::string& from, std::vector<std::string> to,
                               const std::string& classification = "restricted") const;
  // Makes the statement known as a source and gives the line that names it.
  SourceLine hold(const Message& message, Relation relation = Relation::quotes);
  // A message of `from` that says where it comes from: sources, providers and labels as the rules demand.
  [[nodiscard]] Message derived(const std::string& from, std::vector<std::string> to,
                                const std::vector<SourceLine>& sources) const;
  // The same with kind `forward`.
  [[nodiscard]] Message forward(const std::string& from, std::vector<std::string> to, const SourceLine& source) const;

  [[nodiscard]] Decision release(const Message& message) const;  // by its originator
  [[nodiscard]] Decision release_by(const std::string& self, const Message& message) const;
  // By `self`, presented by its originator, the original's own wrap with a forward.
  [[nodiscard]] Decision accept(const std::string& self, const Message& message) const;
  [[nodiscard]] Decision accept(const std::string& self, const Arrival& arrival) const;
};

// Which wrap the receiver of a forward made by honest daemons is given.
// States that this authority provided a part of it.
void add_joint_provider(Message& message, const std::string& provider);

std::optional<CarriedWrap> honest_wrap(const Realm& realm, const std::string& receiver, const Message& message);

using Codes = std::vector<std::string>;

}  // namespace chancery::core
