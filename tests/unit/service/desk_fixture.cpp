#include "tests/unit/service/desk_fixture.h"

#include "crypto/sealing.h"
#include "daemon/service/seal_keys.h"

namespace chancery::service {

Lanes RecordedLanes::lanes() {
  return {[this](const std::string& peer) {
            const std::lock_guard lock(mutex_);
            woken_.push_back(peer);
          },
          [] {}, [](const std::string&) { return LaneStatus(); }, [] { return std::uint64_t{0}; }};
}

std::vector<std::string> RecordedLanes::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(woken_, {});
}

DeskTest::DeskTest()
    : clock_(test::example_time()),
      random_(20261122),
      cn_("cn-example", clock_, random_),
      ru_("ru-example", clock_, random_),
      submit_(cn_.node(), recorded_.lanes(), cn_.quotations()),
      reading_(cn_.node(), recorded_.lanes()) {
  test::introduce({&cn_, &ru_});
}

void DeskTest::deliver(const std::string& id) {
  auto record = cn_.store().reader().message(core::parse_message_id(id).value()).value();
  const auto message = core::Message::parse(record.statement.statement).value();
  const auto header = core::header_digest(record.statement.statement);
  SealKeys keys(ru_.node());
  const auto wraps = crypto::parse_wraps(record.wraps).value();
  const auto at = std::find(message.recipients.begin(), message.recipients.end(), "ru-example");
  const auto& wrap = wraps[static_cast<std::size_t>(at - message.recipients.begin())];
  const auto key = keys.unwrap("cn-example", wrap, header).value();
  record.direction = store::Direction::incoming;
  record.their_number = record.number;
  record.number = "IN-2026-" + record.number.substr(8);
  record.sealed_key = crypto::seal_at_rest(ru_.node().storage_key.view(), record.id.view(), key.view(), random_);
  const auto done = ru_.store().run<void>(1, [&](store::Transaction& tx) -> Result<void> {
    core::JournalEntry entry;
    entry.actor = "peer:cn-example";
    entry.act = core::Act::accepted;
    entry.message = record.id;
    entry.content = core::statement_digest(record.statement.statement);
    const auto leaf = TRY(tx.record_inbound(record, entry));
    core::Receipt receipt{"ru-example", "cn-example", record.id, core::Stage::delivered, tx.now(),
                          {},           {},           leaf,      random_.bytes(32)};
    TRY(tx.issue_receipt(receipt));
    return {};
  });
  if (!done.has_value()) throw std::runtime_error(done.error().detail);
}

std::vector<core::JournalEntry> DeskTest::journal(test::ExampleAuthority& authority) {
  std::vector<core::JournalEntry> all;
  const auto rows = authority.store().reader().journal(0, 1000).value();
  for (const auto& row : rows) all.push_back(core::JournalEntry::parse(row.entry).value());
  return all;
}

std::vector<core::Act> DeskTest::acts() {
  std::vector<core::Act> all;
  for (const auto& entry : journal(cn_)) all.push_back(entry.act);
  return all;
}

std::string DeskTest::released(const test::DraftOptions& options, std::uint64_t number) {
  const auto first = value_of(submit_.submit(test::officer(), test::submission(options, number)));
  if (!first.awaiting_approval) return first.id;
  const auto draft = wire::parse_draft_name(first.number).value();
  return value_of(submit_.approve(test::approver(), {draft, first.plan, false, false})).id;
}

test::DraftOptions DeskTest::grant_of(const std::string& original, const std::map<std::string, std::string>& instead) {
  test::DraftOptions out;
  out.recipients = {"kz-example", "ru-example"};
  out.kind = "consent-grant";
  out.facts = {{"extent", "all"},
               {"from", to_string(clock_.now() - days(1))},
               {"holder", "ru-example"},
               {"mode", "online"},
               {"onward", "ask"},
               {"original", original},
               {"paper", to_string(Digest())},
               {"to", "kz-example"},
               {"until", to_string(clock_.now() + days(5))},
               {"uses", "1"},
               {"verb", "transfer"}};
  for (auto& [name, value] : out.facts)
    if (const auto other = instead.find(name); other != instead.end()) value = other->second;
  return out;
}

}  // namespace chancery::service
