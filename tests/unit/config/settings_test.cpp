#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/config/small_data.h"

namespace chancery::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LoadSettings, ReadsEveryKey) {
  const SmallData data;
  const auto settings = load_settings(data.path("daemon.toml"));
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->authority, "cn-one");
  EXPECT_EQ(settings->party, "CN");
  EXPECT_EQ(settings->number_prefix, "CN");
  EXPECT_EQ(settings->label_policy, "cn-one");
  EXPECT_EQ(settings->peer_listen, "127.0.0.1:8443");
  EXPECT_EQ(settings->log_level, "debug");
  EXPECT_EQ(settings->retry.first, seconds(3));
  EXPECT_EQ(settings->retry.cap, hours(2));
}

TEST(LoadSettings, TakesRelativePathsFromTheFolderOfTheFile) {
  const SmallData data;
  const auto settings = load_settings(data.path("daemon.toml"));
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->state_directory, data.path("state"));
  EXPECT_EQ(settings->checkpoint_file, data.path("checkpoint"));
  EXPECT_EQ(settings->party_status, data.path("status.toml"));
  EXPECT_EQ(settings->administrator, data.path("admin.pem"));
  EXPECT_EQ(settings->keys_directory, "/keys");
  EXPECT_EQ(settings->desk_socket, "/run/desk.sock");
}

TEST(LoadSettings, TakesKeysFromTheCredentialsOfAUnit) {
  const SmallData data;
  data.replace("daemon.toml", "\"/keys\"", "\"$CREDENTIALS_DIRECTORY\"");
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_THAT(data.settings_faults(), ElementsAre(HasSubstr("keys_directory: there are no credentials here")));
  ::setenv("CREDENTIALS_DIRECTORY", "/run/credentials/chanceryd.service", 1);
  EXPECT_EQ(load_settings(data.path("daemon.toml"))->keys_directory, "/run/credentials/chanceryd.service");
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(LoadSettings, MayNameASigningKeyInATokenWithItsPinAmongTheKeys) {
  const SmallData data;
  EXPECT_FALSE(load_settings(data.path("daemon.toml"))->sign_key.has_value());
  data.replace("daemon.toml", "cap = \"2h\"\n",
               "cap = \"2h\"\n[token]\nsign_key = \"pkcs11:token=a;object=b\"\nmodule = \"/lib/hsm.so\"\n");
  const auto key = load_settings(data.path("daemon.toml"))->sign_key.value();
  EXPECT_EQ(key.uri, "pkcs11:token=a;object=b");
  EXPECT_EQ(key.module, "/lib/hsm.so");
  EXPECT_EQ(key.pin_file, "/keys/token.pin");
  data.replace("daemon.toml", "object=b", "object=b?pin-value=1");
  data.replace("daemon.toml", "/lib/hsm.so", "hsm.so");
  EXPECT_THAT(data.settings_faults(),
              ElementsAre(HasSubstr("token.sign_key: must be a pkcs11: URI of a token and a key in it, and no more"),
                          HasSubstr("token.module: 'hsm.so' must be a full path")));
}

TEST(LoadSettings, HasASocketForMetricsWhereOneIsNamed) {
  const SmallData data;
  EXPECT_EQ(load_settings(data.path("daemon.toml"))->metrics_socket, "");
  data.replace("daemon.toml", "log_level = \"debug\"", "metrics_socket = \"m.sock\"");
  EXPECT_EQ(load_settings(data.path("daemon.toml"))->metrics_socket, data.path("m.sock"));
  data.replace("daemon.toml", "m.sock", std::string(200, 'm'));
  EXPECT_THAT(data.settings_faults(), ElementsAre(HasSubstr("metrics_socket: is longer than the 107 bytes")));
}

TEST(LoadSettings, HasDefaultsForRetryAndLogLevelOnly) {
  const SmallData data;
  data.replace("daemon.toml", "log_level = \"debug\"\n", "");
  data.replace("daemon.toml", "[retry]\nfirst = \"3s\"\ncap = \"2h\"\n", "");
  const auto settings = load_settings(data.path("daemon.toml"));
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->log_level, "info");
  EXPECT_EQ(settings->retry.first, core::RetryPolicy{}.first);
  EXPECT_EQ(settings->retry.cap, core::RetryPolicy{}.cap);
}

struct SpoiltSetting {
  std::string name;
  std::string from;
  std::string to;
  std::string fault;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for it
void PrintTo(const SpoiltSetting& spoilt, std::ostream* out) { *out << spoilt.name; }

class SettingsFault : public ::testing::TestWithParam<SpoiltSetting> {};

TEST_P(SettingsFault, IsReportedAloneAndAtItsPlace) {
  const SmallData data;
  data.replace("daemon.toml", GetParam().from, GetParam().to);
  EXPECT_THAT(data.settings_faults(), ElementsAre("daemon.toml:" + GetParam().fault));
}

const std::string kDuration = "' must be a whole number and s, m, h or d, at most a year";

INSTANTIATE_TEST_SUITE_P(
    Each, SettingsFault,
    ::testing::Values(
        SpoiltSetting{
            "UnknownKey", "log_level", "loglevel",
            "12: loglevel: unknown key; known here: administrator, authority, checkpoint_file, data_directory, "
            "desk_socket, "
            "keys_directory, label_policy, log_level, metrics_socket, number_prefix, party, party_status, peer_listen, "
            "retry, "
            "revocation, state_directory, token"},
        SpoiltSetting{"UnknownKeyInTable", "cap", "last", "16: retry.last: unknown key; known here: cap, first"},
        SpoiltSetting{"MissingKey", "keys_directory = \"/keys\"\n", "", "1: keys_directory: is missing"},
        SpoiltSetting{"AuthorityMalformed", "\"cn-one\"\nparty", "\"CN One\"\nparty",
                      "1: authority: 'CN One' must be the id of an authority, written like cn-example"},
        SpoiltSetting{"PartyMalformed", "\"CN\"\nnumber", "\"China\"\nnumber",
                      "2: party: 'China' must be a Party: two capital letters"},
        SpoiltSetting{"PrefixMalformed", "\"CN\"\nlabel", "\"C-N\"\nlabel",
                      "3: number_prefix: 'C-N' must be two to eight capital letters, and not IN"},
        SpoiltSetting{"PrefixWithADigit", "\"CN\"\nlabel", "\"CN1\"\nlabel",
                      "3: number_prefix: 'CN1' must be two to eight capital letters, and not IN"},
        SpoiltSetting{"PrefixOfOneLetter", "\"CN\"\nlabel", "\"C\"\nlabel",
                      "3: number_prefix: 'C' must be two to eight capital letters, and not IN"},
        SpoiltSetting{"PrefixOfWhatComesIn", "\"CN\"\nlabel", "\"IN\"\nlabel",
                      "3: number_prefix: 'IN' must be two to eight capital letters, and not IN"},
        SpoiltSetting{"EndpointWithoutPort", "127.0.0.1:8443", "127.0.0.1",
                      "11: peer_listen: '127.0.0.1' must be host:port, an IPv6 address in brackets"},
        SpoiltSetting{"PortTooHigh", "8443", "65536",
                      "11: peer_listen: '127.0.0.1:65536' must be host:port, an IPv6 address in brackets"},
        SpoiltSetting{"UnknownLogLevel", "\"debug\"", "\"trace\"",
                      "12: log_level: 'trace' must be one of error, warning, info, debug"},
        SpoiltSetting{"SocketPathTooLong", "/run/desk.sock", "/run/" + std::string(103, 'x'),
                      "10: desk_socket: is longer than the 107 bytes the path of a Unix socket can have"},
        SpoiltSetting{"DurationWithoutUnit", "3s", "3", "15: retry.first: '3" + kDuration},
        SpoiltSetting{"DurationZero", "3s", "0s", "15: retry.first: '0s" + kDuration},
        SpoiltSetting{"DurationNegative", "3s", "-3s", "15: retry.first: '-3s" + kDuration},
        SpoiltSetting{"DurationTooLong", "2h", "367d", "16: retry.cap: '367d" + kDuration},
        SpoiltSetting{"CapShorterThanFirst", "2h", "2s", "16: retry.cap: must not be shorter than first"},
        SpoiltSetting{"CheckpointInTheStore", "\"checkpoint\"", "\"state/checkpoint\"",
                      "13: checkpoint_file: must stand outside state_directory: an older copy of that would bring an "
                      "older one"},
        SpoiltSetting{"NumberForText", "\"debug\"", "3", "12: log_level: must be text"}),
    [](const auto& each) { return each.param.name; });

TEST(LoadSettings, TakesTheLongestSocketPathThereIs) {
  const SmallData data;
  data.replace("daemon.toml", "/run/desk.sock", "/run/" + std::string(102, 'x'));
  EXPECT_THAT(data.settings_faults(), IsEmpty());
}

TEST(LoadSettings, ReportsAFileThatIsNotThere) {
  const SmallData data;
  data.remove("daemon.toml");
  EXPECT_THAT(data.settings_faults(), ElementsAre("daemon.toml: is no file that can be read"));
}

TEST(Load, GivesSettingsAndBookTogether) {
  const SmallData data;
  const auto all = load(data.path("daemon.toml"));
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->settings.authority, "cn-one");
  EXPECT_NE(all->book.find("one"), nullptr);
}

TEST(Load, FindsALabelPolicyThatIsNotInTheData) {
  const SmallData data;
  data.replace("daemon.toml", "label_policy = \"cn-one\"", "label_policy = \"cn-two\"");
  EXPECT_THAT(data.all_faults(), ElementsAre("daemon.toml:4: label_policy: 'cn-two' is no policy of this data"));
}

TEST(Load, FindsALabelPolicyOfAnotherParty) {
  const SmallData data;
  data.replace("daemon.toml", "label_policy = \"cn-one\"", "label_policy = \"ru-one\"");
  EXPECT_THAT(data.all_faults(), ElementsAre("daemon.toml:4: label_policy: 'ru-one' belongs to RU"));
}

TEST(Load, FindsAPartyNoAgreementNames) {
  const SmallData data;
  data.replace("daemon.toml", "party = \"CN\"", "party = \"UZ\"");
  EXPECT_THAT(data.all_faults(), ElementsAre("daemon.toml:2: party: 'UZ' is a Party to no agreement of this data",
                                             "daemon.toml:4: label_policy: 'cn-one' belongs to CN"));
}

TEST(Load, ReportsFaultsOfSettingsAndDataTogether) {
  const SmallData data;
  data.replace("daemon.toml", "\"debug\"", "\"trace\"");
  data.replace("labels/cn-one.toml", "rank = 5", "rank = 0");
  EXPECT_THAT(data.all_faults(), ElementsAre(HasSubstr("log_level"), HasSubstr("class[2].rank")));
}

TEST(Load, LoadsTheExampleThatIsShipped) {
  const auto all = load(std::string(CHANCERY_SOURCE_DIR) + "/config/daemon.example.toml");
  ASSERT_TRUE(all.has_value()) << to_string(all.error().front());
  EXPECT_EQ(all->settings.authority, "cn-example");
  EXPECT_EQ(all->settings.retry.first, core::RetryPolicy{}.first);
  EXPECT_EQ(all->settings.retry.cap, core::RetryPolicy{}.cap);
}

}  // namespace
}  // namespace chancery::config
