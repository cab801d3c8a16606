// Label policies: national classes as data. A label keeps the policy and class its originator wrote; what it
// means to another Party is looked up, never rewritten.
#pragma once

#include <map>
#include <optional>

#include "daemon/core/authority.h"
#include "daemon/core/message.h"

namespace chancery::core {

// Text in several languages ("zh", "ru", "en").
using Localized = std::map<std::string, std::string>;

struct LabelClass {
  std::string id;             // "restricted"
  std::uint32_t rank = 0;     // order within the policy; higher dominates lower
  bool restricted = false;    // Article 6: protected, no onward transfer without written permission
  bool state_secret = false;  // known, never sendable under an agreement that bars it
  Localized name;
  Localized marking;  // what must be shown with the text
  bool operator==(const LabelClass&) const = default;
};

// How this Party's law regards a class of another policy.
struct Regard {
  std::string policy;
  std::string classification;
  std::string as;  // a class id of this policy
  bool operator==(const Regard&) const = default;
};

// A category, of any policy, that this Party does not exchange: its catalogue of what is excluded. It is part of the
// policy data, whose digest every statement of the Party is signed with.
struct Exclusion {
  std::string policy;
  std::string category;
  std::string agreement;  // under this one; empty: under none
  bool operator==(const Exclusion&) const = default;
};

struct LabelPolicy {
  std::string id;  // "cn-example"
  std::uint32_t version = 1;
  std::string party;                    // "CN"
  bool example = false;                 // shipped as an example, shown as such
  std::vector<LabelClass> classes;      // ascending rank
  std::vector<std::string> categories;  // known category ids
  std::vector<Regard> regards;
  std::vector<Exclusion> exclusions;
  Digest digest;  // SHA-256 of the data file
  bool operator==(const LabelPolicy&) const = default;

  [[nodiscard]] const LabelClass* find(std::string_view classification) const;
  // The class of this policy a label is regarded as: its own classes are themselves, a foreign one is what `regards`
  // says; null when this policy says nothing about it.
  [[nodiscard]] const LabelClass* meaning(const Label& label) const;
};

// All policies known here, of every Party and version. Immutable once loaded.
class LabelBook {
 public:
  LabelBook() = default;
  explicit LabelBook(std::vector<LabelPolicy> policies) : policies_(std::move(policies)) {}

  [[nodiscard]] const std::vector<LabelPolicy>& policies() const { return policies_; }
  [[nodiscard]] const LabelPolicy* find(std::string_view policy, std::uint32_t version) const;
  [[nodiscard]] const LabelPolicy* find(const Digest& digest) const;
  // The newest version a Party's policies have; null when the Party has none.
  [[nodiscard]] const LabelPolicy* of_party(std::string_view party) const;
  [[nodiscard]] const LabelClass* class_of(const Label& label) const;
  // Its class and all its categories stand in its policy.
  [[nodiscard]] bool knows(const Label& label) const;

  // Those of `parties` whose law, as known here, says nothing about the label: nobody can decide what it is to them.
  [[nodiscard]] std::vector<std::string> silent(const Label& label, const std::vector<std::string>& parties) const;

  // Said to be so under the label's own policy or the newest version of any of `parties`' policies. A label whose own
  // class is not known counts as both; a state secret counts as restricted.
  [[nodiscard]] bool restricted(const Label& label, const std::vector<std::string>& parties) const;
  [[nodiscard]] bool state_secret(const Label& label, const std::vector<std::string>& parties) const;
  // Its categories that the law of one of `parties` does not exchange under this agreement, each with that Party:
  // "<category> (<Party>)".
  [[nodiscard]] std::vector<std::string> excluded(const Label& label, const std::vector<std::string>& parties,
                                                  std::string_view agreement) const;

 private:
  [[nodiscard]] std::vector<const LabelClass*> meanings(const Label& label,
                                                        const std::vector<std::string>& parties) const;

  std::vector<LabelPolicy> policies_;
};

// Within one version of one policy: rank at least as high and all categories. Across policies: never.
bool dominates(const LabelBook& book, const Label& a, const Label& b);

}  // namespace chancery::core
