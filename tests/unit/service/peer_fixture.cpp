#include "tests/unit/service/peer_fixture.h"

#include <future>

namespace chancery::service {

PeerTest::PeerTest() : node_(ru_.node()), keys_(node_), certificates_(ru_.store()) {}

wire::Frame PeerTest::frame_of(const std::string& id) {
  wire::Frame frame;
  auto message = cn_.store().reader().outgoing(core::parse_message_id(id).value()).value();
  auto item = to_item(cn_.node(), "ru-example", std::move(message), {}, frame).value();
  frame.messages.push_back(std::move(item));
  return frame;
}

wire::Frame PeerTest::with_statement(const std::string& id, const std::string& statement) {
  auto frame = frame_of(id);
  frame.messages[0].statement = frame.add(cn_.sign(statement, core::KeyRole::sign, clock_.now()));
  return frame;
}

std::vector<store::SignedStatement> PeerTest::dispatches() {
  std::vector<store::SignedStatement> all;
  const auto rows = cn_.store().reader().dispatches_from("ru-example", 1, 1, 1000).value();
  for (const auto& row : rows) all.push_back(row.dispatch);
  return all;
}

Recorded PeerTest::dispatched(const std::vector<store::SignedStatement>& statements) {
  wire::Frame frame;
  for (const auto& statement : statements) frame.dispatches.push_back(frame.add(statement));
  const auto at = intake();
  FrameVerifier verifier(frame.signatures, *at.directory, certificates_);
  std::vector<PeerDispatch> read;
  for (const auto& proven : frame.dispatches)
    read.push_back(std::get<PeerDispatch>(read_dispatch(at, proven, verifier)));
  return ru_.store()
      .run<Recorded>(0, [&](store::Transaction& tx) { return record_dispatches(tx, "cn-example", read, restores_); })
      .value();
}

Intake PeerTest::intake(const std::string& peer) {
  return {node_,       keys_, attachments_, peer, ru_.store().directory(), ru_.store().joint_acts(), node_.agreements(),
          clock_.now()};
}

Finding PeerTest::find(const wire::Frame& frame, const wire::Proven& proven) {
  frame_ = frame;
  looked_at_ = ru_.store().directory();
  verifier_ = std::make_unique<FrameVerifier>(frame_.signatures, *looked_at_, certificates_);
  return verifier_->find(proven);
}

std::variant<wire::Answer, Arrived> PeerTest::arrive_from(wire::Frame frame, const std::string& peer) {
  const auto at = intake(peer);
  FrameVerifier verifier(frame.signatures, *at.directory, certificates_);
  return arrive(at, frame.messages.at(0), verifier);
}

PeerTest::Taken PeerTest::take(wire::Frame frame, const std::string& peer) {
  auto read = arrive_from(std::move(frame), peer);
  if (auto* answer = std::get_if<wire::Answer>(&read)) throw std::runtime_error(words(*answer));
  const auto& arrived = std::get<Arrived>(read);
  std::promise<Taken> promise;
  ru_.store().post<Accepted>(
      1, [&](store::Transaction& tx) { return accept(node_, tx, arrived); },
      [&](Result<Accepted> accepted, const store::Commit& commit) {
        Taken taken;
        if (accepted.has_value()) {
          for (const auto leaf : accepted->issued) taken.issued.push_back(commit.signed_statement(leaf));
          taken.accepted = std::move(*accepted);
        }
        promise.set_value(std::move(taken));
      });
  return promise.get_future().get();
}

wire::Answer PeerTest::answer_to(wire::Frame frame, const std::string& peer) {
  const auto read = arrive_from(frame, peer);
  if (const auto* answer = std::get_if<wire::Answer>(&read)) return *answer;
  return take(std::move(frame), peer).accepted.answer.value();
}

Digest PeerTest::lost_seal_key(const Digest& designation) {
  const auto stated = ru_.store().reader().seal_keys("ru-example").value().front().statement.statement;
  auto key = core::SealKey::parse(stated).value();
  const auto made = crypto::PrivateKey::generate(crypto::Suite::p256).value().public_key();
  key.public_key.assign(made.spki().begin(), made.spki().end());
  key.designation = designation;
  key.from = clock_.now();
  const auto statement = ru_.sign(key.to_text(), core::KeyRole::sign, clock_.now());
  const auto done = cn_.store().run<void>(0, [&](store::Transaction& tx) {
    return tx.record_seal_key({statement, {}}, std::nullopt, {});
  });
  if (!done.has_value()) throw std::runtime_error(done.error().detail);
  return key.id();
}

std::uint64_t PeerTest::held_by_ru() { return ru_.store().reader().list(store::Box::inbox, 0, 1000).value().size(); }

std::string words(const wire::Answer& answer) {
  const auto reason = answer.reasons.empty() ? "" : " " + std::string(core::to_string(answer.reasons.front().code));
  const auto wanted = std::to_string(answer.expected_epoch) + "/" + std::to_string(answer.expected_sequence);
  switch (answer.outcome) {
    case wire::AnswerOutcome::rejected:
      return "rejected" + reason;
    case wire::AnswerOutcome::deferred:
      return "deferred" + reason;
    case wire::AnswerOutcome::expected:
      return "expected " + wanted;
    case wire::AnswerOutcome::taken:
      return answer.expected_sequence > 0 ? "taken before " + wanted : "taken";
  }
  return "";
}

}  // namespace chancery::service
