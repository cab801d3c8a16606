// decision_bench CONSENTS DEPTH: what deciding costs where so many consents are held and sources are so many levels
// deep. cn-example wrote chains of DEPTH restricted messages, each made of the one before, to ru-example, and gave ten
// grants for each, of which one covers; ru-example quotes the newest of a chain to kz-example. Prints `name value`
// lines:
//   release_decisions_per_second     statements of the sources and grants about them read from the store, the message
//                                    composed, all rules of release
//   acceptance_decisions_per_second  the same at the receiver, with a permit for every source: all rules of acceptance
//   decisions_consents               grants that were held
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "daemon/core/acceptance.h"
#include "daemon/service/consents.h"
#include "daemon/service/sealing.h"
#include "tests/support/authorities.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

namespace {

using namespace chancery;  // NOLINT(google-build-using-namespace)
using Clock = std::chrono::steady_clock;

constexpr std::size_t kGrants = 10;  // of each original
constexpr int kDecisions = 500;

void fail(const std::string& what) {
  std::fprintf(stderr, "decision_bench: %s\n", what.c_str());
  std::exit(1);
}

template <class T>
T must(Result<T> result, const char* what) {
  if (!result.has_value()) fail(std::string(what) + ": " + result.error().detail);
  return std::move(*result);
}

// The Parties of sco-2009 in force have agreed a crypto policy: without one no electronic consent counts.
core::JointActBook agreed_policy(Instant at) {
  core::JointStatement proposal;
  proposal.digest = crypto::sha256(as_bytes("policy"));
  proposal.id = core::message_id("policy", at);
  proposal.author = "cn-example";
  proposal.party = "CN";
  proposal.created = at;
  proposal.subject = {"sco-2009", core::crypto_policy_code("sco-2009")};
  proposal.number = 1;
  proposal.required = {"CN", "KZ", "RU"};
  proposal.lapse = at + hours(1);
  proposal.suites = {"p256"};
  std::vector<core::JointStatement> all = {proposal};
  for (const auto& [author, party] : {std::pair("kz-example", "KZ"), {"ru-example", "RU"}}) {
    auto acceptance = proposal;
    acceptance.kind = core::JointKind::acceptance;
    acceptance.digest = crypto::sha256(as_bytes(author));
    acceptance.id = core::message_id(author, at);
    acceptance.author = author;
    acceptance.party = party;
    acceptance.answers = proposal.digest;
    acceptance.required.clear();
    acceptance.suites.clear();
    all.push_back(std::move(acceptance));
  }
  return core::JointActBook(std::move(all));
}

core::Draft draft_of(std::string kind, std::vector<std::string> recipients, std::string label) {
  core::Draft draft;
  draft.recipients = std::move(recipients);
  draft.agreement = "sco-2009";
  draft.kind = std::move(kind);
  draft.directions = {"sco-2009/3/1"};
  draft.classification = std::move(label);
  draft.languages = {"ru"};
  draft.parts = {to_bytes("text")};
  return draft;
}

class Archive {
 public:
  Archive()
      : cn_("cn-example", clock_, random_), ru_("ru-example", clock_, random_), kz_("kz-example", clock_, random_) {
    test::introduce({&cn_, &ru_, &kz_});
    policy_ = agreed_policy(test::example_time());
    directory_ = ru_.store().directory();
  }

  void fill(std::size_t consents, std::size_t depth) {
    for (std::size_t i = 0; i < consents / (kGrants * depth); ++i) chains_.push_back(chain(depth));
  }
  [[nodiscard]] std::size_t grants() const { return grants_; }

  [[nodiscard]] core::Draft quoting(std::uint64_t number) const {
    auto draft = draft_of("information", {"kz-example"}, "restricted");
    draft.sources = {{chains_[number % chains_.size()], core::Relation::quotes, {}}};
    return draft;
  }
  // As within the act of a release, without what signs and seals it.
  service::Composed release(const core::Draft& draft) {
    const auto sources = gather(draft);
    auto composed = must(service::compose(world("ru-example"), draft, sources, about(), {}), "compose");
    if (!composed.decision.allowed()) fail("not released: " + composed.decision.codes().front());
    return composed;
  }
  // As at the receiver, with what came beside the message at hand.
  void accept(const core::Message& message, const std::vector<core::ShownPermit>& permits) {
    const auto sources = must(service::HeldSources::gather(ids(message), load()), "sources");
    auto consents = must(service::consents_for(*directory_, message, sources.lookup(), about()), "consents");
    consents.permits = permits;
    core::Arrival arrival{message, "ru-example"};
    arrival.id = core::message_id(message.to_text(), message.created);
    arrival.consents = &consents;
    const auto decision = core::decide_acceptance(world("kz-example"), arrival, sources.lookup());
    if (!decision.allowed()) fail("not accepted: " + decision.codes().front());
  }
  // What each provider would sign for the message.
  std::vector<core::ShownPermit> permits_for(const core::Message& message) {
    const auto sources = must(service::HeldSources::gather(ids(message), load()), "sources");
    const auto consents = must(service::consents_for(*directory_, message, sources.lookup(), about()), "consents");
    std::vector<core::ShownPermit> out;
    for (const auto& need : core::consent_needs(world("ru-example"), message, sources.lookup())) {
      const auto grant = core::covering_grant(consents, need, "ru-example", clock_.now());
      if (!std::holds_alternative<const core::Grant*>(grant)) fail("no grant covers a source");
      core::Permit permit;
      permit.provider = need.provider;
      permit.grant = std::get<const core::Grant*>(grant)->id;
      permit.original = need.original->id;
      permit.carrier = core::to_string(core::message_id(message.to_text(), message.created));
      permit.relation = need.relation;
      permit.holder = "ru-example";
      permit.receiver = need.receiver;
      permit.extent = need.extent;
      permit.from = clock_.now();
      permit.until = clock_.now() + core::kPermitLife;
      permit.salt = random_.bytes(32);
      out.push_back({permit, core::statement_digest(permit.to_text())});
    }
    return out;
  }

 private:
  [[nodiscard]] core::World world(const std::string& self) const {
    return {*test::example_book(), *directory_, policy_, self, clock_.now()};
  }
  service::HeldSources::Load load() {
    return [this](const core::MessageId& id) { return ru_.store().reader().message(id); };
  }
  service::StatementsAbout about() { return service::statements_about(ru_.store()); }
  service::HeldSources gather(const core::Draft& draft) {
    return must(service::HeldSources::gather(service::needed_ids(draft), load()), "sources");
  }
  static std::vector<core::MessageId> ids(const core::Message& message) {
    std::vector<core::MessageId> out;
    for (const auto& line : message.sources) out.push_back(line.id);
    return out;
  }

  // The newest of it.
  core::MessageId chain(std::size_t depth) {
    std::optional<core::MessageId> before;
    for (std::size_t i = 0; i < depth; ++i) {
      auto draft = draft_of("information", {"ru-example"}, "restricted");
      if (before) draft.sources = {{*before, core::Relation::compiles, {}}};
      before = take(draft);
      for (std::size_t g = 0; g < kGrants; ++g) grant(*before, g);
      flush();
    }
    return *before;
  }

  // One covers; the others are over, or of one part alone.
  void grant(const core::MessageId& original, std::size_t number) {
    core::Grant grant;
    grant.holder = "ru-example";
    grant.terms.original = original;
    grant.terms.to = {"kz-example"};
    grant.terms.uses = 1000;
    grant.terms.from = clock_.now() - hours(48);
    grant.terms.until = clock_.now() + hours(number == kGrants / 2 ? 48 : -24);
    if (number == 0) grant.terms.extent = {{0}};
    auto draft = draft_of("consent-grant", {"kz-example", "ru-example"}, "open");
    draft.facts = core::facts_of(grant);
    (void)take(draft);
    ++grants_;
  }

  // As cn-example would have signed it; recorded with the next flush.
  core::MessageId take(const core::Draft& draft) {
    const auto sources = gather(draft);
    auto message = core::compose(world("cn-example"), draft, sources.lookup());
    message.created = clock_.now() - seconds(1);
    message.parts = 1;
    message.body_root = crypto::sha256(random_.bytes(32));
    message.cek_commit = message.cipher_root = message.wraps = message.body_root;
    store::MessageRecord record;
    const auto text = message.to_text();
    must(core::Message::parse(text), "statement");
    const auto proof = cn_.sign(text, core::KeyRole::sign, clock_.now());
    record.id = core::message_id(text, message.created);
    record.direction = store::Direction::incoming;
    record.statement = {text, proof.signature, proof.path};
    record.ciphertexts = {to_bytes("ciphertext")};
    record.wraps = to_bytes("wraps");
    record.number = "IN-2026-" + std::to_string(++number_);
    record.their_number = "CN-2026-" + std::to_string(number_);
    for (const auto& source : sources.closure(message)) record.sources.push_back(source);
    service::file_statement(message, record);
    waiting_.push_back(record);
    return record.id;
  }
  void flush() {
    const auto done = ru_.store().run<void>(0, [this](store::Transaction& tx) -> Result<void> {
      for (const auto& record : waiting_) {
        core::JournalEntry entry;
        entry.actor = "peer:cn-example";
        entry.act = core::Act::accepted;
        entry.message = record.id;
        TRY(tx.record_inbound(record, entry));
      }
      return {};
    });
    if (!done.has_value()) fail("store: " + done.error().detail);
    waiting_.clear();
  }

  test::ManualClock clock_{test::example_time()};
  test::SeededRandom random_{1};
  test::ExampleAuthority cn_, ru_, kz_;
  core::JointActBook policy_;
  std::shared_ptr<const core::Directory> directory_;
  std::vector<core::MessageId> chains_;
  std::vector<store::MessageRecord> waiting_;
  std::uint64_t number_ = 0;
  std::size_t grants_ = 0;
};

double per_second(const std::function<void(int)>& decide) {
  const auto start = Clock::now();
  for (int i = 0; i < kDecisions; ++i) decide(i);
  return kDecisions / std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: decision_bench CONSENTS DEPTH\n");
    return 2;
  }
  Archive archive;
  const auto depth = std::max<std::size_t>(1, std::strtoull(argv[2], nullptr, 10));
  archive.fill(std::max<std::size_t>(std::strtoull(argv[1], nullptr, 10), kGrants * depth), depth);

  // Chains drawn at random, so that a decision does not find what the one before it read.
  std::mt19937_64 engine(2);
  std::vector<core::Draft> drafts;
  for (int i = 0; i < kDecisions; ++i) drafts.push_back(archive.quoting(engine()));
  std::vector<core::Message> messages;
  const auto releases =
      per_second([&](int i) { messages.push_back(archive.release(drafts[static_cast<std::size_t>(i)]).message); });
  std::vector<std::vector<core::ShownPermit>> permits;
  for (auto& message : messages) {
    message.parts = 1;
    permits.push_back(archive.permits_for(message));
  }
  const auto acceptances = per_second([&](int i) {
    const auto at = static_cast<std::size_t>(i);
    archive.accept(messages[at], permits[at]);
  });
  std::printf("release_decisions_per_second %.1f\nacceptance_decisions_per_second %.1f\ndecisions_consents %zu\n",
              releases, acceptances, archive.grants());
  return 0;
}
