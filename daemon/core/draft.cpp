#include "daemon/core/draft.h"

#include <algorithm>

#include "daemon/core/rules.h"

namespace chancery::core {

namespace {

template <class T>
std::vector<T> sorted(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// Who runs out of its designation still says of which Party it was; the decision refuses it.
const LabelPolicy* policy_of_sender(const World& world) {
  const auto* entry = world.directory.find(world.self);
  if (entry == nullptr || entry->history.empty()) return nullptr;
  const auto* designation = world.directory.designation(world.self, world.now);
  const auto& party = designation != nullptr ? designation->party : entry->history.back().party;
  return world.agreements.labels().of_party(party);
}

void copy_as_written(const Draft& draft, Message& m) {
  m.recipients = sorted(draft.recipients);
  m.agreement = draft.agreement;
  m.kind = draft.kind;
  m.directions = sorted(draft.directions);
  m.threats = sorted(draft.threats);
  m.releasable_to = sorted(draft.releasable_to);
  m.precedence = draft.precedence;
  m.exercise = draft.exercise;
  m.expires = draft.expires;
  m.thread = draft.thread;
  m.in_reply_to = draft.in_reply_to;
  m.supersedes = draft.supersedes;
  for (const auto& attachment : draft.attachments) m.attachments.push_back(attachment.line);
  m.facts = draft.facts;
  for (const auto& provider : draft.providers)
    if (provider != m.originator) m.facts.push_back({std::string(kJointProviderFact), provider});
  m.facts = sorted(std::move(m.facts));
  m.languages = sorted(draft.languages);
}

std::vector<SourceLine> source_lines(const Draft& draft, const SourceLookup& lookup) {
  std::vector<SourceLine> lines;
  for (const auto& source : draft.sources) {
    const auto* statement = lookup ? lookup(source.id) : nullptr;
    lines.push_back({source.id, source.relation, source.extent, statement != nullptr ? statement->digest : Digest()});
  }
  return sorted(std::move(lines));
}

// The originator's own first, then those inherited, sorted, none twice.
std::vector<Label> labels(const Draft& draft, const std::string& policy, std::uint32_t version,
                          const std::set<Label>& inherited) {
  std::vector<Label> all;
  if (!draft.classification.empty())
    all.push_back({policy, version, draft.classification, draft.review, sorted(draft.categories)});
  for (const auto& label : inherited)
    if (all.empty() || label != all.front()) all.push_back(label);
  return all;
}

// Whoever has to permit it, where the draft leaves that to us.
std::vector<std::string> asked(const World& world, const Message& m, const SourceLookup& sources) {
  if (m.kind == "disclosure") {
    std::vector<std::string> all;
    for (const auto& need : consent_needs(world, m, sources)) all.push_back(need.answering(m.created));
    return sorted(std::move(all));
  }
  const auto about = asked_about(m);
  const auto* original = about && sources ? sources(*about) : nullptr;
  return original == nullptr ? std::vector<std::string>()
                             : asked_for(world.directory, original->message, world.self, m.created);
}

}  // namespace

Message compose(const World& world, const Draft& draft, const SourceLookup& sources) {
  Message m;
  m.originator = world.self;
  m.created = world.now;
  copy_as_written(draft, m);
  const auto* agreement = world.agreements.find(draft.agreement);
  if (agreement != nullptr) m.agreement_version = agreement->version;
  m.sources = source_lines(draft, sources);
  const auto known = provenance(m, sources);
  m.providers.assign(known.providers.begin(), known.providers.end());
  // What frees our Party of a version it accepted before: the statements held show it, not the officer.
  if (const auto killing = rules::killing_statement(world, m)) {
    m.facts.push_back({std::string(kKilledByFact), to_string(*killing)});
    m.facts = sorted(std::move(m.facts));
  }
  if (m.recipients.empty()) m.recipients = asked(world, m, sources);
  const auto* policy = policy_of_sender(world);
  if (policy != nullptr) m.label_policy = policy->digest;
  m.labels = policy != nullptr ? labels(draft, policy->id, policy->version, known.inherited)
                               : labels(draft, world.self, 0, known.inherited);
  return m;
}

}  // namespace chancery::core
