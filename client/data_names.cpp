#include "client/data_names.h"

#include <algorithm>

#include "client/connection.h"
#include "client/table.h"
#include "daemon/core/display.h"

namespace chancery::client {

DataNames DataNames::fetch(Session& session) {
  v1::ListAgreementsResponse agreements;
  v1::ListLabelsResponse labels;
  if (auto desk = session.desk()) {
    if (auto answer = (*desk)->call(&v1::Desk::Stub::ListAgreements, v1::ListAgreementsRequest()))
      agreements = std::move(*answer);
    if (auto answer = (*desk)->call(&v1::Desk::Stub::ListLabels, v1::ListLabelsRequest())) labels = std::move(*answer);
  }
  return {std::move(agreements), std::move(labels), session.catalogue().language()};
}

std::string DataNames::in_language(const v1::LocalizedText& text) const { return core::neutralised(whole(text)); }

std::string DataNames::whole(const v1::LocalizedText& text) const {
  for (const auto& language : {language_, std::string("en"), std::string("ru"), std::string("zh")}) {
    const auto found = text.text().find(language);
    if (found != text.text().end() && !found->second.empty()) return found->second;
  }
  return {};
}

std::string DataNames::item(const std::string& code) const {
  for (const auto& agreement : agreements_.agreements())
    for (const auto& item : agreement.items())
      if (item.code() == code) {
        const auto name = in_language(item.short_text().text().empty() ? item.text() : item.short_text());
        return name.empty() ? code : code + " " + name;
      }
  return core::neutralised(code);
}

namespace {

// In every language there is; the code when there is none.
std::string in_all_languages(const v1::LocalizedText& text, const std::string& code) {
  std::vector<std::string> marks;
  for (const auto* language : {"zh", "ru", "en"}) {
    const auto found = text.text().find(language);
    if (found != text.text().end()) marks.push_back(core::neutralised(found->second));
  }
  return marks.empty() ? core::neutralised(code) : joined(marks, " · ");
}

template <class Entries>
auto* find_by_id(const Entries& entries, const std::string& id) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.id() == id; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

std::string DataNames::marking_of(const v1::LabelPolicyView& policy, const std::string& classification) const {
  const auto* entry = find_by_id(policy.classes(), classification);
  return entry == nullptr ? core::neutralised(classification) : in_all_languages(entry->marking(), classification);
}

const v1::LabelPolicyView* DataNames::policy_of(const core::Label& label) const {
  for (const auto& known : labels_.policies())
    if (known.id() == label.policy && known.version() == label.version) return &known;
  return nullptr;
}

std::string DataNames::marking(const std::string& label_line) const {
  const auto label = core::Label::parse(label_line);
  if (!label.has_value()) return core::neutralised(label_line);
  const auto* policy = policy_of(*label);
  std::vector<std::string> marks = {policy == nullptr ? label->classification
                                                      : marking_of(*policy, label->classification)};
  for (const auto& id : label->categories) {
    const auto* category = policy == nullptr ? nullptr : find_by_id(policy->categories(), id);
    marks.push_back(category == nullptr ? id : in_all_languages(category->marking(), id));
  }
  if (!label->review.empty()) marks.push_back(label->review);
  return joined(marks, " // ");
}

std::string DataNames::label_name(const std::string& label_line) const {
  const auto label = core::Label::parse(label_line);
  if (!label.has_value()) return core::neutralised(label_line);
  const auto* policy = policy_of(*label);
  const auto* of = policy == nullptr ? nullptr : find_by_id(policy->classes(), label->classification);
  std::vector<std::string> names = {of == nullptr ? label->classification : in_language(of->name())};
  for (const auto& id : label->categories) {
    const auto* category = policy == nullptr ? nullptr : find_by_id(policy->categories(), id);
    names.push_back(category == nullptr ? id : in_language(category->name()));
  }
  return joined(names, " // ");
}

std::string DataNames::own_marking(const std::string& classification) const {
  for (const auto& policy : labels_.policies())
    if (policy.own()) return marking_of(policy, classification);
  return core::neutralised(classification);
}

std::string DataNames::class_name(const std::string& party, const std::string& classification) const {
  for (const auto& policy : labels_.policies())
    if (policy.party() == party)
      for (const auto& entry : policy.classes())
        if (entry.id() == classification) return in_language(entry.name());
  return core::neutralised(classification);
}

std::string DataNames::lowest_class() const {
  const v1::LabelClassView* lowest = nullptr;
  for (const auto& policy : labels_.policies())
    for (const auto& entry : policy.classes())
      if (policy.own() && (lowest == nullptr || entry.rank() < lowest->rank())) lowest = &entry;
  return lowest == nullptr ? std::string() : lowest->id();
}

std::vector<std::string> DataNames::working_languages(const std::string& agreement) const {
  for (const auto& known : agreements_.agreements())
    if (known.id() == agreement) return {known.languages_any().begin(), known.languages_any().end()};
  return {};
}

}  // namespace chancery::client
