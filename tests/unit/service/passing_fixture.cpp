#include "tests/unit/service/passing_fixture.h"

#include <gmock/gmock.h>

#include <future>

#include "daemon/service/peer_statements.h"
#include "daemon/service/permits.h"
#include "daemon/service/reports.h"

namespace chancery::service {

using ::testing::ElementsAre;

PassingTest::PassingTest() : kz_("kz-example", clock_, random_) {
  test::introduce({&cn_, &ru_, &kz_});
  original_ = released({.label = "restricted"}, 1);
  EXPECT_THAT(carry(cn_, ru_, original_), ElementsAre("delivered"));
}

test::DraftOptions PassingTest::terms(const std::string& uses, const std::string& extent, Duration lasting) {
  return grant_of(
      original_,
      {{"extent", extent}, {"mode", "detached"}, {"until", to_string(clock_.now() + lasting)}, {"uses", uses}});
}

std::string PassingTest::granted(const test::DraftOptions& options) {
  auto grant = released(options, ++submissions_);
  EXPECT_THAT(carry(cn_, ru_, grant), ElementsAre("delivered"));
  EXPECT_THAT(carry(cn_, kz_, grant), ElementsAre("delivered"));
  return grant;
}

std::string PassingTest::revoked(const std::string& grant) {
  return released({.recipients = {"kz-example", "ru-example"},
                   .kind = "consent-revocation",
                   .facts = {{"effective", to_string(clock_.now())}, {"grant", grant}}},
                  ++submissions_);
}

Outcome<wire::Accepted> PassingTest::released_by_ru(const test::DraftOptions& options) {
  return released_by(ru_, options);
}

Outcome<wire::Accepted> PassingTest::released_by(test::ExampleAuthority& who, const test::DraftOptions& options) {
  clock_.advance(seconds(1));
  Submit submit(who.node(), recorded_.lanes(), who.quotations());
  auto first = submit.submit(test::officer(), test::submission(options, ++submissions_));
  if (!first.has_value() || std::holds_alternative<Refused>(*first)) return first;
  const auto& draft = value_of(first);
  if (!draft.awaiting_approval) return first;
  return submit.approve(test::approver(), {wire::parse_draft_name(draft.number).value(), draft.plan, false, false});
}

Outcome<wire::Accepted> PassingTest::forwarded(const std::string& extent) {
  return released_by_ru(
      {.recipients = {"kz-example"}, .kind = "forward", .sources = {{original_, "forwards"}}, .extent = extent});
}

PassingTest::Words PassingTest::carry(test::ExampleAuthority& from, test::ExampleAuthority& to, const std::string& id,
                                      const Change& change) {
  const auto node = from.node();
  auto message = from.store().reader().outgoing(core::parse_message_id(id).value()).value();
  const auto along = passage(node, to.id(), message).value();
  if (along.closed) return {core::to_string(*along.closed)};
  if (!along.missing.empty()) return {"permit of " + along.missing.front().first};
  const auto why = from.store().run<std::optional<core::ReasonCode>>(
      0, [&](store::Transaction& tx) { return count_uses(node, tx, along.uses); });
  if (why.value()) return {core::to_string(**why)};
  wire::Frame frame;
  auto item = to_item(node, to.id(), std::move(message), along, frame).value();
  if (change) change(item);
  frame.messages.push_back(std::move(item));
  return taken(from, to, frame);
}

PassingTest::Words PassingTest::taken(test::ExampleAuthority& from, test::ExampleAuthority& to, wire::Frame& frame) {
  const auto node = to.node();
  SealKeys keys(node);
  Certificates certificates(to.store());
  ArrivingAttachments attachments(node, [](const std::string&, const wire::AttachmentState&) {});
  const Intake intake{
      node,        keys, attachments, from.id(), to.store().directory(), to.store().joint_acts(), node.agreements(),
      clock_.now()};
  const auto rows = from.store().reader().dispatches_from(to.id(), 1, 1, 1000).value();
  for (const auto& row : rows) frame.dispatches.push_back(frame.add(row.dispatch));
  FrameVerifier verifier(frame.signatures, *intake.directory, certificates);
  std::vector<PeerDispatch> dispatches;
  for (const auto& proven : frame.dispatches)
    dispatches.push_back(std::get<PeerDispatch>(read_dispatch(intake, proven, verifier)));
  Quota restores;
  (void)to.store()
      .run<Recorded>(0, [&](store::Transaction& tx) { return record_dispatches(tx, from.id(), dispatches, restores); })
      .value();
  auto read = arrive(intake, frame.messages.at(0), verifier);
  if (const auto* said = std::get_if<wire::Answer>(&read))
    return {core::to_string(said->reasons.at(0).code) + std::string(" unsigned")};
  const auto& arrived = std::get<Arrived>(read);
  std::promise<Words> promise;
  to.store().post<Accepted>(
      1, [&](store::Transaction& tx) { return accept(node, tx, arrived); },
      [&](Result<Accepted> done, const store::Commit& commit) {
        const auto receipt = core::Receipt::parse(commit.signed_statement(done->issued.at(0)).statement).value();
        promise.set_value(receipt.stage == core::Stage::delivered ? Words{"delivered"} : receipt.reasons);
      });
  return promise.get_future().get();
}

std::string PassingTest::said_last(test::ExampleAuthority& from, test::ExampleAuthority& to) {
  (void)send_reports(from.node()).value();
  const auto rows = from.store().reader().dispatches_from(to.id(), 1, 1, 1000).value();
  return core::to_string(*rows.back().message);
}

std::vector<std::string> PassingTest::findings() {
  std::vector<std::string> all;
  for (auto* one : {&cn_, &ru_, &kz_}) {
    const auto report = one->fsck().value();
    all.insert(all.end(), report.findings.begin(), report.findings.end());
  }
  return all;
}

}  // namespace chancery::service
