#include "client/data_names.h"

#include <sstream>

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

std::string DataNames::marking_of(const v1::LabelPolicyView& policy, const std::string& classification) const {
  for (const auto& entry : policy.classes()) {
    if (entry.id() != classification) continue;
    std::vector<std::string> marks;
    for (const auto* language : {"zh", "ru", "en"}) {
      const auto found = entry.marking().text().find(language);
      if (found != entry.marking().text().end()) marks.push_back(core::neutralised(found->second));
    }
    if (!marks.empty()) return joined(marks, " · ");
  }
  return core::neutralised(classification);
}

std::string DataNames::marking(const std::string& label_line) const {
  std::stringstream words(label_line);
  std::string policy, classification;
  words >> policy >> classification;
  for (const auto& known : labels_.policies())
    if (known.id() + "/" + std::to_string(known.version()) == policy) return marking_of(known, classification);
  return core::neutralised(classification);
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
