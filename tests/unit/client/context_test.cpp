#include "client/context.h"

#include <gtest/gtest.h>

#include "tests/unit/client/folder.h"

namespace chancery::client {
namespace {

TEST(Contexts, ComeBackAsTheyWereSavedAndAreReadableByTheirOwnerAlone) {
  const test::Folder folder;
  Contexts contexts;
  contexts.file = folder.path("deep/contexts.toml");
  contexts.current = "cn";
  contexts.all = {{"cn", "/run/desk.sock", "/k/tls.pem", "/k/wang.key", "/k/wang.pem", "zh", "/data"},
                  {"ru", "/run/ru.sock", "/r/tls.pem", "/r/a.key", "/r/a.pem", "", ""}};
  ASSERT_TRUE(contexts.save().has_value());
  const auto loaded = Contexts::load(contexts.file);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().code;
  EXPECT_EQ(loaded->current, "cn");
  ASSERT_NE(loaded->find("cn"), nullptr);
  EXPECT_EQ(loaded->find("cn")->key, "/k/wang.key");
  EXPECT_EQ(loaded->find("cn")->language, "zh");
  EXPECT_EQ(loaded->find("ru")->socket, "/run/ru.sock");
  EXPECT_EQ(test::shell("stat -c %a " + contexts.file).output, "600\n");
}

TEST(Contexts, ResolvePathsAgainstTheirFile) {
  const test::Folder folder;
  test::spit(folder.path("contexts.toml"), "[context.cn]\nsocket = \"cn/desk.sock\"\n");
  const auto loaded = Contexts::load(folder.path("contexts.toml"));
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->choose("")->socket, folder.path("cn/desk.sock"));
}

TEST(Contexts, TellAnUnknownKeyWithFileAndLine) {
  const test::Folder folder;
  test::spit(folder.path("contexts.toml"), "[context.cn]\nsocket = \"s\"\nsokcet = \"t\"\n");
  const auto loaded = Contexts::load(folder.path("contexts.toml"));
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().exit_code(), 3);
  EXPECT_EQ(loaded.error().params.at("place"), folder.path("contexts.toml") + ":3");
  EXPECT_EQ(loaded.error().params.at("known"), "socket");
}

TEST(Contexts, ExitWithThreeForAnUnknownName) {
  Contexts contexts;
  contexts.all = {{"cn", "", "", "", "", "", ""}, {"ru", "", "", "", "", "", ""}};
  EXPECT_EQ(contexts.choose("kz").error().code, "E-CONTEXT-NOT-FOUND");
  EXPECT_EQ(contexts.choose("kz").error().exit_code(), 3);
  EXPECT_EQ(contexts.choose("").error().code, "E-CONTEXT-NONE");
}

}  // namespace
}  // namespace chancery::client
