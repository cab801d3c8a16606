#include "crypto/checkpoint.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

Checkpoint sample(bool with_map) {
  Checkpoint checkpoint{"chancery/cn-example/1", {1024}, sha256(as_bytes("root")), std::nullopt};
  if (with_map) checkpoint.map_root = sha256(as_bytes("map"));
  return checkpoint;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) bug("nothing to replace");
  return text.replace(at, from.size(), to);
}

TEST(CheckpointText, IsThatOfTlogCheckpoint) {
  EXPECT_EQ(sample(true).to_text(), "chancery/cn-example/1\n1024\n" + to_base64(sha256(as_bytes("root")).value) +
                                        "\nmap " + to_string(sha256(as_bytes("map"))) + "\n");
  for (const bool with_map : {false, true})
    EXPECT_EQ(Checkpoint::parse(sample(with_map).to_text()).value(), sample(with_map));
}

TEST(CheckpointText, RefusesEveryOtherSpelling) {
  const auto good = sample(true).to_text();
  for (const auto& bad :
       {std::string(), good + "\n", good + "more\n", good.substr(0, good.size() - 1), replaced(good, "1024", "01024"),
        replaced(good, "1024", "-1"), replaced(good, "1024", "18446744073709551616"), replaced(good, "1024", ""),
        replaced(good, "cn-example", "cn example"), replaced(good, "cn-example", "cn+example"),
        replaced(good, "map sha256:", "map "), replaced(good, "map ", "map  "), replaced(good, "=\n", "\n"),
        replaced(good, "chancery/cn-example/1\n", "\n")})
    EXPECT_EQ(Checkpoint::parse(bad).error().code, Errc::malformed) << bad;
}

class Note : public testing::Test {
 protected:
  [[nodiscard]] Errc refusal(const std::string& note) const {
    return open_checkpoint(note, log_.public_key()).error().code;
  }
  PrivateKey log_ = PrivateKey::generate(Suite::ed25519).value();
  PrivateKey other_ = PrivateKey::generate(Suite::ed25519).value();
  std::string note_ = sign_checkpoint(sample(true), log_).value();
};

TEST_F(Note, OpensUnderItsKeyOnly) {
  EXPECT_EQ(open_checkpoint(note_, log_.public_key()).value(), sample(true));
  EXPECT_EQ(open_checkpoint(note_, other_.public_key()).error().code, Errc::unauthenticated);
}

TEST_F(Note, RefusesAnyChangedByte) {
  for (std::size_t i = 0; i < note_.size(); ++i) {
    auto changed = note_;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_checkpoint(changed, log_.public_key()).has_value()) << i;
    EXPECT_FALSE(open_checkpoint(note_.substr(0, i), log_.public_key()).has_value()) << i;
  }
}

TEST_F(Note, PassesOverTheSignaturesOfOthers) {
  const auto cosignature = "\u2014 witness " + to_base64(Bytes(76, 7)) + "\n";
  EXPECT_TRUE(open_checkpoint(note_ + cosignature, log_.public_key()).has_value());
  EXPECT_EQ(refusal(note_ + "\n"), Errc::unauthenticated);
  EXPECT_EQ(refusal(note_ + "- witness AAAA\n"), Errc::malformed);
  EXPECT_EQ(refusal(note_ + "\u2014 witness not-base64\n"), Errc::malformed);
}

TEST_F(Note, RefusesASecondOrFalseSignatureOfThisKey) {
  const auto line = note_.substr(note_.find("\u2014"));
  EXPECT_EQ(refusal(note_ + line), Errc::unauthenticated);
}

TEST_F(Note, IsSignedUnderItsOwnOrigin) {
  // the signature line of another origin under the text of this one
  const auto text = sample(true).to_text();
  const auto hash = sha256({as_bytes("chancery/ru-example/1\n"), Bytes{1}, log_.public_key().raw()});
  const auto forged = text + "\n\u2014 chancery/ru-example/1 " +
                      to_base64(concat({hash.view().first(4), log_.sign(as_bytes(text)).value()})) + "\n";
  EXPECT_EQ(refusal(forged), Errc::unauthenticated);
}

TEST_F(Note, IsMadeByEd25519Only) {
  auto p256 = PrivateKey::generate(Suite::p256).value();
  EXPECT_EQ(sign_checkpoint(sample(true), p256).error().code, Errc::malformed);
  EXPECT_EQ(open_checkpoint(note_, p256.public_key()).error().code, Errc::unauthenticated);
}

// c2sp.org/signed-note, written out: SHA-256(name || LF || 01 || key).
TEST(NoteKeyHash, IsThatOfSignedNote) {
  auto key = PrivateKey::generate(Suite::ed25519).value();
  const auto note = sign_checkpoint(sample(false), key).value();
  const auto at = note.rfind(' ');
  const auto bytes = parse_base64(note.substr(at + 1, note.size() - at - 2)).value();
  ASSERT_EQ(bytes.size(), 68U);
  const auto expected = sha256(concat({as_bytes("chancery/cn-example/1\n\x01"), key.public_key().raw()}));
  EXPECT_EQ(to_hex(BytesView(bytes).first(4)), to_hex(expected.view().first(4)));
}

}  // namespace
}  // namespace chancery::crypto
