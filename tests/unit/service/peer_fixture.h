// What cn-example sends, as frames, and ru-example taking it in step by step, without a network.
#pragma once

#include "daemon/service/peer_statements.h"
#include "tests/unit/service/desk_fixture.h"

namespace chancery::service {

class PeerTest : public DeskTest {
 protected:
  PeerTest();

  // A frame with one message of cn's outbox in it.
  wire::Frame frame_of(const std::string& id);
  // A frame with this statement of cn's in place of the message's own.
  wire::Frame with_statement(const std::string& id, const std::string& statement);
  // The dispatches of cn to ru, as they are in its outbox.
  std::vector<store::SignedStatement> dispatches();
  // ru records them.
  Recorded dispatched(const std::vector<store::SignedStatement>& statements);

  // What ru makes of the first message of a frame that `peer` sends.
  std::variant<wire::Answer, Arrived> arrive_from(wire::Frame frame, const std::string& peer = "cn-example");
  // The answer ru gives, whatever it is for: of the arrival, or of the act.
  wire::Answer answer_to(wire::Frame frame, const std::string& peer = "cn-example");
  // The act: what it did, with the receipts it signed as they are kept.
  struct Taken {
    Accepted accepted;
    std::vector<store::SignedStatement> issued;
  };
  Taken take(wire::Frame frame, const std::string& peer = "cn-example");

  Intake intake(const std::string& peer = "cn-example");
  Finding find(const wire::Frame& frame, const wire::Proven& proven);
  // ru states to cn a seal key under this designation that its own store does not have: its id.
  Digest lost_seal_key(const Digest& designation);
  std::string released_to_ru(std::uint64_t number = 1) { return released({}, number); }
  std::uint64_t held_by_ru();
  std::vector<store::ConflictRecord> evidence() { return ru_.store().reader().conflicts(10).value(); }

  const Node node_;  // ru's
  SealKeys keys_;
  Certificates certificates_;
  Quota restores_{2};
  ArrivingAttachments attachments_{node_, [](const std::string&, const wire::AttachmentState&) {}};

 private:
  std::shared_ptr<const core::Directory> looked_at_;
  std::unique_ptr<FrameVerifier> verifier_;
  wire::Frame frame_;
};

// "deferred E-KEY-UNKNOWN", "expected 1/2".
std::string words(const wire::Answer& answer);

}  // namespace chancery::service
