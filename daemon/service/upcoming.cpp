#include "daemon/service/upcoming.h"

namespace chancery::service {

namespace {

Upcoming::Order order_of(const store::OutboxRow& row) {
  return {-static_cast<int>(row.precedence), row.epoch, row.sequence};
}

Position position_of(const store::OutboxRow& row) { return {row.epoch, row.sequence}; }

}  // namespace

void Upcoming::forget() {
  messages_.clear();
  read_ = bytes_ = 0;
  chain_.clear();
  end_.reset();
}

void Upcoming::hear(store::News news, const Window& window) {
  if (news.changed) forget();
  for (auto& [told, content, bytes] : news.dispatches) {
    const auto row = std::make_shared<const store::OutboxRow>(std::move(told));
    const auto at = position_of(*row);
    if (!chain_.empty() && Position{chain_.back()->epoch, chain_.back()->sequence + 1} != at) chain_.clear();
    chain_.push_back(row);
    end_ = {at.epoch, at.sequence + 1};
    if (!row->message || window.contains(*row->message)) continue;
    if (bytes_ + bytes > kContents) content = nullptr;
    const auto held = content ? bytes : 0;
    if (messages_.try_emplace(order_of(*row), UpcomingMessage{row, std::move(content), true, held}).second)
      bytes_ += held;
  }
  if (news.more) end_.reset();
}

void Upcoming::read(std::vector<store::OutboxRow> rows, const Window& window) {
  std::erase_if(messages_, [](const auto& message) { return !message.second.told; });
  read_ = 0;
  for (auto& row : rows) {
    if (!row.message || window.contains(*row.message)) continue;
    const auto order = order_of(row);
    if (messages_.contains(order)) continue;
    messages_.emplace(order,
                      UpcomingMessage{std::make_shared<const store::OutboxRow>(std::move(row)), nullptr, false, 0});
    ++read_;
  }
}

Upcoming::Messages::iterator Upcoming::done(Messages::iterator message) {
  if (!message->second.told) --read_;
  bytes_ -= message->second.bytes;
  return messages_.erase(message);
}

std::vector<std::shared_ptr<const store::OutboxRow>> Upcoming::from(Position position, std::size_t at_most) {
  while (!chain_.empty() && position_of(*chain_.front()) < position) chain_.pop_front();
  if (chain_.empty() || position_of(*chain_.front()) != position) return {};
  const auto count = std::min(at_most, chain_.size());
  return {chain_.begin(), chain_.begin() + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace chancery::service
