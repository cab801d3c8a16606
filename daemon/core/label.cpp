#include "daemon/core/label.h"

#include <algorithm>

namespace chancery::core {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// A Party's law is the newest version of each of its policies.
bool is_newest(const std::vector<LabelPolicy>& policies, const LabelPolicy& policy) {
  return std::none_of(policies.begin(), policies.end(), [&](const LabelPolicy& other) {
    return other.id == policy.id && other.version > policy.version;
  });
}

}  // namespace

const LabelClass* LabelPolicy::find(std::string_view classification) const {
  for (const auto& c : classes)
    if (c.id == classification) return &c;
  return nullptr;
}

const LabelClass* LabelPolicy::meaning(const Label& label) const {
  if (label.policy == id) return find(label.classification);
  for (const auto& regard : regards)
    if (regard.policy == label.policy && regard.classification == label.classification) return find(regard.as);
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
                     [&](const std::string& category) { return contains(policy->categories, category); });
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
      return policy.party == party && is_newest(policies_, policy) && policy.meaning(label) != nullptr;
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
  const auto *class_a = book.class_of(a), *class_b = book.class_of(b);
  if (class_a == nullptr || class_b == nullptr) return false;
  return a.policy == b.policy && a.version == b.version && class_a->rank >= class_b->rank &&
         std::all_of(b.categories.begin(), b.categories.end(),
                     [&](const std::string& category) { return contains(a.categories, category); });
}

}  // namespace chancery::core
