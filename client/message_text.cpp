#include "client/message_text.h"

#include <algorithm>
#include <sstream>

#include "client/refusal.h"
#include "client/table.h"
#include "daemon/core/display.h"
#include "daemon/core/message.h"

namespace chancery::client {

namespace {

constexpr const char* kBar = "  | ";

template <class Repeated>
std::string shown(const Repeated& values, const std::string& separator = ", ") {
  std::vector<std::string> out;
  for (const auto& value : values) out.push_back(core::neutralised(value));
  return out.empty() ? "-" : joined(out, separator);
}

// As wide as the widest name in this language.
std::size_t name_width(const Catalogue& catalogue, const std::string& section) {
  std::size_t width = 0;
  for (auto at = catalogue.texts().lower_bound(section);
       at != catalogue.texts().end() && at->first.rfind(section, 0) == 0; ++at)
    width = std::max(width, core::display_width(at->second));
  return width + 2;
}

std::string line(const Catalogue& catalogue, const std::string& key, const std::string& value) {
  return padded(catalogue.text("line." + key), name_width(catalogue, "line.")) + value + "\n";
}

template <class Repeated>
std::string items(const Repeated& codes, const DataNames& names) {
  std::vector<std::string> out;
  for (const auto& code : codes) out.push_back(names.item(code));
  return out.empty() ? "-" : joined(out, "; ");
}

template <class Repeated>
std::string words(const Repeated& codes, const std::string& section, const Catalogue& catalogue) {
  std::vector<std::string> out;
  for (const auto& code : codes) out.push_back(catalogue.word(section, core::neutralised(code)));
  return out.empty() ? "-" : joined(out, catalogue.text("list.comma"));
}

std::string status_word(v1::TextStatus status, const Catalogue& catalogue) {
  switch (status) {
    case v1::TEXT_STATUS_ORIGINAL:
      return catalogue.text("text-status.original");
    case v1::TEXT_STATUS_OFFICIAL_TRANSLATION:
      return catalogue.text("text-status.official-translation");
    case v1::TEXT_STATUS_CHECKED:
      return catalogue.text("text-status.checked");
    case v1::TEXT_STATUS_UNOFFICIAL:
      return catalogue.text("text-status.unofficial");
    default:  // protobuf enums are open: a value of a later version
      return catalogue.text("text-status.unknown");
  }
}

std::string quoted(const std::string& text) {
  std::string out;
  for (const auto& one : core::quoted_lines(text, kBar)) out += one + "\n";
  return out;
}

std::string text_of(const v1::Text& text, const Catalogue& catalogue) {
  return catalogue.text("show.text", {{"language", core::neutralised(text.language())},
                                      {"status", status_word(text.status(), catalogue)}}) +
         "\n" + quoted(text.title()) + kBar + "\n" + quoted(text.body());
}

std::string indicator_of(const v1::Indicator& indicator) {
  return quoted(indicator.type() + "  " + indicator.value() + (indicator.comment().empty() ? "" : "  ") +
                indicator.comment());
}

std::string note_of(const v1::Note& note, const Catalogue& catalogue) {
  return catalogue.text("show.note", {{"purpose", core::neutralised(note.purpose())},
                                      {"language", core::neutralised(note.language())}}) +
         "\n" + quoted(note.text());
}

std::string attachment_of(const v1::AttachmentManifest& attachment, const Catalogue& catalogue) {
  return catalogue.text(
             "show.attachment",
             {{"size", std::to_string(attachment.size())},
              {"type", attachment.media_type().empty() ? "-" : core::neutralised(attachment.media_type())}}) +
         "\n" + quoted(attachment.name());
}

std::string content_of(const v1::Part& part, const Catalogue& catalogue) {
  switch (part.content_case()) {
    case v1::Part::kText:
      return text_of(part.text(), catalogue);
    case v1::Part::kIndicators: {
      auto out = catalogue.text("show.indicators") + "\n";
      for (const auto& indicator : part.indicators().indicators()) out += indicator_of(indicator);
      return out;
    }
    case v1::Part::kNote:
      return note_of(part.note(), catalogue);
    case v1::Part::kRegistryNumber:
      return catalogue.text("show.registry-number") + "\n" + quoted(part.registry_number().number());
    case v1::Part::kAttachment:
      return attachment_of(part.attachment(), catalogue);
    case v1::Part::CONTENT_NOT_SET:
      return {};
  }
  return {};
}

std::string marking_for(const v1::RecipientPreview& recipient, const DataNames& names) {
  if (!recipient.label().empty()) return names.label_name(recipient.label());
  return recipient.marking().empty() ? "-" : names.class_name(recipient.party(), recipient.marking());
}

// Each with its reason, which is text of a person.
template <class Repeated>
std::string independents(const Repeated& sources, const Catalogue& catalogue) {
  std::string out;
  for (const auto& source : sources)
    out += line(catalogue, "independent", core::neutralised(source.message() + ": " + source.reason()));
  return out;
}

// An extent names a part by the number before it.
std::string part_of(const v1::Part& part, std::uint32_t number, const Catalogue& catalogue) {
  const auto text = content_of(part, catalogue);
  return text.empty() ? text : std::to_string(number) + " " + text;
}

std::string left_out(const v1::ReadBody& body, const Catalogue& catalogue) {
  std::vector<std::string> numbers;
  for (std::uint32_t i = 0; i < std::min(body.total(), core::kMaxParts); ++i)
    if (std::find(body.numbers().begin(), body.numbers().end(), i) == body.numbers().end())
      numbers.push_back(std::to_string(i));
  if (numbers.empty()) return {};
  return catalogue.text("show.left-out", {{"parts", joined(numbers, catalogue.text("list.comma"))},
                                          {"count", std::to_string(numbers.size())},
                                          {"total", std::to_string(body.total())}}) +
         "\n";
}

std::string recipient_line(const v1::RecipientPreview& recipient, const DataNames& names, const Catalogue& catalogue) {
  return catalogue.text("preview.recipient", {{"authority", padded(recipient.authority(), 14)},
                                              {"party", recipient.party()},
                                              {"marking", marking_for(recipient, names)},
                                              {"may", words(recipient.may(), "may", catalogue)},
                                              {"may_not", words(recipient.may_not(), "may", catalogue)}}) +
         "\n";
}

std::string yes_or_no(bool value, const Catalogue& catalogue) { return catalogue.text(value ? "word.yes" : "word.no"); }

// Texts of the reader's language first, then as they stand.
struct NumberedPart {
  const v1::Part* part;
  std::uint32_t number;
};
std::vector<NumberedPart> in_reading_order(const v1::ReadBody& body, const std::string& language) {
  std::vector<NumberedPart> parts;
  for (int i = 0; i < body.parts_size(); ++i)
    parts.push_back({&body.parts(i), i < body.numbers_size() ? body.numbers(i) : static_cast<std::uint32_t>(i)});
  std::stable_sort(parts.begin(), parts.end(), [&](const NumberedPart& a, const NumberedPart& b) {
    const auto mine = [&](const v1::Part& p) { return p.has_text() && p.text().language() == language; };
    return mine(*a.part) && !mine(*b.part);
  });
  return parts;
}

std::string extent_of(const v1::SourceView& source, const Catalogue& catalogue) {
  if (source.extent().empty() || source.extent() == "all") return {};
  return " (" + catalogue.text("consent.extent-parts", {{"parts", core::neutralised(source.extent())}}) + ")";
}

std::string header_of(const v1::MessageView& m, const DataNames& names, const Catalogue& catalogue) {
  auto out = line(catalogue, "number", core::neutralised(m.number()));
  if (m.incoming())
    out += line(catalogue, "their-number", m.their_number().empty() ? "-" : core::neutralised(m.their_number()));
  out += line(catalogue, "from", core::neutralised(m.originator())) + line(catalogue, "to", shown(m.recipients()));
  if (m.providers_size() > 1) out += line(catalogue, "providers", shown(m.providers()));
  out += line(catalogue, "kind", catalogue.word("kind", core::neutralised(m.kind())));
  out += line(catalogue, "agreement", core::neutralised(m.agreement()));
  out += line(catalogue, "threats", items(m.threats(), names));
  out += line(catalogue, "directions", items(m.directions(), names));
  out += line(catalogue, "label", shown(m.labels(), "; "));
  if (m.handled()) out += line(catalogue, "handled", m.own_label());
  out += line(catalogue, "precedence", catalogue.word("precedence", core::neutralised(m.precedence())));
  if (m.exercise()) out += line(catalogue, "exercise", yes_or_no(true, catalogue));
  out += line(catalogue, "created", local_time(m.created()));
  if (!m.expires().empty()) out += line(catalogue, "expires", local_time(m.expires()));
  if (!m.stage().empty()) out += line(catalogue, "stage", catalogue.word("stage", m.stage()));
  out += line(catalogue, "id", m.id());
  if (!m.reissue_of().empty()) out += line(catalogue, "reissue-of", core::neutralised(m.reissue_of()));
  for (const auto& source : m.sources())
    out += line(catalogue, "source",
                catalogue.word("relation", core::neutralised(source.relation())) + " " +
                    core::neutralised(source.id() + " " + source.originator()) + extent_of(source, catalogue));
  return out;
}

std::string checks_of(const v1::ReadBody& body, const Catalogue& catalogue) {
  if (body.checks_size() == 0) return {};
  auto out = catalogue.text("show.checks") + "\n";
  for (const auto& check : body.checks())
    out += catalogue.text("show.check", {{"name", padded(catalogue.word("check", core::neutralised(check.name())),
                                                         name_width(catalogue, "check."))},
                                         {"state", catalogue.word("check-state", core::neutralised(check.state()))},
                                         {"detail", core::neutralised(check.detail())}}) +
           "\n";
  return out;
}

}  // namespace

std::string preview_text(const v1::Draft& draft, const v1::PreviewResponse& preview, const DataNames& names,
                         const Catalogue& catalogue) {
  std::string out = catalogue.text("preview.to", {{"count", std::to_string(preview.recipients_size())}}) + "\n";
  for (const auto& recipient : preview.recipients()) out += recipient_line(recipient, names, catalogue);
  std::vector<std::string> marks;
  for (const auto& label : preview.labels()) marks.push_back(names.marking(label));
  out += line(catalogue, "not-sent-to", shown(preview.not_sent_to()));
  out += line(catalogue, "label", shown(preview.labels(), "; "));
  out += line(catalogue, "marking", joined(marks, "; "));
  out += line(catalogue, "kind", catalogue.word("kind", draft.kind()));
  out += line(catalogue, "agreement", core::neutralised(draft.agreement()));
  out += line(catalogue, "threats", items(draft.threats(), names));
  out += line(catalogue, "directions", items(draft.directions(), names));
  out += line(catalogue, "precedence", catalogue.word("precedence", draft.precedence()));
  if (draft.exercise()) out += line(catalogue, "exercise", yes_or_no(true, catalogue));
  for (const auto& attachment : draft.attachments())
    out += line(catalogue, "attachment",
                core::neutralised(attachment.manifest().name()) + " " +
                    catalogue.text("show.bytes", {{"size", std::to_string(attachment.manifest().size())}}));
  out += line(catalogue, "approval", yes_or_no(preview.needs_approval(), catalogue));
  out += line(catalogue, "plan", preview.plan());
  return out;
}

std::string draft_text(const v1::Draft& draft, const Catalogue& catalogue) {
  std::string out;
  for (const auto& text : draft.texts()) out += text_of(text, catalogue);
  if (draft.indicators_size() > 0) out += catalogue.text("show.indicators") + "\n";
  for (const auto& indicator : draft.indicators()) out += indicator_of(indicator);
  for (const auto& note : draft.notes()) out += note_of(note, catalogue);
  for (int i = 0; i < draft.attachments_size(); ++i)
    out += std::to_string(i) + " " + attachment_of(draft.attachments(i).manifest(), catalogue);
  for (const auto& source : draft.sources())
    out += line(
        catalogue, "source",
        catalogue.word("relation", core::neutralised(source.relation())) + " " + core::neutralised(source.message()));
  return out + independents(draft.independent(), catalogue);
}

namespace {

template <class Labels>
std::string marks_of(const Labels& labels, const DataNames& names) {
  std::vector<std::string> marks;
  for (const auto& label : labels) marks.push_back(names.marking(label));
  return joined(marks, "; ");
}

std::string banner_of(const std::string& theirs, const std::string& ours, const Catalogue& catalogue) {
  return catalogue.text("show.banner", {{"theirs", theirs}, {"ours", ours.empty() ? "-" : ours}}) + "\n";
}

}  // namespace

std::string banner(const v1::MessageView& message, const DataNames& names, const Catalogue& catalogue) {
  auto ours = message.own_label().empty() ? std::string() : names.marking(message.own_label());
  // Where the labels together are undecided, at least the highest class that is not.
  if (ours.empty() && !message.own_marking().empty()) ours = names.own_marking(message.own_marking());
  return banner_of(marks_of(message.labels(), names), ours, catalogue);
}

std::string banner(const v1::Evidence& evidence, const DataNames& names, const Catalogue& catalogue) {
  const auto ours = evidence.own_label().empty() ? std::string() : names.marking(evidence.own_label());
  return banner_of(marks_of(evidence.labels(), names), ours, catalogue);
}

std::string body_text(const v1::ReadBody& body, const DataNames& names, const Catalogue& catalogue) {
  const auto marks = banner(body.message(), names, catalogue);
  auto out = marks + header_of(body.message(), names, catalogue) + "\n";
  for (const auto& [part, number] : in_reading_order(body, catalogue.language()))
    out += part_of(*part, number, catalogue);
  out += left_out(body, catalogue);
  out += independents(body.independent(), catalogue);
  if (body.message().deliveries_size() > 0) out += "\n" + deliveries_text(body.message(), catalogue);
  out += "\n" + checks_of(body, catalogue);
  if (body.has_original())
    out += "\n" + catalogue.text("show.original") + "\n" + body_text(body.original(), names, catalogue);
  return out + marks;
}

std::string folded(const std::string& text, std::size_t columns) {
  constexpr std::size_t kNarrowest = 16;
  if (columns < kNarrowest) return text;
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::string margin = line.rfind(kBar, 0) == 0 ? kBar : "    ";
    auto rest = core::folded(line, columns);
    out += rest.front() + "\n";
    line.erase(0, rest.front().size());
    if (line.empty()) continue;
    for (const auto& piece : core::folded(line, columns - margin.size())) out += margin + piece + "\n";
  }
  return out;
}

std::string deliveries_text(const v1::MessageView& message, const Catalogue& catalogue) {
  Table table({catalogue.text("column.to"), catalogue.text("column.stage"), catalogue.text("column.time"),
               catalogue.text("column.waits")});
  for (const auto& delivery : message.deliveries()) {
    std::vector<std::string> why;
    if (!delivery.waiting_for().empty()) why.push_back(catalogue.word("waits-for", delivery.waiting_for()));
    for (const auto& reason : delivery.reasons()) why.push_back(reason_text(reason, message.number(), catalogue));
    table.add({delivery.recipient(), catalogue.word("stage", delivery.stage()), local_time(delivery.time()),
               joined(why, "; ")});
  }
  return table.text();
}

}  // namespace chancery::client
