#include "daemon/core/handling.h"

#include <algorithm>

#include "daemon/core/rules.h"

namespace chancery::core {

namespace {

const Agreement* agreement_of(const World& world, const Message& message) {
  return world.agreements.find(message.agreement, message.agreement_version);
}

}  // namespace

std::string Handling::to_text() const {
  StatementWriter out(first_line(StatementKind::handling));
  out.line("authority", authority)
      .line("message", to_string(message))
      .line("label", label.text())
      .line("label-policy", to_string(label_policy))
      .line("previous", previous ? to_string(*previous) : "")
      .line("time", to_string(time))
      .line("salt", to_hex(salt));
  return out.text();
}

Result<Handling> Handling::parse(std::string_view text) {
  auto in = TRY(StatementReader::open(text, first_line(StatementKind::handling)));
  Handling h;
  h.authority = TRY(in.token("authority", is_authority_id));
  h.message = TRY(in.field("message", parse_message_id));
  h.label = TRY(in.field("label", Label::parse));
  h.label_policy = TRY(in.field("label-policy", parse_digest));
  h.previous = TRY(in.optional_field("previous", parse_digest));
  h.time = TRY(in.field("time", parse_time));
  h.salt = TRY(in.field("salt", parse_salt));
  CHECK_OK(in.end());
  CHECK_OK(check_spelling(text, h.to_text()));
  return h;
}

std::optional<Label> own_label(const World& world, const Message& message) {
  const auto* own = own_policy(world);
  return own == nullptr ? std::nullopt : world.agreements.labels().regard_all(*own, message.labels);
}

std::optional<Label> held_as(const World& world, const Message& message, const std::optional<Label>& handling) {
  auto regarded = own_label(world, message);
  const auto* own = own_policy(world);
  if (!handling || !regarded) return regarded;
  const auto& book = world.agreements.labels();
  // The record may be of an older version of the policy.
  const auto marked = book.regard(*own, *handling);
  if (!marked) return std::nullopt;
  return dominates(book, *marked, *regarded) ? marked : join(book, *marked, *regarded);
}

Decision decide_handling(const World& world, const User& user, const Message& message,
                         const std::optional<Label>& current, const Label& proposed) {
  Decision out;
  const auto* agreement = agreement_of(world, message);
  const auto& book = world.agreements.labels();
  const auto* own = own_policy(world);
  const auto add = [&](ReasonCode code, std::string subject) {
    out.add(rules::reason_of(agreement, code, std::move(subject)));
  };
  if (message.originator == world.self) add(ReasonCode::not_addressed, message.originator);
  if (own == nullptr || proposed.policy != own->id || proposed.version != own->version || !book.knows(proposed)) {
    add(ReasonCode::label_unknown, rules::class_named_by(proposed));
    return out;
  }
  for (const auto& label : message.labels) {
    const auto least = book.regard(*own, label);
    if (!least) add(ReasonCode::label_unknown, rules::class_named_by(label));
    if (least && !dominates(book, proposed, *least)) add(ReasonCode::label_laxer, least->text());
  }
  if (!review_fits(*own->find(proposed.classification), proposed, world.now))
    add(ReasonCode::label_review, rules::class_named_by(proposed));
  // What was in force under an older version of the policy is compared as this version regards it.
  const auto before = current ? book.regard(*own, *current) : std::nullopt;
  if (current && user.role != Role::approver && (!before || !dominates(book, proposed, *before)))
    add(ReasonCode::label_lowered, rules::class_named_by(proposed));
  return out;
}

Decision decide_use(const World& world, const Message& made, const std::vector<Label>& handling) {
  Decision out;
  const auto* agreement = agreement_of(world, made);
  const auto& book = world.agreements.labels();
  const auto* own = own_policy(world);
  for (const auto& label : handling) {
    const auto held_as = own == nullptr ? std::nullopt : book.regard(*own, label);
    const auto mark = made.labels.empty() || own == nullptr ? std::nullopt : book.regard(*own, made.labels.front());
    if (!held_as || !mark || !dominates(book, *mark, *held_as))
      out.add(rules::reason_of(agreement, ReasonCode::label_laxer, label.text()));
    const bool barred = agreement == nullptr || agreement->bars_state_secrets;
    if (barred && (!held_as || own->find(held_as->classification)->state_secret))
      out.add(rules::reason_of(agreement, ReasonCode::state_secret, rules::class_named_by(label)));
  }
  return out;
}

Decision decide_publication(const World& world, const Message& original, const std::optional<Label>& handling) {
  Decision out;
  const auto demanded = own_label(world, original);
  const auto kept = held_as(world, original, handling);
  if (!handling || (demanded && kept && dominates(world.agreements.labels(), *demanded, *kept))) return out;
  out.add(rules::reason_of(agreement_of(world, original), ReasonCode::label_laxer, handling->text()));
  return out;
}

}  // namespace chancery::core
