// What a revocation reaches, against a naive twin that asks of each receiver by which paths a right still comes to it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "daemon/core/dissemination.h"

namespace chancery::core {
namespace {

constexpr int kKnown = 6, kGiven = 5;

std::string name(int number) { return std::string(1, static_cast<char>('a' + number)); }

MessageId grant(int number) {
  MessageId id;
  id.value[0] = static_cast<std::uint8_t>(number + 1);
  return id;
}

// Later numbers get it from earlier ones: a tree of steps has no circle, as time has none. "a" and "b" are the
// audience.
struct Tree {
  std::vector<Step> steps;
  std::set<int> revoked;
};

Tree any_dissemination() {
  Tree tree;
  const auto count = *rc::gen::inRange(1, 12);
  for (int i = 0; i < count; ++i) {
    const auto receiver = *rc::gen::inRange(2, kKnown);
    Step step{name(*rc::gen::inRange(1, receiver)), name(receiver), grant(*rc::gen::inRange(0, kGiven)), {}, {}};
    step.state = *rc::gen::element(StepState::held, StepState::locked, StepState::erased, StepState::refused);
    tree.steps.push_back(step);
  }
  for (int number = 0; number < kGiven; ++number)
    if (*rc::gen::arbitrary<bool>()) tree.revoked.insert(number);
  return tree;
}

// By right, or by some unrevoked step from one who may: for those who ever had it.
bool may_have(const Tree& tree, const std::string& who) {
  if (who <= "b") return true;
  bool ever = false;
  for (const auto& step : tree.steps) {
    if (step.receiver != who || step.state == StepState::refused) continue;
    ever = true;
    const auto number = static_cast<int>(step.grant->value[0]) - 1;
    if (!tree.revoked.contains(number) && may_have(tree, step.holder)) return true;
  }
  return !ever;  // of whom nothing is known nothing is said
}

Revoked revoked_of(const std::set<int>& grants) {
  Revoked out;
  for (const auto number : grants) out.emplace(grant(number), Instant{1000 + number});
  return out;
}

RC_GTEST_PROP(Ended, IsWhatNoPathOfLivingGrantsLeadsTo, ()) {
  const auto tree = any_dissemination();
  const auto ends = ended(tree.steps, revoked_of(tree.revoked), {"a", "b"});
  for (std::size_t i = 0; i < tree.steps.size(); ++i) {
    const auto& step = tree.steps[i];
    const bool lives =
        !tree.revoked.contains(static_cast<int>(step.grant->value[0]) - 1) && may_have(tree, step.holder);
    RC_ASSERT(ends[i].has_value() == !lives);
  }
}

RC_GTEST_PROP(Ended, NeverSparesMoreWhenMoreIsRevoked, ()) {
  const auto tree = any_dissemination();
  auto more = tree.revoked;
  more.insert(*rc::gen::inRange(0, kGiven));
  const auto before = ended(tree.steps, revoked_of(tree.revoked), {"a", "b"});
  const auto after = ended(tree.steps, revoked_of(more), {"a", "b"});
  for (std::size_t i = 0; i < before.size(); ++i) RC_ASSERT(!before[i] || after[i]);
}

RC_GTEST_PROP(Coverage, CountsEachCopyOnce, ()) {
  const auto tree = any_dissemination();
  const auto ends = ended(tree.steps, revoked_of(tree.revoked), {"a", "b"});
  const auto counted = coverage(tree.steps, ends, Instant{5000});
  RC_ASSERT(counted.copies == counted.locked + counted.erased + counted.retained + counted.unanswered);
}

}  // namespace
}  // namespace chancery::core
