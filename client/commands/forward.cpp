#include "client/commands/commands.h"
#include "client/covering_text.h"
#include "client/lookup.h"
#include "client/sending.h"
#include "daemon/core/message.h"

namespace chancery::client::commands {

namespace {

constexpr const char* kAll = "all";

// Of parts alone the cover gives no registry number: it is a part of its own, which may be left out.
Outcome<void> add_cover(const Session& session, const DataNames& names, const v1::MessageView& original,
                        const std::string& extent, v1::Draft& draft) {
  const bool whole = extent == kAll;
  const auto number = original.their_number().empty() ? original.number() : original.their_number();
  const Params params = {{"number", number.empty() || !whole ? original.id().substr(12, 10) : number},
                         {"originator", original.originator()},
                         {"parts", extent}};
  *draft.add_texts() = TRY(covering_text(
      session, names, original.agreement(), session.arguments().value("--note"), [&](const Catalogue& catalogue) {
        const auto title = catalogue.text(whole ? "forward.title" : "forward.title-parts", params);
        return CoveringWords{title, title};
      }));
  return {};
}

}  // namespace

Outcome<int> forward(Session& session) {
  CHECK_OK(check_can_agree(session));
  const auto name = session.arguments().value("ID");
  const auto extent = session.arguments().value_or("--extent", kAll);
  if (!core::Extent::parse(extent)) return fault("E-USAGE-VALUE", {{"option", "--extent"}, {"value", extent}});
  const auto original = TRY(find_message(session, name));
  v1::Draft draft;
  draft.set_kind("forward");
  draft.set_agreement(session.arguments().value_or("--agreement", original.agreement()));
  *draft.mutable_directions() = original.directions();
  *draft.mutable_threats() = original.threats();
  draft.set_label(session.arguments().value_or("--label", original.own_marking()));
  // What goes out is marked as it is kept here, with all that restricts it.
  if (const auto kept = core::Label::parse(original.own_label()); kept.has_value())
    for (const auto& category : kept->categories) draft.add_categories(category);
  draft.set_precedence(original.precedence());
  draft.set_exercise(original.exercise());
  for (const auto& recipient : session.arguments().list("--to")) draft.add_recipients(recipient);
  auto& source = *draft.add_sources();
  source.set_message(original.id());
  source.set_relation("forwards");
  source.set_extent(extent);
  CHECK_OK(add_cover(session, DataNames::fetch(session), original, extent, draft));
  return preview_and_submit(session, draft, name);
}

}  // namespace chancery::client::commands
