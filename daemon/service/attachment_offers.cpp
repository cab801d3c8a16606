#include "daemon/service/attachment_offers.h"

namespace chancery::service {

Result<OfferStanding> standing_of(const Node& node, store::Transaction& tx, const std::string& peer,
                                  const std::vector<wire::AttachmentOffer>& offers) {
  OfferStanding out;
  const auto& message = offers.front().message;
  out.dispatched = TRY(tx.dispatched(peer, message));
  if (!out.dispatched) return out;
  for (const auto& receipt : TRY(tx.receipts(message)))
    out.answered = out.answered || receipt.receipt.receiver == node.identity.authority;
  for (const auto& offer : offers)
    if (TRY(tx.attached_by(peer, offer.root))) out.held.insert(offer.root);
  return out;
}

std::optional<wire::AttachmentState> said_at_once(const Result<OfferStanding>& standing,
                                                  const wire::AttachmentOffer& offer) {
  if (standing.has_value() && standing->dispatched && !standing->answered) return std::nullopt;
  if (standing.has_value() && standing->answered)
    return wire::AttachmentState{
        offer.root, crypto::chunks_of(crypto::plain_length(offer.length).value_or(0)), true, {}};
  return wire::AttachmentState{offer.root, 0, false, {core::Reason{core::ReasonCode::not_now, {}, {}, {}}}};
}

}  // namespace chancery::service
