#include "daemon/core/permit.h"

#include <gtest/gtest.h>

#include "tests/unit/core/mutations.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

std::string permit_text() { return sample_permit().to_text(); }

TEST(PermitParse, GivesBackWhatWasWritten) {
  auto disclosure = sample_permit();
  disclosure.verb = Verb::disclose;
  disclosure.carrier = to_string(digest_of("plan"));
  disclosure.receiver = {};
  disclosure.wrap = std::nullopt;
  disclosure.extent = {};
  for (const auto& permit : {sample_permit(), disclosure}) {
    const auto parsed = Permit::parse(permit.to_text());
    ASSERT_TRUE(parsed.has_value()) << parsed.error().detail;
    EXPECT_EQ(*parsed, permit);
  }
}

TEST(PermitParse, RefusesEveryCommonMutation) { expect_all_malformed<Permit>(common_mutations(permit_text())); }

TEST(PermitParse, RefusesValuesOutOfTheirGrammar) {
  expect_malformed<Permit>(permit_text(), {{"relation forwards", "relation steals"},
                                           {"receiver kz-example", "receiver KZ"},
                                           {"holder ru-example", "holder -"},
                                           {"verb transfer", "verb copy"},
                                           {"extent 0,2", "extent 2,0"},
                                           {"extent 0,2", "extent 0,0"},
                                           {"extent 0,2", "extent 0,02"},
                                           {"extent 0,2", "extent 0,1024"},
                                           {"extent 0,2", "extent -"},
                                           {"from 2026-11-23T09:00", "from 2026-11-23T09:10"},
                                           {"carrier ", "carrier sha512:"}});
}

}  // namespace
}  // namespace chancery::core
