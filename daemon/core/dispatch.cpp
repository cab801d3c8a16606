#include "daemon/core/dispatch.h"

namespace chancery::core {

namespace {

// Why a number is closed: a reason of the table, or a word of its own.
bool is_void_code(std::string_view text) { return is_reason_code(text) || is_identifier(text); }

Result<DispatchItem> parse_message_item(const std::vector<std::string_view>& words) {
  if (words.size() != 2) return fail(Errc::malformed, "not `message <id>`");
  return DispatchItem(DispatchMessage{TRY(parse_message_id(words[1]))});
}

Result<DispatchItem> parse_void_item(const std::vector<std::string_view>& words) {
  if (words.size() != 3 || !is_void_code(words[2])) return fail(Errc::malformed, "not `void <sequence> <code>`");
  return DispatchItem(DispatchVoid{TRY(parse_ordinal(words[1])), std::string(words[2])});
}

Result<DispatchItem> parse_restored_item(const std::vector<std::string_view>& words) {
  if (words.size() != 4) return fail(Errc::malformed, "not `restored <old epoch> <last sent> <last received>`");
  return DispatchItem(
      DispatchRestored{TRY(parse_ordinal(words[1])), TRY(parse_number(words[2])), TRY(parse_number(words[3]))});
}

Result<DispatchItem> parse_item(std::string_view text) {
  const auto words = split(text, ' ');
  if (words[0] == "message") return parse_message_item(words);
  if (words[0] == "void") return parse_void_item(words);
  if (words[0] == "restored") return parse_restored_item(words);
  return fail(Errc::malformed, "neither `message` nor `void` nor `restored`");
}

struct ItemText {
  std::string operator()(const DispatchMessage& item) const { return "message " + to_string(item.id); }
  std::string operator()(const DispatchVoid& item) const {
    return "void " + std::to_string(item.sequence) + " " + item.code;
  }
  std::string operator()(const DispatchRestored& item) const {
    return "restored " + std::to_string(item.old_epoch) + " " + std::to_string(item.last_sent) + " " +
           std::to_string(item.last_received);
  }
};

Result<void> check(const Dispatch& d) {
  if (d.sender == d.recipient) return fail(Errc::malformed, "recipient: the sender itself");
  if (d.previous.has_value() == (d.sequence == 1))
    return fail(Errc::malformed, "previous: empty for the first of an epoch, and only there");
  const auto* const closed = std::get_if<DispatchVoid>(&d.item);
  if (closed != nullptr && closed->sequence >= d.sequence)
    return fail(Errc::malformed, "item: voids no earlier number");
  const auto* const restored = std::get_if<DispatchRestored>(&d.item);
  if (restored != nullptr && (d.sequence != 1 || restored->old_epoch >= d.epoch))
    return fail(Errc::malformed, "item: `restored` opens a later epoch");
  return {};
}

// A later epoch opens with `restored`, from the epoch we know or one we never saw.
ChainStep later_epoch_step(const ChainHead& head, const Dispatch& dispatch) {
  if (dispatch.sequence > 1) return ChainStep::gap;
  const auto* const restored = std::get_if<DispatchRestored>(&dispatch.item);
  return restored != nullptr && restored->old_epoch >= head.epoch ? ChainStep::next : ChainStep::broken;
}

}  // namespace

std::string Dispatch::to_text() const {
  StatementWriter out(first_line(StatementKind::dispatch));
  out.line("sender", sender)
      .line("recipient", recipient)
      .line("epoch", std::to_string(epoch))
      .line("sequence", std::to_string(sequence))
      .line("previous", previous ? to_string(*previous) : "")
      .line("item", std::visit(ItemText(), item))
      .line("salt", to_hex(salt));
  return out.text();
}

Result<Dispatch> Dispatch::parse(std::string_view text) {
  auto in = TRY(StatementReader::open(text, first_line(StatementKind::dispatch)));
  Dispatch d;
  d.sender = TRY(in.token("sender", is_authority_id));
  d.recipient = TRY(in.token("recipient", is_authority_id));
  d.epoch = TRY(in.field("epoch", parse_ordinal));
  d.sequence = TRY(in.field("sequence", parse_ordinal));
  d.previous = TRY(in.optional_field("previous", parse_digest));
  d.item = TRY(in.field("item", parse_item));
  d.salt = TRY(in.field("salt", parse_salt));
  CHECK_OK(in.end());
  CHECK_OK(check(d));
  CHECK_OK(check_spelling(text, d.to_text()));
  return d;
}

ChainStep chain_step(const ChainHead& head, const Dispatch& dispatch) {
  if (dispatch.epoch < head.epoch) return ChainStep::known;
  if (dispatch.epoch > head.epoch) return later_epoch_step(head, dispatch);
  if (dispatch.sequence <= head.sequence) return ChainStep::known;
  if (dispatch.sequence > head.sequence + 1) return ChainStep::gap;
  return dispatch.previous == head.digest ? ChainStep::next : ChainStep::broken;
}

}  // namespace chancery::core
