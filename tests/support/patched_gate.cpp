// A gate that lets everything out, also of an older copy of its store, and shows a receiver what it is told to show.
// Linked in place of chancery_gate into chanceryd-patched and nowhere else.
//
// Its orders stand in the file that CHANCERY_GATE_ORDERS names, one a line, and are read at each look. Without a file
// the holder wraps the key himself, asks nobody, and shows what permits it has.
//   wrap                           wraps the key of an original himself
//   ask                            asks the provider like any other, and waits for its permit
//   ask-of AUTHORITY GRANT         asks this authority under this grant instead
//   hold                           spoils what goes, so that it is rejected and comes again
//   show-permits CARRIER RECEIVER  instead of its own the permits of another; RECEIVER `-`: a disclosure's
//   show-grant MESSAGE             this as well, among the sources
//   unproven                       leaves the statements of its sources out
//   relabel                        writes another label over its own
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "daemon/service/gate.h"
#include "daemon/service/permits.h"

namespace chancery::service {

namespace {

using Words = std::vector<std::string>;

std::vector<Words> orders() {
  const char* name = std::getenv("CHANCERY_GATE_ORDERS");
  if (name == nullptr) return {{"wrap"}};
  std::vector<Words> all;
  std::ifstream file(name);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    Words one;
    for (std::string word; words >> word;) one.push_back(word);
    if (!one.empty()) all.push_back(std::move(one));
  }
  return all;
}

const Words* find(const std::vector<Words>& all, const std::string& order) {
  for (const auto& words : all)
    if (words.front() == order) return &words;
  return nullptr;
}

core::MessageId id_of(const std::string& text) { return core::parse_message_id(text).value(); }

std::vector<store::PermitRecord> permits_of(const Node& node, const core::MessageId& carrier,
                                            const std::string& receiver) {
  auto all = node.store.reader().permits_of_carrier(carrier).value();
  std::erase_if(all, [&](const auto& record) { return record.permit.receiver != receiver; });
  return all;
}

core::PermitRequest request_for(const core::MessageId& carrier, const core::MessageId& original,
                                const std::string& receiver, const std::string& grant) {
  core::PermitRequest out;
  out.grant = id_of(grant);
  out.original = original;
  out.carrier = carrier;
  out.receiver = receiver;
  return out;
}

void relabel(std::string& statement) {
  constexpr std::string_view from = " restricted ", to = " open ";
  const auto at = statement.find(from, statement.find("\nlabel "));
  if (at != std::string::npos) statement.replace(at, from.size(), to);
}

}  // namespace

core::Decision release_gate(const core::World& /*world*/, const core::Message& /*message*/,
                            const core::SourceLookup& /*sources*/, const core::Consents& /*consents*/) {
  return core::Decision::allow();
}

core::Decision quotation_gate(const core::World& /*world*/, const core::Message& /*message*/,
                              const core::SourceLookup& /*sources*/,
                              const std::vector<core::IndependentSource>& /*independent*/,
                              const core::Quotes& /*quotes*/) {
  return core::Decision::allow();
}

bool wrap_gate(const core::World& /*world*/, const core::Message& /*original*/, Instant /*at*/) {
  return find(orders(), "wrap") != nullptr;
}

bool passage_gate(const Node& node, const std::string& peer, store::OutgoingMessage& message, Passage& passage) {
  if (message.sources.empty()) return true;
  const auto all = orders();
  passage.permits = permits_of(node, message.id, peer);
  passage.closed.reset();
  const auto* of = find(all, "ask-of");
  if (of != nullptr) passage.missing = {{of->at(1), request_for(message.id, *message.original, peer, of->at(2))}};
  const bool asks = of != nullptr || find(all, "ask") != nullptr;
  if (asks && passage.permits.empty() && !passage.missing.empty()) return false;
  if (const auto* of_other = find(all, "show-permits"))
    passage.permits = permits_of(node, id_of(of_other->at(1)), of_other->at(2) == "-" ? "" : of_other->at(2));
  for (const auto& words : all)
    if (words.front() == "show-grant")
      passage.grants.push_back(node.store.reader().message(id_of(words.at(1))).value().statement);
  if (find(all, "unproven") != nullptr) message.sources.clear();
  if (find(all, "relabel") != nullptr) relabel(message.statement.statement);
  if (find(all, "hold") != nullptr) message.wraps.back() ^= 1;
  return true;
}

bool history_gate() { return false; }

}  // namespace chancery::service
