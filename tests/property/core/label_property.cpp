// Dominance is a partial order of the labels a book knows, within one policy.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/property/core/draw.h"

namespace chancery::core {
namespace {

LabelBook book() {
  auto policies = Realm().policies;
  for (auto& policy : policies) policy.categories = {"early-warning", "network"};
  return LabelBook(policies);
}

// Labels that are the same but for their review date are equal in this order.
bool equivalent(Label a, Label b) {
  a.review = b.review = {};
  return a == b;
}

Label known(Draw& draw) {
  auto label = draw.label();
  label.version = 1;
  return label;
}

RC_GTEST_PROP(Dominance, IsReflexiveAntisymmetricAndTransitive, (std::uint64_t seed)) {
  const auto all = book();
  Draw draw(seed);
  const auto a = known(draw), b = known(draw), c = known(draw);
  RC_ASSERT(dominates(all, a, a));
  if (dominates(all, a, b) && dominates(all, b, a)) RC_ASSERT(equivalent(a, b));
  if (dominates(all, a, b) && dominates(all, b, c)) RC_ASSERT(dominates(all, a, c));
  if (dominates(all, a, b)) RC_ASSERT(a.policy == b.policy);
}

RC_GTEST_PROP(Dominance, IsTheOrderOfRanksAndCategorySets, (std::uint64_t seed)) {
  const auto all = book();
  Draw draw(seed);
  const auto a = known(draw), b = known(draw);
  const auto rank = [](const Label& label) { return std::string("ors").find(label.classification.front()); };
  const std::set<std::string> of_a(a.categories.begin(), a.categories.end()),
      of_b(b.categories.begin(), b.categories.end());
  const bool expected =
      a.policy == b.policy && rank(a) >= rank(b) && std::includes(of_a.begin(), of_a.end(), of_b.begin(), of_b.end());
  RC_ASSERT(dominates(all, a, b) == expected);
}

}  // namespace
}  // namespace chancery::core
