// Views of messages as people see them, filled from what is stored. Internal to this folder.
#pragma once

#include "daemon/service/outcome.h"
#include "daemon/wire/desk.h"

namespace chancery::service {

// Ours to `at.self`: stage by our own receipts; ours to others: one delivery a recipient, in order.
Result<wire::MessageView> message_view(const Node& node, const Scene& at, const store::MessageRow& row);

// The highest class of this policy that its labels are regarded as; empty when none is, or there is no policy.
std::string marking_under(const core::LabelPolicy* policy, const core::Message& message);

// The furthest stage among a receiver's receipts; none when there are none.
std::optional<core::Stage> furthest(const std::vector<store::ReceiptRecord>& receipts, const std::string& receiver);

}  // namespace chancery::service
