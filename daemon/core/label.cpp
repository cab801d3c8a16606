#include "daemon/core/label.h"

#include <algorithm>

namespace chancery::core {

namespace {

constexpr std::size_t kDateSize = 10;  // "2027-01-01"

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool same_policy(const Label& a, const Label& b) { return a.policy == b.policy && a.version == b.version; }

template <class Row>
bool in_versions(const Row& row, const Label& label) {
  return row.policy == label.policy && row.from_version <= label.version && label.version <= row.to_version;
}

// The categories of a label that are of a kind, in their order.
std::vector<std::string> of_kind(const LabelPolicy& policy, const Label& label, CategoryKind kind) {
  std::vector<std::string> out;
  for (const auto& id : label.categories) {
    const auto* category = policy.find_category(id);
    if (category != nullptr && category->kind == kind) out.push_back(id);
  }
  return out;
}

bool includes(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::all_of(some.begin(), some.end(), [&](const std::string& one) { return contains(all, one); });
}

std::vector<std::string> common(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::string> out;
  std::copy_if(a.begin(), a.end(), std::back_inserter(out), [&](const std::string& one) { return contains(b, one); });
  return out;
}

void add(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

void sort(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// Who may by one of these permissive categories: a list that is empty lets everybody in.
std::optional<std::vector<std::string>> permitted_by_both(const std::vector<std::string>& a,
                                                          const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return a.empty() ? b : a;
  auto both = common(a, b);
  if (both.empty()) return std::nullopt;
  return both;
}

std::string later(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? std::string() : std::max(a, b);
}

// A Party's law is the newest version of each of its policies.
bool is_newest(const std::vector<LabelPolicy>& policies, const LabelPolicy& policy) {
  return std::none_of(policies.begin(), policies.end(), [&](const LabelPolicy& other) {
    return other.id == policy.id && other.version > policy.version;
  });
}

}  // namespace

const char* to_string(CategoryKind kind) {
  switch (kind) {
    case CategoryKind::restrictive:
      return "restrictive";
    case CategoryKind::permissive:
      return "permissive";
    case CategoryKind::informative:
      return "informative";
  }
  return "";
}

bool Regard::covers(const Label& label) const { return in_versions(*this, label); }

bool CategoryRegard::covers(const Label& label) const { return in_versions(*this, label); }

const LabelClass* LabelPolicy::find(std::string_view classification) const {
  for (const auto& c : classes)
    if (c.id == classification) return &c;
  return nullptr;
}

const LabelCategory* LabelPolicy::find_category(std::string_view category) const {
  for (const auto& c : categories)
    if (c.id == category) return &c;
  return nullptr;
}

const LabelClass* LabelPolicy::meaning(const Label& label) const {
  if (label.policy == id) return find(label.classification);
  for (const auto& regard : regards)
    if (regard.covers(label) && regard.classification == label.classification) return find(regard.as);
  return nullptr;
}

const LabelPolicy* LabelBook::find(std::string_view policy, std::uint32_t version) const {
  for (const auto& p : policies_)
    if (p.id == policy && p.version == version) return &p;
  return nullptr;
}

const LabelPolicy* LabelBook::find(const Digest& digest) const {
  for (const auto& p : policies_)
    if (p.digest == digest) return &p;
  return nullptr;
}

const LabelPolicy* LabelBook::of_party(std::string_view party) const {
  const LabelPolicy* newest = nullptr;
  for (const auto& p : policies_)
    if (p.party == party && (newest == nullptr || p.version > newest->version)) newest = &p;
  return newest;
}

const LabelClass* LabelBook::class_of(const Label& label) const {
  const auto* policy = find(label.policy, label.version);
  return policy == nullptr ? nullptr : policy->find(label.classification);
}

bool LabelBook::knows(const Label& label) const {
  const auto* policy = find(label.policy, label.version);
  return policy != nullptr && policy->find(label.classification) != nullptr &&
         std::all_of(label.categories.begin(), label.categories.end(),
                     [&](const std::string& category) { return policy->find_category(category) != nullptr; });
}

namespace {

// What a category of a label is to a policy; null when it says nothing.
const LabelCategory* meaning_of(const LabelPolicy& policy, const Label& label, const std::string& category) {
  if (label.policy == policy.id) return policy.find_category(category);
  for (const auto& row : policy.category_regards)
    if (row.covers(label) && row.category == category) return policy.find_category(row.as);
  return nullptr;
}

}  // namespace

bool LabelBook::decides(const LabelPolicy& policy, const Label& label) const {
  if (policy.meaning(label) == nullptr) return false;
  const auto* theirs = label.categories.empty() ? nullptr : find(label.policy, label.version);
  return std::all_of(label.categories.begin(), label.categories.end(), [&](const std::string& id) {
    const auto* category = theirs == nullptr ? nullptr : theirs->find_category(id);
    const bool informs = category != nullptr && category->kind == CategoryKind::informative;
    return informs || meaning_of(policy, label, id) != nullptr;
  });
}

std::optional<Label> LabelBook::regard(const LabelPolicy& policy, const Label& label) const {
  if (!decides(policy, label)) return std::nullopt;
  Label out{policy.id, policy.version, policy.meaning(label)->id, label.review, {}};
  for (const auto& id : label.categories)
    if (const auto* as = meaning_of(policy, label, id)) out.categories.push_back(as->id);
  sort(out.categories);
  return out;
}

std::optional<Label> LabelBook::regard_all(const LabelPolicy& policy, const std::vector<Label>& labels) const {
  if (labels.empty()) return std::nullopt;
  auto all = regard(policy, labels.front());
  for (std::size_t i = 1; all && i < labels.size(); ++i) {
    const auto next = regard(policy, labels[i]);
    all = next ? join(*this, *all, *next) : std::nullopt;
  }
  return all;
}

std::vector<const LabelClass*> LabelBook::meanings(const Label& label, const std::vector<std::string>& parties) const {
  std::vector<const LabelClass*> meanings;
  if (const auto* own = class_of(label)) meanings.push_back(own);
  for (const auto& policy : policies_)
    if (contains(parties, policy.party) && is_newest(policies_, policy))
      if (const auto* meaning = policy.meaning(label)) meanings.push_back(meaning);
  return meanings;
}

std::vector<std::string> LabelBook::silent(const Label& label, const std::vector<std::string>& parties) const {
  std::vector<std::string> silent;
  for (const auto& party : parties) {
    const bool speaks = std::any_of(policies_.begin(), policies_.end(), [&](const LabelPolicy& policy) {
      return policy.party == party && is_newest(policies_, policy) && decides(policy, label);
    });
    if (!speaks && !contains(silent, party)) silent.push_back(party);
  }
  return silent;
}

bool LabelBook::restricted(const Label& label, const std::vector<std::string>& parties) const {
  const auto all = meanings(label, parties);
  // What is a secret to somebody is not less protected for it.
  return class_of(label) == nullptr ||
         std::any_of(all.begin(), all.end(), [](const auto* c) { return c->restricted || c->state_secret; });
}

bool LabelBook::state_secret(const Label& label, const std::vector<std::string>& parties) const {
  const auto all = meanings(label, parties);
  return class_of(label) == nullptr ||
         std::any_of(all.begin(), all.end(), [](const auto* c) { return c->state_secret; });
}

std::vector<std::string> LabelBook::excluded(const Label& label, const std::vector<std::string>& parties,
                                             std::string_view agreement) const {
  std::vector<std::string> all;
  for (const auto& policy : policies_) {
    if (!contains(parties, policy.party) || !is_newest(policies_, policy)) continue;
    for (const auto& one : policy.exclusions)
      if (one.policy == label.policy && contains(label.categories, one.category) &&
          (one.agreement.empty() || one.agreement == agreement))
        all.push_back(one.category + " (" + policy.party + ")");
  }
  return all;
}

bool dominates(const LabelBook& book, const Label& a, const Label& b) {
  if (!same_policy(a, b) || !book.knows(a) || !book.knows(b)) return false;
  const auto& policy = *book.find(a.policy, a.version);
  const auto may_a = of_kind(policy, a, CategoryKind::permissive), may_b = of_kind(policy, b, CategoryKind::permissive);
  return policy.find(a.classification)->rank >= policy.find(b.classification)->rank &&
         includes(a.categories, of_kind(policy, b, CategoryKind::restrictive)) &&
         (may_b.empty() || (!may_a.empty() && includes(may_b, may_a)));
}

std::optional<Label> join(const LabelBook& book, const Label& a, const Label& b) {
  if (!same_policy(a, b) || !book.knows(a) || !book.knows(b)) return std::nullopt;
  const auto& policy = *book.find(a.policy, a.version);
  auto out = policy.find(a.classification)->rank >= policy.find(b.classification)->rank ? a : b;
  auto may =
      permitted_by_both(of_kind(policy, a, CategoryKind::permissive), of_kind(policy, b, CategoryKind::permissive));
  if (!may) return std::nullopt;
  out.categories = std::move(*may);
  for (const auto kind : {CategoryKind::restrictive, CategoryKind::informative})
    for (const auto* label : {&a, &b}) add(out.categories, of_kind(policy, *label, kind));
  sort(out.categories);
  out.review = later(a.review, b.review);
  return out;
}

bool admits(const LabelPolicy& policy, const Label& label, const std::vector<std::string>& held) {
  const bool known = std::all_of(label.categories.begin(), label.categories.end(),
                                 [&](const std::string& id) { return policy.find_category(id) != nullptr; });
  const auto may = of_kind(policy, label, CategoryKind::permissive);
  return known && includes(held, of_kind(policy, label, CategoryKind::restrictive)) &&
         (may.empty() || !common(may, held).empty());
}

bool review_fits(const LabelClass& of, const Label& label, Instant made) {
  if (label.review.empty()) return !of.review_required;
  if (of.review_within_days == 0) return true;
  return label.review <= to_string(made + days(of.review_within_days)).substr(0, kDateSize);
}

}  // namespace chancery::core
