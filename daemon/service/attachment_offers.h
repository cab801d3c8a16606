// What is known of attachments that a peer offers with one message, before files are looked at.
#pragma once

#include <set>

#include "daemon/service/node.h"
#include "daemon/wire/frame.h"

namespace chancery::service {

// Of a message whose number is recorded: what comes for others is kept for nobody.
struct OfferStanding {
  bool dispatched = false;
  bool answered = false;  // we signed what we made of the message: only our answer was lost
  std::set<Digest> held;  // came from this peer before, with another message
};

// In an act of the writer, after the dispatches of the same frame. `offers`: of one message, at least one.
Result<OfferStanding> standing_of(const Node& node, store::Transaction& tx, const std::string& peer,
                                  const std::vector<wire::AttachmentOffer>& offers);

// Nothing: files have to be looked at. Of what was answered nothing is wanted any more; of what has no number, or where
// we could not find out, nothing is taken now.
std::optional<wire::AttachmentState> said_at_once(const Result<OfferStanding>& standing,
                                                  const wire::AttachmentOffer& offer);

}  // namespace chancery::service
