#include "daemon/service/receive.h"

#include <algorithm>

#include "daemon/service/attachment_offers.h"
#include "daemon/service/permit_issuing.h"
#include "daemon/service/reissue.h"

namespace chancery::service {

// The acts of one frame, which are posted together, and the reply they add to.
class Receiver::Work {
 public:
  Work(std::vector<store::Store::Work> acts, Done done) : acts_(std::move(acts)), done_(std::move(done)) {}

  // Before `post`, on the frame's thread. `finish` ends each.
  void add(store::Store::Work act) {
    acts_.push_back(std::move(act));
    ++open_;
  }
  void post(store::Store& store) { store.post_all(std::exchange(acts_, {})); }
  void add(wire::AttachmentState state) {
    const std::lock_guard lock(mutex_);
    reply_.attachment_states.push_back(std::move(state));
  }
  void add(wire::Answer answer) {
    const std::lock_guard lock(mutex_);
    reply_.answers.push_back(std::move(answer));
  }
  void finish(Reply part) {
    std::unique_lock lock(mutex_);
    move_to(reply_.receipts, part.receipts);
    move_to(reply_.answers, part.answers);
    move_to(reply_.settled, part.settled);
    move_to(reply_.permits, part.permits);
    move_to(reply_.attachment_states, part.attachment_states);
    reply_.owes = reply_.owes || part.owes;
    if (--open_ > 0) return;
    auto reply = std::move(reply_);
    lock.unlock();
    done_(std::move(reply));
  }

 private:
  template <class T>
  static void move_to(std::vector<T>& to, std::vector<T>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }

  std::vector<store::Store::Work> acts_;
  Done done_;
  std::mutex mutex_;
  std::size_t open_ = 1;  // guarded by mutex_; the frame itself is one
  Reply reply_;           // guarded by mutex_
};

namespace {

bool is_rejection(const wire::Answer& answer) { return answer.outcome == wire::AnswerOutcome::rejected; }

// The writer cannot take it now: it comes again.
bool is_passing(const Error& error) { return error.code == Errc::unavailable || error.code == Errc::busy; }

// Durable before the act, so that the writer does not wait for their files.
std::optional<core::ReasonCode> why_not_adopted(ArrivingAttachments& attachments, const Arrived& arrived) {
  if (!arrived.decision.allowed()) return std::nullopt;
  for (const auto* all : {&arrived.attachments, &arrived.carried_attachments})
    for (const auto& one : *all)
      if (const auto adopted = attachments.adopt(arrived.peer, one.root); !adopted.has_value())
        return adopted.error().code == Errc::not_found ? core::ReasonCode::attachment_incomplete
                                                       : core::ReasonCode::disk_full;
  return std::nullopt;
}

// To a peer: why that is, where it can know. That the signing key is away, for one, is ours alone.
core::ReasonCode why_waits(const Node& node, const Error& error) {
  const bool full = error.code == Errc::unavailable && node.store.full();
  return full ? core::ReasonCode::disk_full : core::ReasonCode::not_now;
}

}  // namespace

std::size_t Receiver::take(const std::string& peer, wire::Frame frame, const Sent& sent,
                           std::vector<store::Store::Work> also, Done done) {
  const auto work = std::make_shared<Work>(std::move(also), std::move(done));
  take_keys(peer, frame);
  compare_data(peer, frame.data_versions);
  const Intake intake{node_,
                      keys_,
                      *attachments_,
                      peer,
                      node_.store.directory(),
                      node_.store.joint_acts(),
                      node_.agreements(),
                      node_.clock.now()};
  FrameVerifier verifier(frame.signatures, *intake.directory, certificates_);
  take_dispatches(intake, frame, verifier, work);
  for (auto& item : frame.messages) take_message(intake, item, verifier, work);
  take_receipts(intake, frame, verifier, sent, work);
  take_permit_requests(intake, frame, work);
  take_permits(intake, frame, verifier, work);
  take_offers(intake, frame, work);
  const auto wasted = take_chunks(peer, frame, *work);
  if (frame.heartbeat && frame.heartbeat->epoch > 0) compare_head(peer, *frame.heartbeat, work);
  work->post(node_.store);
  work->finish({});
  return wasted;
}

// Before everything else of the frame: what follows may be signed under a key that is named here.
void Receiver::take_keys(const std::string& peer, const wire::Frame& frame) {
  if (frame.designations.empty() && frame.seal_keys.empty()) return;
  const auto designations = take_designations(node_, peer, frame.designations);
  if (designations.has_value())
    count_rejected(*designations);
  else
    failed("designation", designations.error());
  const auto directory = node_.store.directory();
  FrameVerifier verifier(frame.signatures, *directory, certificates_);
  const auto keys = take_seal_keys(node_, peer, frame.seal_keys, verifier);
  if (keys.has_value())
    count_rejected(*keys);
  else
    failed("seal-key", keys.error());
}

void Receiver::take_dispatches(const Intake& intake, const wire::Frame& frame, FrameVerifier& verifier,
                               const std::shared_ptr<Work>& work) {
  std::vector<PeerDispatch> dispatches;
  for (const auto& proven : frame.dispatches) {
    auto read = read_dispatch(intake, proven, verifier);
    if (auto* dispatch = std::get_if<PeerDispatch>(&read))
      dispatches.push_back(std::move(*dispatch));
    else
      answered(std::move(std::get<wire::Answer>(read)), *work);
  }
  if (dispatches.empty()) return;
  add([self = shared_from_this(), peer = intake.peer, all = std::move(dispatches)](
          store::Transaction& tx) { return record_dispatches(tx, peer, all, self->restores_); },
      work);
}

void Receiver::take_message(const Intake& intake, wire::MessageItem& item, FrameVerifier& verifier,
                            const std::shared_ptr<Work>& work) {
  auto read = arrive(intake, item, verifier);
  if (auto* said = std::get_if<wire::Answer>(&read)) return answered(std::move(*said), *work);
  auto arrived = std::make_shared<const Arrived>(std::move(std::get<Arrived>(read)));
  if (const auto why = why_not_adopted(*attachments_, *arrived))
    return answered(answer(arrived->digest, wire::AnswerOutcome::deferred, {core::Reason{*why, "", "", ""}}), *work);
  // The act may have to adopt attachments: files are renamed.
  const auto repeat = arrived->attachment_roots().empty() ? store::Repeat::allowed : store::Repeat::never;
  work->add(store::Store::work<Accepted>(
      1,
      [self = shared_from_this(), arrived](store::Transaction& tx) -> Result<Accepted> {
        if (TRY(is_unasked_report(tx, *arrived)) &&
            self->unasked_reports_.take(arrived->peer, arrived->digest, tx.now()) == Quota::Place::beyond)
          return self->postponed(*arrived);
        return accept(self->node_, tx, *arrived);
      },
      [self = shared_from_this(), arrived, work](Result<Accepted> accepted, const store::Commit& commit) {
        Reply reply;
        if (!accepted.has_value()) {
          self->failed("accept", accepted.error());
          if (is_passing(accepted.error()))
            reply.answers.push_back(answer(arrived->digest, wire::AnswerOutcome::deferred,
                                           {core::Reason{why_waits(self->node_, accepted.error()), "", "", ""}}));
          return work->finish(std::move(reply));
        }
        if (accepted->settles()) self->attachments_->settle(arrived->peer, arrived->id);
        reply.receipts = std::move(accepted->stored);
        reply.owes = accepted->owes;
        for (const auto leaf : accepted->issued) reply.receipts.push_back(commit.signed_statement(leaf));
        if (accepted->conflict) self->node_.log(log_line<LogEvent::conflict_recorded>("message of " + arrived->peer));
        if (accepted->answer) self->answered(std::move(*accepted->answer), *work);
        work->finish(std::move(reply));
      },
      repeat));
}

// It comes again, and is evidence then.
Accepted Receiver::postponed(const Arrived& arrived) const {
  node_.log(log_line<LogEvent::receive_postponed>(arrived.peer));
  Accepted out;
  out.answer =
      answer(arrived.digest, wire::AnswerOutcome::deferred, {core::Reason{core::ReasonCode::not_now, "", "", ""}});
  return out;
}

void Receiver::take_receipts(const Intake& intake, const wire::Frame& frame, FrameVerifier& verifier, const Sent& sent,
                             const std::shared_ptr<Work>& work) {
  std::vector<PeerReceipt> receipts;
  const Sent ours = [&](const core::MessageId& id) { return was_sent(intake.peer, id, sent); };
  for (const auto& proven : frame.receipts) {
    auto read = read_receipt(intake, proven, verifier, ours);
    if (auto* receipt = std::get_if<PeerReceipt>(&read))
      receipts.push_back(std::move(*receipt));
    else
      answered(std::move(std::get<wire::Answer>(read)), *work);
  }
  // Those that sign something are acts of their own: the leaves of a group are few.
  const auto asking = std::stable_partition(
      receipts.begin(), receipts.end(), [](const PeerReceipt& receipt) { return !asks_for_reissue(receipt.receipt); });
  for (auto at = asking; at != receipts.end(); ++at) record({*at}, kReissueLeaves, intake.peer, work);
  receipts.erase(asking, receipts.end());
  if (!receipts.empty()) record(std::move(receipts), 0, intake.peer, work);
}

void Receiver::record(std::vector<PeerReceipt> receipts, std::uint32_t leaves, const std::string& peer,
                      const std::shared_ptr<Work>& work) {
  add([self = shared_from_this(), peer,
       all = std::move(receipts)](store::Transaction& tx) { return record_receipts(self->node_, tx, peer, all); },
      work, leaves);
}

// Each is an act of its own: what it looks at, it decides on.
void Receiver::take_permit_requests(const Intake& intake, const wire::Frame& frame, const std::shared_ptr<Work>& work) {
  for (const auto& request : frame.permit_requests)
    work->add(store::Store::work<Issued>(
        1,
        [self = shared_from_this(), peer = intake.peer, request](store::Transaction& tx) {
          return issue_permit(self->node_, tx, peer, request, self->refused_permits_);
        },
        [self = shared_from_this(), request, work](Result<Issued> issued, const store::Commit& commit) {
          Reply reply;
          if (!issued.has_value()) {
            self->failed("permit", issued.error());
            reply.answers.push_back(answer(digest_of(request), wire::AnswerOutcome::deferred,
                                           {core::Reason{why_waits(self->node_, issued.error()), "", "", ""}}));
          } else if (!issued->decision.allowed()) {
            const auto outcome =
                may_change(issued->decision) ? wire::AnswerOutcome::deferred : wire::AnswerOutcome::rejected;
            reply.answers.push_back(answer(digest_of(request), outcome, issued->decision.reasons()));
          } else {
            auto statement = issued->leaf ? commit.signed_statement(*issued->leaf) : issued->record.statement;
            // Signed in this very group by an act before: it comes again when it is asked for again.
            if (!statement.signature.signature.empty())
              reply.permits.emplace_back(std::move(statement), std::move(issued->record.wrap));
          }
          work->finish(std::move(reply));
        }));
}

void Receiver::take_permits(const Intake& intake, wire::Frame& frame, FrameVerifier& verifier,
                            const std::shared_ptr<Work>& work) {
  for (auto& item : frame.permits) {
    const auto finding = verifier.find(item.statement);
    const auto permit = finding.standing == Standing::holds ? core::Permit::parse(item.statement.statement)
                                                            : Result<core::Permit>(fail(Errc::unauthenticated, ""));
    if (!permit.has_value() || permit->provider != finding.batch->signer || permit->provider != intake.peer ||
        permit->holder != node_.identity.authority || !wrap_fits(*permit, item.wrap)) {
      count_rejected(1);
      continue;
    }
    const store::PermitRecord record{*permit, verifier.evidence(item.statement), std::move(item.wrap)};
    if (!permits_->settle(*permit)) {  // nobody asked for it
      count_rejected(1);
      continue;
    }
    work->add(store::Store::work<void>(
        0,
        [self = shared_from_this(), record](store::Transaction& tx) { return record_permit(self->node_, tx, record); },
        [self = shared_from_this(), receiver = permit->receiver, work](const Result<void>& done, const store::Commit&) {
          if (done.has_value())
            self->permits_->wake(receiver);
          else
            self->failed("permit", done.error());
          work->finish({});
        }));
  }
}

// What is offered with one message is offered at once.
void Receiver::take_offers(const Intake& intake, const wire::Frame& frame, const std::shared_ptr<Work>& work) {
  std::map<core::MessageId, std::vector<wire::AttachmentOffer>> by_message;
  for (const auto& offer : frame.offers) by_message[offer.message].push_back(offer);
  for (auto& [message, offers] : by_message)
    work->add(store::Store::work<OfferStanding>(
        0,
        [self = shared_from_this(), peer = intake.peer, offers](store::Transaction& tx) {
          return standing_of(self->node_, tx, peer, offers);
        },
        [self = shared_from_this(), peer = intake.peer, offers, work](Result<OfferStanding> standing,
                                                                      const store::Commit&) {
          // Files are looked at, which is not for the writer's thread.
          self->attachments_->soon([self, peer, offers, work, standing = std::move(standing)] {
            Reply reply;
            for (const auto& offer : offers)
              if (auto state = said_at_once(standing, offer)) reply.attachment_states.push_back(std::move(*state));
            if (reply.attachment_states.empty())
              reply.attachment_states = self->attachments_->offered(peer, offers, standing->held);
            work->finish(std::move(reply));
          });
        }));
}

std::size_t Receiver::take_chunks(const std::string& peer, const wire::Frame& frame, Work& work) {
  std::size_t wasted = 0;
  for (const auto& chunk : frame.chunks) {
    auto taken = attachments_->take(peer, chunk);
    if (auto* state = std::get_if<std::optional<wire::AttachmentState>>(&taken)) {
      if (*state) work.add(std::move(**state));
      continue;
    }
    // Of what we have given up: the peer hears it, and offers it again.
    if (std::get<ArrivingAttachments::Useless>(taken).ours) {
      work.add(wire::AttachmentState{chunk.root, 0, false, {core::Reason{core::ReasonCode::not_now, "", "", ""}}});
      continue;
    }
    count_rejected(1);
    wasted += chunk.size();
  }
  return wasted;
}

// A peer that has signed dispatches we never saw sends them again when it hears what we want next.
void Receiver::compare_head(const std::string& peer, const wire::Heartbeat& heartbeat,
                            const std::shared_ptr<Work>& work) {
  add(
      [peer, heartbeat](store::Transaction& tx) -> Result<Recorded> {
        Recorded out;
        const auto head = TRY(tx.inbound_head(peer));
        const bool behind =
            heartbeat.epoch > head.epoch || (heartbeat.epoch == head.epoch && heartbeat.sequence > head.sequence);
        if (behind) out.answers.push_back(answer(Digest(), wire::AnswerOutcome::expected, head));
        return out;
      },
      work);
}

void Receiver::compare_data(const std::string& peer, const std::vector<wire::DataVersion>& versions) const {
  const auto book = node_.agreements();
  for (const auto& policy : book->labels().policies())
    for (const auto& theirs : versions)
      if (theirs.name == "label/" + policy.id && theirs.version == policy.version && theirs.digest != policy.digest)
        node_.log(log_line<LogEvent::peer_data>(peer, theirs.name));
}

void Receiver::add(std::function<Result<Recorded>(store::Transaction&)> act, const std::shared_ptr<Work>& work,
                   std::uint32_t leaves) {
  work->add(store::Store::work<Recorded>(
      leaves, std::move(act),
      [self = shared_from_this(), work](Result<Recorded> recorded, const store::Commit&) {
        if (!recorded.has_value()) {
          self->failed("record", recorded.error());
          return work->finish({});
        }
        for (const auto& alarm : recorded->alarms) self->node_.log(log_line<LogEvent::conflict_recorded>(alarm));
        for (const auto& told : recorded->restored) self->node_.log(told);
        const auto rejected = std::count_if(recorded->answers.begin(), recorded->answers.end(), is_rejection);
        self->count_rejected(static_cast<std::uint64_t>(rejected));
        Reply reply;
        reply.answers = std::move(recorded->answers);
        reply.settled = std::move(recorded->settled);
        work->finish(std::move(reply));
      },
      store::Repeat::allowed));
}

void Receiver::answered(wire::Answer answer, Work& work) {
  if (is_rejection(answer)) count_rejected(1);
  work.add(std::move(answer));
}

bool Receiver::was_sent(const std::string& peer, const core::MessageId& id, const Sent& sent) const {
  if (sent(id)) return true;
  const auto deliveries = node_.store.reader().deliveries(id);
  return deliveries.has_value() && std::any_of(deliveries->begin(), deliveries->end(),
                                               [&](const store::OutboxRow& row) { return row.peer == peer; });
}

std::vector<QuotaUse> Receiver::quotas(const std::string& peer) const {
  const auto now = node_.clock.now();
  const auto use = [&](std::string_view name, const Quota& quota) {
    return QuotaUse{name, quota.used(peer, now), quota.at_most()};
  };
  return {use("unasked-reports", unasked_reports_), use("refused-permits", refused_permits_),
          use("restores", restores_)};
}

void Receiver::failed(const char* act, const Error& error) const {
  if (error.code == Errc::unavailable && node_.store.full()) return;  // said once, as store.full
  node_.log(log_line<LogEvent::receive_failed>(act, to_string(error.code), error.detail));
}

}  // namespace chancery::service
