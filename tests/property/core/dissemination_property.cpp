// What a revocation reaches, against a naive twin that asks of each receiver by which paths a right still comes to it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "daemon/core/dissemination.h"

namespace chancery::core {
namespace {

constexpr int kKnown = 6, kGiven = 6;

std::string name(int number) { return std::string(1, static_cast<char>('a' + number)); }

MessageId grant(int number) {
  MessageId id;
  id.value[0] = static_cast<std::uint8_t>(number + 1);
  return id;
}

// In the order of time: who passes on has it by right, or from an earlier step, or from somewhere nobody knows of. So
// what two pass on to one another makes circles. "a" and "b" are the audience; strangers never receive.
bool brought(const Step& step) { return step.state != StepState::refused && step.state != StepState::claimed; }

struct Tree {
  std::vector<Step> steps;
  std::set<int> revoked;
};

constexpr int kStranger = 20;

Tree any_dissemination() {
  Tree tree;
  std::vector<int> have = {0, 1, kStranger};
  const auto count = *rc::gen::inRange(1, 16);
  for (int i = 0; i < count; ++i) {
    // Mostly on from the one who got it last, so that there are ways of some length.
    const auto holder = *rc::gen::inRange(0, 3) == 0 ? *rc::gen::elementOf(have) : have.back();
    const auto receiver = *rc::gen::suchThat(rc::gen::inRange(2, kKnown), [&](int one) { return one != holder; });
    Step step{name(holder), name(receiver), grant(*rc::gen::inRange(0, kGiven)), {}, {}};
    step.state = *rc::gen::element(StepState::held, StepState::locked, StepState::erased, StepState::refused,
                                   StepState::claimed);
    if (brought(step)) have.push_back(receiver);
    tree.steps.push_back(step);
  }
  for (int number = 0; number < kGiven; ++number)
    if (*rc::gen::arbitrary<bool>()) tree.revoked.insert(number);
  return tree;
}

bool is_revoked(const Tree& tree, const Step& step) {
  return tree.revoked.contains(static_cast<int>(step.grant->value[0]) - 1);
}

// By right, or by some unrevoked step from one who may, and not from himself by way of others.
bool may_have(const Tree& tree, const std::string& who, std::set<std::string> asked = {}) {
  if (who <= "b" || who == name(kStranger)) return true;
  if (!asked.insert(who).second) return false;
  for (const auto& step : tree.steps)
    if (step.receiver == who && brought(step) && !is_revoked(tree, step) && may_have(tree, step.holder, asked))
      return true;
  return false;
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
    RC_ASSERT(ends[i].has_value() == (is_revoked(tree, step) || !may_have(tree, step.holder)));
  }
}

// It ends when the first revocation ends it: with those alone that were made until then, and not before.
RC_GTEST_PROP(Ended, BeginsWithTheRevocationThatEndedIt, ()) {
  const auto tree = any_dissemination();
  const auto ends = ended(tree.steps, revoked_of(tree.revoked), {"a", "b"});
  for (std::size_t i = 0; i < tree.steps.size(); ++i) {
    auto until = tree;
    std::erase_if(until.revoked, [&](int number) { return ends[i] && Instant{1000 + number} > *ends[i]; });
    const auto lives = [&] { return !is_revoked(until, tree.steps[i]) && may_have(until, tree.steps[i].holder); };
    RC_ASSERT(lives() == !ends[i]);
    if (!ends[i]) continue;
    until.revoked.erase(static_cast<int>(ends[i]->ms) - 1000);
    RC_ASSERT(lives());
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

// The draws prove something of circles only if there are some.
TEST(EndedDraws, HaveCirclesThatLiveAndThatEnd) {
  int living = 0, over = 0;
  const auto count = [&] {
    const auto tree = any_dissemination();
    const auto ends = ended(tree.steps, revoked_of(tree.revoked), {"a", "b"});
    for (std::size_t i = 0; i < tree.steps.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (tree.steps[i].holder == tree.steps[j].receiver && tree.steps[j].holder == tree.steps[i].receiver &&
            !is_revoked(tree, tree.steps[i]) && !is_revoked(tree, tree.steps[j]))
          ++(ends[i] ? over : living);
  };
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(rc::check(count));
  EXPECT_GT(living, 0);
  EXPECT_GT(over, 0);
}

RC_GTEST_PROP(Coverage, CountsEachCopyOnce, ()) {
  const auto tree = any_dissemination();
  const auto ends = ended(tree.steps, revoked_of(tree.revoked), {"a", "b"});
  const auto counted = coverage(tree.steps, ends, Instant{5000});
  RC_ASSERT(counted.copies == counted.locked + counted.erased + counted.retained + counted.unanswered);
}

}  // namespace
}  // namespace chancery::core
