#include "daemon/core/provenance.h"

#include <algorithm>
#include <deque>

namespace chancery::core {

namespace {

// The last 26 bytes of an id are the first 26 of the statement's digest: a line that names two statements names none.
bool names_one_statement(const SourceLine& line) {
  return std::equal(line.id.value.begin() + 6, line.id.value.end(), line.digest.value.begin());
}

// Walks the sources breadth first, so that the nearest come first.
class Walk {
 public:
  Walk(Provenance& out, const SourceLookup& lookup) : out_(out), lookup_(lookup) {}

  void from(const Message& message) {
    enqueue(message, 1);
    while (!waiting_.empty() && !out_.too_large) {
      const auto [line, depth] = waiting_.front();
      waiting_.pop_front();
      visit(*line, depth);
    }
  }

 private:
  struct Step {
    const SourceLine* line;
    std::size_t depth;
  };

  void enqueue(const Message& message, std::size_t depth) {
    for (const auto& line : message.sources) waiting_.push_back({&line, depth});
  }

  void visit(const SourceLine& line, std::size_t depth) {
    if (depth > kMaxClosureDepth) {
      out_.too_large = true;
      return;
    }
    const auto* source = lookup_ ? lookup_(line.id) : nullptr;
    if (source == nullptr) return note(out_.missing, line.id);
    if (source->digest != line.digest || !names_one_statement(line)) return note(out_.mismatched, line.id);
    if (!seen_.insert(line.id).second) return;
    if (out_.closure.size() == kMaxClosureStatements) {
      out_.too_large = true;
      return;
    }
    take(*source);
    enqueue(source->message, depth + 1);
  }

  void take(const SourceStatement& source) {
    out_.closure.push_back(&source);
    out_.providers.insert(source.message.originator);
    out_.providers.insert(source.message.providers.begin(), source.message.providers.end());
    out_.inherited.insert(source.message.labels.begin(), source.message.labels.end());
  }

  static void note(std::vector<MessageId>& list, const MessageId& id) {
    if (std::find(list.begin(), list.end(), id) == list.end()) list.push_back(id);
  }

  Provenance& out_;
  const SourceLookup& lookup_;
  std::deque<Step> waiting_;
  std::set<MessageId> seen_;
};

}  // namespace

std::optional<MessageId> reissue_of(const Message& message) {
  for (const auto& fact : message.facts) {
    if (fact.name != kReissueFact) continue;
    const auto id = parse_message_id(fact.value);
    if (id.has_value()) return *id;
  }
  return std::nullopt;
}

bool is_complete(const Provenance& known) {
  return known.missing.empty() && known.mismatched.empty() && !known.too_large;
}

Provenance provenance(const Message& message, const SourceLookup& lookup) {
  Provenance out;
  out.providers = own_providers(message);
  Walk(out, lookup).from(message);
  return out;
}

std::set<std::string> own_providers(const Message& message) {
  std::set<std::string> own = {message.originator};
  for (const auto& fact : message.facts)
    if (fact.name == kJointProviderFact) own.insert(fact.value);
  return own;
}

Extent used_of(const Message& message, const MessageId& source) {
  const SourceLine* only = nullptr;
  for (const auto& line : message.sources) {
    if (line.id != source) continue;
    if (only != nullptr) return {};
    only = &line;
  }
  return only == nullptr ? Extent() : only->extent;
}

std::set<std::string> audience(const Message& message) {
  std::set<std::string> all(message.recipients.begin(), message.recipients.end());
  all.insert(message.originator);
  return all;
}

std::set<std::string> audience(const SourceStatement& source) {
  auto all = audience(source.message);
  if (reissue_of(source.message) && source.reissued_originator == source.message.originator)
    all.insert(source.reissued_audience.begin(), source.reissued_audience.end());
  return all;
}

}  // namespace chancery::core
