#include "client/dissemination_text.h"

#include <algorithm>

#include "client/refusal.h"
#include "client/table.h"
#include "daemon/core/display.h"

namespace chancery::client {

namespace {

class Tree {
 public:
  Tree(const v1::ShowDisseminationResponse& response, const Catalogue& catalogue)
      : response_(response),
        catalogue_(catalogue),
        shown_(static_cast<std::size_t>(response.transfers_size()), false),
        table_({catalogue.text("column.holder"), catalogue.text("column.state"), catalogue.text("column.time"),
                catalogue.text("column.relation"), catalogue.text("column.grant"), catalogue.text("column.reasons")}) {}

  std::string text() {
    for (const auto& delivery : response_.message().deliveries()) {
      add_recipient(delivery);
      add_below(delivery.recipient(), 1);
    }
    for (int i = 0; i < response_.transfers_size(); ++i) {
      if (shown_[static_cast<std::size_t>(i)]) continue;
      const auto& holder = response_.transfers(i).holder();
      table_.add({holder, {}, {}, {}, {}, {}});
      add_below(holder, 1);
    }
    return table_.text();
  }

 private:
  void add_recipient(const v1::DeliveryView& delivery) {
    std::vector<std::string> why;
    if (!delivery.waiting_for().empty()) why.push_back(catalogue_.word("waits-for", delivery.waiting_for()));
    for (const auto& reason : delivery.reasons())
      why.push_back(reason_text(reason, response_.message().number(), catalogue_));
    table_.add({delivery.recipient(),
                catalogue_.word("stage", delivery.stage()),
                local_time(delivery.time()),
                {},
                {},
                joined(why, "; ")});
  }

  void add_below(const std::string& holder, std::size_t depth) {
    for (int i = 0; i < response_.transfers_size(); ++i) {
      const auto& transfer = response_.transfers(i);
      if (shown_[static_cast<std::size_t>(i)] || transfer.holder() != holder) continue;
      shown_[static_cast<std::size_t>(i)] = true;
      add_step(transfer, depth);
      add_below(transfer.receiver(), depth + 1);
    }
  }

  void add_step(const v1::TransferView& step, std::size_t depth) {
    table_.add({std::string(2 * depth, ' ') + step.receiver(), catalogue_.word("transfer-state", step.state()),
                local_time(step.time()),
                step.relation().empty() ? std::string() : catalogue_.word("relation", step.relation()),
                step.grant_number().empty() ? short_id(step.grant()) : step.grant_number(), reason_of(step)});
  }

  [[nodiscard]] std::string reason_of(const v1::TransferView& step) const {
    if (step.has_waiting_hours())
      return catalogue_.text("coverage.waiting", {{"hours", std::to_string(step.waiting_hours())}});
    if (!step.ground().empty()) return core::neutralised(step.ground());
    if (step.reason().empty() && !step.detached_until().empty())
      return catalogue_.text("coverage.detached", {{"until", local_time(step.detached_until())}});
    if (step.reason().empty()) return {};
    v1::Reason reason;
    reason.set_code(step.reason());
    reason.set_subject(step.receiver());
    return reason_text(reason, response_.message().number(), catalogue_);
  }

  static std::string short_id(const std::string& id) { return id.size() == 64 ? id.substr(12, 10) : id; }

  const v1::ShowDisseminationResponse& response_;
  const Catalogue& catalogue_;
  std::vector<bool> shown_;
  Table table_;
};

}  // namespace

std::string dissemination_text(const v1::ShowDisseminationResponse& response, const Catalogue& catalogue) {
  auto text = Tree(response, catalogue).text();
  if (!response.has_coverage()) return text;
  const auto& c = response.coverage();
  text += "\n" + catalogue.text("coverage.copies", {{"copies", std::to_string(c.copies())},
                                                    {"locked", std::to_string(c.locked())},
                                                    {"erased", std::to_string(c.erased())},
                                                    {"retained", std::to_string(c.retained())},
                                                    {"unanswered", std::to_string(c.unanswered())}});
  return text + "\n" + catalogue.text(c.complete() ? "coverage.complete" : "coverage.incomplete") + "\n";
}

std::vector<std::string> receivers_of(const v1::ShowDisseminationResponse& response) {
  std::vector<std::string> out;
  for (const auto& transfer : response.transfers())
    if (std::find(out.begin(), out.end(), transfer.receiver()) == out.end())
      out.push_back(core::neutralised(transfer.receiver()));
  return out;
}

}  // namespace chancery::client
