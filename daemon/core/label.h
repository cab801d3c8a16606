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
  // A review date says when to look again; that it passed lowers nothing.
  bool review_required = false;
  std::uint32_t review_within_days = 0;  // the latest review after labelling; 0 sets no limit
  bool operator==(const LabelClass&) const = default;
};

// What a category does to access (RFC 2634, STANAG 4774).
enum class CategoryKind {
  restrictive,  // each of them has to be held
  permissive,   // one of them has to be held: a further one lets more people in
  informative,  // says something, and changes nothing
};
const char* to_string(CategoryKind kind);

struct LabelCategory {
  std::string id;
  CategoryKind kind = CategoryKind::restrictive;
  Localized name;
  Localized marking;
  bool operator==(const LabelCategory&) const = default;
};

// The equivalence of one policy with another is a table of rows, each for these versions of the other and no more: a
// version that came later may mean something else by the same word. Nothing follows from two rows together.
struct Regard {
  std::string policy;
  std::string classification;
  std::string as;  // a class id of this policy
  std::uint32_t from_version = 1;
  std::uint32_t to_version = 1;
  bool operator==(const Regard&) const = default;
  [[nodiscard]] bool covers(const Label& label) const;  // of that policy, in these versions
};

struct CategoryRegard {
  std::string policy;
  std::string category;
  std::string as;  // a category id of this policy
  std::uint32_t from_version = 1;
  std::uint32_t to_version = 1;
  bool operator==(const CategoryRegard&) const = default;
  [[nodiscard]] bool covers(const Label& label) const;
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
  std::string party;                // "CN"
  bool example = false;             // shipped as an example, shown as such
  std::vector<LabelClass> classes;  // ascending rank
  std::vector<LabelCategory> categories;
  std::vector<Regard> regards;
  std::vector<CategoryRegard> category_regards;
  std::vector<Exclusion> exclusions;
  Digest digest;  // SHA-256 of the data file
  bool operator==(const LabelPolicy&) const = default;

  [[nodiscard]] const LabelClass* find(std::string_view classification) const;
  [[nodiscard]] const LabelCategory* find_category(std::string_view category) const;
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

  // The label as this policy regards it: class, categories and review date in its own words, sorted. It is looked up
  // and stands beside the original; nothing ever replaces that. Null when it cannot be decided: the class, or a
  // category that changes access, has no row. An informative category without a row is left out.
  [[nodiscard]] std::optional<Label> regard(const LabelPolicy& policy, const Label& label) const;

  // All labels of one message as this policy regards them, joined. Null when one is undecided, when there is none, and
  // when no label dominates all.
  [[nodiscard]] std::optional<Label> regard_all(const LabelPolicy& policy, const std::vector<Label>& labels) const;

  // Those of `parties` whose law, as known here, does not decide what the label is to them.
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
  [[nodiscard]] bool decides(const LabelPolicy& policy, const Label& label) const;
  [[nodiscard]] std::vector<const LabelClass*> meanings(const Label& label,
                                                        const std::vector<std::string>& parties) const;

  std::vector<LabelPolicy> policies_;
};

// Protects at least as much: within one version of one policy, rank at least as high, every restrictive category of b,
// and whoever may by the permissive categories of a may by those of b. Across policies: never. A partial order of
// labels that are the same but for their review dates and informative categories.
bool dominates(const LabelBook& book, const Label& a, const Label& b);

// The least label that dominates both, with the later review date (none when one of them has none) and what either
// informs about. Null across policies, where the set of both stands (protocol section 2), for labels that are not
// known, and when no permissive category is common to both: no label says that nobody may.
std::optional<Label> join(const LabelBook& book, const Label& a, const Label& b);

// Whether these categories, held by a person, satisfy those of a label of this policy. Unknown ones are held by nobody.
bool admits(const LabelPolicy& policy, const Label& label, const std::vector<std::string>& held);

// Whether the class leaves the label this review date when it is made on that day.
bool review_fits(const LabelClass& of, const Label& label, Instant made);

}  // namespace chancery::core
