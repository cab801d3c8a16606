#include "daemon/core/registry_number.h"

#include <gtest/gtest.h>

namespace chancery::core {
namespace {

TEST(RegistryNumber, IsWrittenWithAtLeastFourDigits) {
  EXPECT_EQ((RegistryNumber{"CN", 2026, 142}.text()), "CN-2026-0142");
  EXPECT_EQ((RegistryNumber{std::string(kIncomingPrefix), 2026, 87}.text()), "IN-2026-0087");
  EXPECT_EQ((RegistryNumber{"CN", 2026, 12345}.text()), "CN-2026-12345");
}

TEST(RegistryNumber, ParsesExactlyWhatItWrites) {
  for (const auto* text : {"CN-2026-0142", "IN-2026-0001", "KZ-9999-4294967295", "ABCDEFGH-1970-10000"})
    EXPECT_EQ(RegistryNumber::parse(text).value().text(), text);
  for (const auto* text :
       {"", "CN", "CN-2026", "CN-2026-", "CN-2026-142", "CN-2026-00142", "CN-2026-0000", "cn-2026-0142", "C-2026-0142",
        "CN-26-0142", "CN-1969-0001", "CN-10000-0001", "CN-2026-0142 ", "CN-2026-0142-1", "CN-2026-4294967296",
        "CN-02026-0142", "ABCDEFGHI-2026-0001", "--"})
    EXPECT_FALSE(RegistryNumber::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace chancery::core
