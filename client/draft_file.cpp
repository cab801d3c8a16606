#include "client/draft_file.h"

#include <algorithm>
#include <functional>
#include <set>
#include <sstream>

#include "client/arguments.h"
#include "client/nearest.h"
#include "daemon/core/authority.h"
#include "daemon/core/display.h"
#include "daemon/core/message.h"

namespace chancery::client {

namespace {

using Check = bool (*)(std::string_view);

bool is_precedence(std::string_view text) { return core::parse_precedence(text).has_value(); }
bool is_yes_or_no(std::string_view text) { return text == "yes" || text == "no"; }
bool is_instant(std::string_view text) { return parse_instant(text).has_value(); }
// A name of a message: number, id or prefix; the daemon resolves it.
bool is_name(std::string_view text) { return core::is_word(text); }

struct Field {
  const char* name;
  Check check;
  bool many;
  bool required;
  std::function<void(v1::Draft&, const std::string&)> put;
};

const std::vector<Field>& fields() {
  static const std::vector<Field> kFields = {
      {"agreement", core::is_identifier, false, true, [](auto& d, auto& v) { d.set_agreement(v); }},
      {"kind", core::is_identifier, false, false, [](auto& d, auto& v) { d.set_kind(v); }},
      {"threats", core::is_code, true, false, [](auto& d, auto& v) { d.add_threats(v); }},
      {"directions", core::is_code, true, true, [](auto& d, auto& v) { d.add_directions(v); }},
      {"label", core::is_identifier, false, true, [](auto& d, auto& v) { d.set_label(v); }},
      {"review", core::is_date, false, false, [](auto& d, auto& v) { d.set_review(v); }},
      {"categories", core::is_identifier, true, false, [](auto& d, auto& v) { d.add_categories(v); }},
      {"releasable-to", core::is_authority_id, true, false, [](auto& d, auto& v) { d.add_releasable_to(v); }},
      {"to", core::is_authority_id, true, false, [](auto& d, auto& v) { d.add_recipients(v); }},
      {"precedence", is_precedence, false, false, [](auto& d, auto& v) { d.set_precedence(v); }},
      {"exercise", is_yes_or_no, false, false, [](auto& d, auto& v) { d.set_exercise(v == "yes"); }},
      {"expires", is_instant, false, false, [](auto& d, auto& v) { d.set_expires(v); }},
      {"thread", is_name, false, false, [](auto& d, auto& v) { d.set_thread(v); }},
      {"in-reply-to", is_name, false, false, [](auto& d, auto& v) { d.set_in_reply_to(v); }},
      {"supersedes", is_name, false, false, [](auto& d, auto& v) { d.set_supersedes(v); }},
      {"providers", core::is_authority_id, true, false, [](auto& d, auto& v) { d.add_providers(v); }},
  };
  return kFields;
}

std::vector<std::string> field_names() {
  std::vector<std::string> names;
  for (const auto& field : fields()) names.emplace_back(field.name);
  return names;
}

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

bool begins(const std::string& line, std::string_view with) { return line.rfind(with, 0) == 0; }

v1::TextStatus status_of(const std::string& word) {
  if (word == "original") return v1::TEXT_STATUS_ORIGINAL;
  if (word == "official-translation") return v1::TEXT_STATUS_OFFICIAL_TRANSLATION;
  if (word == "checked") return v1::TEXT_STATUS_CHECKED;
  if (word == "unofficial") return v1::TEXT_STATUS_UNOFFICIAL;
  return v1::TEXT_STATUS_UNSPECIFIED;
}

class Parser {
 public:
  explicit Parser(const std::string& text) {
    std::stringstream in(text);
    for (std::string line; std::getline(in, line);) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      lines_.push_back(std::move(line));
    }
  }

  DraftOrFaults parse() {
    for (std::size_t i = 0; i < lines_.size() && faults_.empty(); ++i)
      if (!core::is_utf8(lines_[i])) add(i + 1, "not-utf8");
    if (!faults_.empty()) return tl::unexpected(std::move(faults_));
    parse_front();
    if (at_ != lines_.size()) parse_sections();
    finish();
    if (!faults_.empty()) return tl::unexpected(std::move(faults_));
    return std::move(draft_);
  }

 private:
  void add(std::size_t line, std::string key, Params params = {}) {
    faults_.push_back({line, std::move(key), std::move(params)});
  }

  // Whether this line is a comment, or the middle of one.
  bool comment(const std::string& line) {
    const bool starts = begins(trimmed(line), "<!--");
    if (!starts && !in_comment_) return false;
    in_comment_ = line.find("-->") == std::string::npos;
    return true;
  }

  void parse_front() {
    while (at_ < lines_.size() && (trimmed(lines_[at_]).empty() || comment(lines_[at_]))) ++at_;
    if (at_ == lines_.size() || lines_[at_] != "---") {
      add(at_ + 1, "no-front");
      return;
    }
    for (++at_; at_ < lines_.size() && lines_[at_] != "---"; ++at_) parse_field(lines_[at_]);
    if (at_ == lines_.size())
      add(at_, "front-open");
    else
      ++at_;
  }

  void parse_field(const std::string& line) {
    if (trimmed(line).empty() || begins(line, "#")) return;
    const auto colon = line.find(':');
    if (colon == std::string::npos) return add(at_ + 1, "no-colon", {{"line", line}});
    const auto name = trimmed(line.substr(0, colon));
    const auto value = trimmed(line.substr(colon + 1));
    const auto field = std::find_if(fields().begin(), fields().end(), [&](const Field& f) { return name == f.name; });
    if (field == fields().end()) return unknown_field(name);
    if (!seen_.insert(name).second) return add(at_ + 1, "field-twice", {{"name", name}});
    if (value.empty()) return;  // left empty: as if it were not there
    put(*field, value);
    filled_.insert(name);
  }

  void unknown_field(const std::string& name) {
    const auto near = nearest(name, field_names());
    if (near.empty()) return add(at_ + 1, "field-unknown", {{"name", name}});
    add(at_ + 1, "field-nearest", {{"name", name}, {"nearest", near}});
  }

  void put(const Field& field, const std::string& value) {
    auto values = field.many ? split_commas(value) : std::vector<std::string>{value};
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (const auto& one : values) {
      if (field.check(one))
        field.put(draft_, one);
      else
        add(at_ + 1, "value", {{"name", field.name}, {"value", one}});
    }
  }

  void parse_sections() {
    while (at_ < lines_.size()) {
      const auto& line = lines_[at_];
      if (begins(line, "## "))
        parse_section(line.substr(3));
      else if (!trimmed(line).empty() && !comment(line))
        add(++at_, "outside");
      else
        ++at_;
    }
  }

  void parse_section(const std::string& heading) {
    std::stringstream words(heading);
    std::string name, status, more;
    words >> name >> status >> more;
    const auto line = ++at_;
    if (name == "indicators" && status.empty()) return parse_indicators();
    if (name == "sources" && status.empty()) return parse_sources();
    if (name == "independent" && status.empty()) return parse_independent();
    if (!core::is_language(name) || !more.empty() ||
        (!status.empty() && status_of(status) == v1::TEXT_STATUS_UNSPECIFIED)) {
      add(line, "section", {{"name", heading}});
      skip_section();
      return;
    }
    parse_text(name, status, line);
  }

  [[nodiscard]] bool in_section() const { return at_ < lines_.size() && !begins(lines_[at_], "## "); }
  void skip_section() {
    while (in_section()) ++at_;
  }

  void parse_text(const std::string& language, const std::string& status, std::size_t line) {
    for (const auto& text : draft_.texts())
      if (text.language() == language) add(line, "language-twice", {{"name", language}});
    auto& text = *draft_.add_texts();
    text.set_language(language);
    text.set_status(!status.empty()            ? status_of(status)
                    : draft_.texts_size() == 1 ? v1::TEXT_STATUS_ORIGINAL
                                               : v1::TEXT_STATUS_UNOFFICIAL);
    while (in_section() && (trimmed(lines_[at_]).empty() || comment(lines_[at_]))) ++at_;
    if (!in_section() || !begins(lines_[at_], "#") || trimmed(lines_[at_].substr(1)).empty())
      add(std::min(at_ + 1, lines_.size()), "no-title", {{"name", language}});
    else
      text.set_title(trimmed(lines_[at_++].substr(1)));
    text.set_body(body());
    if (text.body().empty()) add(line, "no-body", {{"name", language}});
  }

  // Until the next section, without empty lines at either end.
  std::string body() {
    std::string out;
    for (; in_section(); ++at_) {
      if (comment(lines_[at_])) continue;
      out += begins(lines_[at_], "\\## ") ? lines_[at_].substr(1) : lines_[at_];
      out += "\n";
    }
    out.erase(0, out.find_first_not_of('\n') == std::string::npos ? out.size() : out.find_first_not_of('\n'));
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
  }

  // Lines `- FIRST SECOND REST` until the next section; `put` says whether it can be one.
  void parse_list(const char* fault_key,
                  const std::function<bool(const std::string&, const std::string&, const std::string&)>& put) {
    for (; in_section(); ++at_) {
      const auto line = trimmed(lines_[at_]);
      if (line.empty() || comment(line)) continue;
      std::stringstream words(line);
      std::string dash, first, second, rest;
      words >> dash >> first >> second;
      std::getline(words, rest);
      if (dash != "-" || second.empty() || !put(first, second, trimmed(rest)))
        add(at_ + 1, fault_key, {{"line", line}});
    }
  }

  void parse_indicators() {
    parse_list("indicator", [this](const std::string& type, const std::string& value, const std::string& rest) {
      auto& indicator = *draft_.add_indicators();
      indicator.set_type(type);
      indicator.set_value(value);
      indicator.set_comment(rest);
      return true;
    });
  }

  void parse_sources() {
    parse_list("source", [this](const std::string& name, const std::string& relation, const std::string& extent) {
      // What is carried whole is no draft: `chancery forward`.
      const auto known = core::parse_relation(relation);
      if (!is_name(name) || !known || *known == core::Relation::forwards) return false;
      if (!core::Extent::parse(extent.empty() ? "all" : extent)) return false;
      auto& source = *draft_.add_sources();
      source.set_message(name);
      source.set_relation(relation);
      source.set_extent(extent.empty() ? "all" : extent);
      return true;
    });
  }

  void parse_independent() {
    parse_list("independent", [this](const std::string& name, const std::string& first, const std::string& rest) {
      if (!is_name(name)) return false;
      auto& source = *draft_.add_independent();
      source.set_message(name);
      source.set_reason(rest.empty() ? first : first + " " + rest);
      return true;
    });
  }

  void finish() {
    for (const auto& field : fields())
      if (field.required && !filled_.contains(field.name) && !has_fault_about(field.name))
        add(1, "field-missing", {{"name", field.name}});
    if (draft_.texts_size() == 0 && faults_.empty()) add(lines_.size(), "no-text");
    if (draft_.kind().empty()) draft_.set_kind("threat-notice");
    if (draft_.precedence().empty()) draft_.set_precedence("routine");
    std::stable_sort(faults_.begin(), faults_.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  }

  [[nodiscard]] bool has_fault_about(const std::string& name) const {
    return std::any_of(faults_.begin(), faults_.end(), [&](const DraftFault& fault) {
      const auto found = fault.params.find("name");
      return found != fault.params.end() && found->second == name;
    });
  }

  std::vector<std::string> lines_;
  std::size_t at_ = 0;  // index of the line to read next
  bool in_comment_ = false;
  std::set<std::string> seen_;
  std::set<std::string> filled_;
  v1::Draft draft_;
  std::vector<DraftFault> faults_;
};

}  // namespace

DraftOrFaults parse_draft(const std::string& text) { return Parser(text).parse(); }

}  // namespace chancery::client
