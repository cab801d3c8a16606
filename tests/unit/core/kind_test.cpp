#include "daemon/core/kind.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "daemon/core/form.h"

namespace chancery::core {
namespace {

TEST(MessageKinds, AreNamedOnceAndWellFormed) {
  std::set<std::string_view> names;
  for (const auto& kind : message_kinds()) {
    EXPECT_TRUE(is_identifier(kind.name)) << kind.name;
    EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
    EXPECT_EQ(find_kind(kind.name), &kind);
    const auto facts = split(kind.facts, ' ');
    EXPECT_TRUE(std::all_of(facts.begin(), facts.end(), is_identifier)) << kind.name;
    EXPECT_EQ(kind.needs_direction, kind.pattern == Pattern::notice)
        << "protocol section 2: the others have `directions -`";
  }
  EXPECT_EQ(find_kind("gossip"), nullptr);
}

TEST(MessageKinds, AreAvailableAsFarAsTheyWork) {
  std::set<std::string_view> available;
  for (const auto& kind : message_kinds())
    if (kind.available) available.insert(kind.name);
  EXPECT_EQ(available,
            (std::set<std::string_view>{"consent-compliance", "consent-grant", "consent-refusal", "consent-request",
                                        "consent-revocation", "forward", "information", "threat-notice",
                                        "transfer-report", "disclosure", "recall", "spill-notice", "spill-receipt",
                                        "proposal", "counter", "acceptance", "objection"}));
}

TEST(MayState, ComparesWholeNames) {
  const auto& forward = *find_kind("forward");
  EXPECT_TRUE(may_state(forward, "wrap"));
  EXPECT_TRUE(may_state(forward, "reissue-of"));
  for (const auto* name : {"wra", "wrapp", "reissue", "", "reissue-of wrap"})
    EXPECT_FALSE(may_state(forward, name)) << name;
  EXPECT_FALSE(may_state(*find_kind("information"), "wrap"));
}

}  // namespace
}  // namespace chancery::core
