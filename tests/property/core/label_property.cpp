// Labels under one policy are a partial order with joins; what others regard them as raises nothing; an own handling
// never falls below the original. Held against sets of persons, computed from the words of the policy alone.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "daemon/core/handling.h"
#include "tests/property/core/draw.h"

namespace chancery::core {
namespace {

const std::vector<std::string> kLabelClasses = {"open", "restricted", "secret"};
const std::vector<std::string> kHeld = {"alpha", "beta", "gamma", "network"};  // of categories that change access

// Two permissive categories and one more, a restrictive and an informative one.
std::vector<LabelCategory> all_kinds() {
  return {{"alpha", CategoryKind::permissive, {}, {}},
          {"beta", CategoryKind::permissive, {}, {}},
          {"gamma", CategoryKind::restrictive, {}, {}},
          {"network", CategoryKind::restrictive, {}, {}},
          {"note", CategoryKind::informative, {}, {}}};
}

LabelBook book() {
  auto policies = Realm().policies;
  for (auto& policy : policies) policy.categories = all_kinds();
  return LabelBook(policies);
}

// Every label of one policy without a review date: classes and sets of categories.
std::vector<Label> every_label() {
  std::vector<Label> all;
  const auto categories = all_kinds();
  for (const auto& classification : kLabelClasses)
    for (unsigned set = 0; set < 32; ++set) {
      Label label{"cn-example", 1, classification, "", {}};
      for (std::size_t i = 0; i < categories.size(); ++i)
        if ((set >> i & 1U) != 0) label.categories.push_back(categories[i].id);
      all.push_back(std::move(label));
    }
  return all;
}

// Which of all persons (a class and a set of categories each) may read it: the meaning of a label, from the definition.
using Readers = std::vector<bool>;
Readers readers(const Label& label) {
  const auto rank = [](const std::string& name) { return std::string("ors").find(name.front()); };
  Readers out;
  for (const auto& clearance : kLabelClasses)
    for (unsigned set = 0; set < 16; ++set) {
      std::set<std::string> held;
      for (std::size_t i = 0; i < kHeld.size(); ++i)
        if ((set >> i & 1U) != 0) held.insert(kHeld[i]);
      bool may = rank(clearance) >= rank(label.classification), way_in = true, found = false;
      for (const auto& category : label.categories) {
        if (category == "gamma" || category == "network") may = may && held.contains(category);
        if (category != "alpha" && category != "beta") continue;
        found = found || held.contains(category);
        way_in = false;
      }
      out.push_back(may && (way_in || found));
    }
  return out;
}

bool within(const Readers& some, const Readers& all) {
  for (std::size_t i = 0; i < some.size(); ++i)
    if (some[i] && !all[i]) return false;
  return true;
}

// Whoever may read a may read b: decided for all 96 x 96 pairs by all persons there are.
TEST(Dominance, IsThatFewerMayRead) {
  const auto all = book();
  const auto labels = every_label();
  std::vector<Readers> may;
  for (const auto& label : labels) may.push_back(readers(label));
  for (std::size_t a = 0; a < labels.size(); ++a)
    for (std::size_t b = 0; b < labels.size(); ++b)
      ASSERT_EQ(dominates(all, labels[a], labels[b]), within(may[a], may[b]))
          << labels[a].text() << " over " << labels[b].text();
}

// Every label of CN and some marks of RU, read in RU by every person there is: who may is who may read all of them, and
// without a clearance of a restricted class nobody reads what is restricted.
TEST(DecideAccess, IsThatThePersonIsAmongTheReadersOfEveryLabel) {
  Realm realm;
  for (auto& policy : realm.policies) {
    policy.categories = all_kinds();
    policy.category_regards.clear();
    for (const auto& category : all_kinds())
      policy.category_regards.push_back({"cn-example", category.id, category.id});
  }
  const auto agreements = realm.book();
  const Directory directory(realm.peers);
  const World world{agreements, directory, realm.joint_acts, "ru-example", realm.now};
  std::vector<std::vector<Label>> marks = {{}};
  for (const auto& [classification, categories] :
       std::vector<std::pair<std::string, std::vector<std::string>>>{{"open", {}},
                                                                     {"restricted", {}},
                                                                     {"secret", {"gamma"}},
                                                                     {"open", {"alpha"}},
                                                                     {"restricted", {"alpha", "beta"}}})
    marks.push_back({{"ru-example", 1, classification, "", categories}});
  for (const auto& label : every_label())
    for (const auto& mark : marks) {
      auto message = realm.notice("cn-example", {"ru-example"});
      message.labels = {label};
      auto expected = readers(label);
      for (const auto& one : mark)
        for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = expected[i] && readers(one)[i];
      std::size_t person = 0;
      for (const auto& clearance : kLabelClasses)
        for (unsigned set = 0; set < 16; ++set, ++person) {
          User user{"reader", Role::officer, clearance, {}};
          for (std::size_t i = 0; i < kHeld.size(); ++i)
            if ((set >> i & 1U) != 0) user.categories.push_back(kHeld[i]);
          const auto may = decide_access(world, user, Permission::read_body, message, mark).allowed();
          ASSERT_EQ(may, expected[person]) << label.text() << " by " << clearance << " with set " << set;
          user.clearance.clear();
          const bool open = label.classification == "open" && (mark.empty() || mark[0].classification == "open");
          ASSERT_EQ(decide_access(world, user, Permission::read_body, message, mark).allowed(),
                    open && expected[person])
              << label.text() << " without clearance";
        }
    }
}

// Among all labels: it is a bound, and every bound dominates it; where there is none, nothing is a bound.
TEST(Join, IsTheLeastUpperBoundOfEveryPair) {
  const auto all = book();
  const auto labels = every_label();
  for (const auto& a : labels)
    for (const auto& b : labels) {
      const auto joined = join(all, a, b);
      ASSERT_TRUE(!joined || (dominates(all, *joined, a) && dominates(all, *joined, b))) << a.text() << " " << b.text();
      for (const auto& bound : labels) {
        const bool over_both = dominates(all, bound, a) && dominates(all, bound, b);
        ASSERT_TRUE(!over_both || (joined && dominates(all, bound, *joined))) << a.text() << " and " << b.text();
      }
    }
}

// Equal in this order: the same but for review dates and what only informs.
Label bare(Label label) {
  label.review = {};
  std::erase(label.categories, "note");
  return label;
}

Label known(Draw& draw) {
  auto label = draw.label();
  label.version = 1;
  label.categories = draw.some_of<std::string>({"alpha", "beta", "gamma", "network", "note"});
  return label;
}

RC_GTEST_PROP(Dominance, IsReflexiveAntisymmetricAndTransitive, (std::uint64_t seed)) {
  const auto all = book();
  Draw draw(seed);
  const auto a = known(draw), b = known(draw), c = known(draw);
  RC_ASSERT(dominates(all, a, a));
  if (dominates(all, a, b) && dominates(all, b, a)) RC_ASSERT(bare(a) == bare(b));
  if (dominates(all, a, b) && dominates(all, b, c)) RC_ASSERT(dominates(all, a, c));
  if (dominates(all, a, b)) RC_ASSERT(a.policy == b.policy);
}

RC_GTEST_PROP(Join, IsCommutativeIdempotentAndAssociative, (std::uint64_t seed)) {
  const auto all = book();
  Draw draw(seed);
  const auto a = known(draw), b = known(draw), c = known(draw);
  const auto joined = [&](const std::optional<Label>& x, const std::optional<Label>& y) {
    return x && y ? join(all, *x, *y) : std::nullopt;
  };
  RC_ASSERT(join(all, a, a) == a);
  RC_ASSERT(join(all, a, b).has_value() == join(all, b, a).has_value());
  if (const auto ab = join(all, a, b)) RC_ASSERT(bare(*ab) == bare(*join(all, b, a)));
  const auto left = joined(joined(a, b), c), right = joined(a, joined(b, c));
  RC_ASSERT(left.has_value() == right.has_value());
  if (left) RC_ASSERT(bare(*left) == bare(*right));
}

// Whatever the equivalence tables say, and whoever asks: nobody reads under a record what the original, as regarded,
// would keep from him.
RC_GTEST_PROP(Handling, IsNeverLaxerThanTheOriginal, (std::uint64_t seed)) {
  Draw draw(seed);
  Realm realm;
  for (auto& policy : realm.policies) {
    policy.categories = all_kinds();
    policy.category_regards.clear();
    for (const auto* other : {"cn-example", "kz-example", "ru-example"})
      for (const auto& category : all_kinds())
        if (other != policy.id && draw.below(4) != 0)
          policy.category_regards.push_back({other, category.id, draw.one_of<std::string>({"gamma", "network"})});
    for (auto& row : policy.regards)
      if (draw.coin()) row.as = draw.one_of(kLabelClasses);
  }
  auto message = realm.notice("cn-example", {"ru-example"});
  message.labels = {known(draw), known(draw)};
  auto proposed = known(draw), current = known(draw);
  proposed.policy = current.policy = "ru-example";
  if (draw.coin()) proposed = {"ru-example", 1, "secret", "", {"gamma", "network"}};
  const auto agreements = realm.book();
  const Directory directory(realm.peers);
  const World world{agreements, directory, realm.joint_acts, "ru-example", realm.now};
  const User user{"somebody", draw.coin() ? Role::approver : Role::officer, draw.one_of(kLabelClasses), {}};
  const auto before = draw.coin() ? std::optional(current) : std::nullopt;
  const bool allowed = decide_handling(world, user, message, before, proposed).allowed();
  RC_CLASSIFY(allowed);
  if (!allowed) return;
  for (const auto& label : message.labels) {
    const auto regarded = agreements.labels().regard(*own_policy(world), label);
    RC_ASSERT(regarded.has_value());
    RC_ASSERT(within(readers(proposed), readers(*regarded)));
  }
  if (before && user.role == Role::officer) RC_ASSERT(within(readers(proposed), readers(*before)));
}

}  // namespace
}  // namespace chancery::core
