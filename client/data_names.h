// Names of codes in the reader's language, from the data the daemon decides by: agreement items, classes and their
// markings. What is not known is shown as its code.
#pragma once

#include "chancery/v1/desk.pb.h"
#include "client/session.h"
#include "daemon/core/message.h"

namespace chancery::client {

class DataNames {
 public:
  // Asks the daemon once. Never fails: without an answer codes stand for themselves.
  static DataNames fetch(Session& session);
  DataNames(v1::ListAgreementsResponse agreements, v1::ListLabelsResponse labels, std::string language)
      : agreements_(std::move(agreements)), labels_(std::move(labels)), language_(std::move(language)) {}

  // "sco-2009/2/3" -> "sco-2009/2/3 информационная преступность".
  [[nodiscard]] std::string item(const std::string& code) const;
  // What a label line means to its own policy, in every language it has: class, then categories and review date after
  // two strokes each: "限制传播 · ОГРАНИЧЕННОЕ РАСПРОСТРАНЕНИЕ // 司法 · СУДЕБНЫЕ СВЕДЕНИЯ // 2027-01-01".
  [[nodiscard]] std::string marking(const std::string& label_line) const;
  // The same for a class of our own policy.
  [[nodiscard]] std::string own_marking(const std::string& classification) const;
  // Name of a class of an authority's Party's policy, the class itself when not known.
  [[nodiscard]] std::string class_name(const std::string& party, const std::string& classification) const;
  // The same of a whole label line, with the names of its categories.
  [[nodiscard]] std::string label_name(const std::string& label_line) const;
  // The class of our own policy with the lowest rank; empty when the policy is not known.
  [[nodiscard]] std::string lowest_class() const;
  // Working languages of an agreement.
  [[nodiscard]] std::vector<std::string> working_languages(const std::string& agreement) const;
  [[nodiscard]] std::string in_language(const v1::LocalizedText& text) const;
  // The same as it stands, with its lines.
  [[nodiscard]] std::string whole(const v1::LocalizedText& text) const;

 private:
  [[nodiscard]] const v1::LabelPolicyView* policy_of(const core::Label& label) const;
  [[nodiscard]] std::string marking_of(const v1::LabelPolicyView& policy, const std::string& classification) const;
  v1::ListAgreementsResponse agreements_;
  v1::ListLabelsResponse labels_;
  std::string language_;
};

}  // namespace chancery::client
