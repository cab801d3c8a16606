// Against SoftHSM, which is set up by its own tools and OpenSC's, and against `openssl` where a signature is judged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <openssl/err.h>

#include "crypto/token.h"
#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";
constexpr const char* kPin = "271828";

// RTLD_DEEPBIND, with which the provider loads a library, ends a process under these sanitizers.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CHANCERY_NO_DEEPBIND 1
#endif
#endif

bool run(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

// One token for the process: the library reads its settings once.
class Token {
 public:
  Token() {
    auto pattern = (fs::temp_directory_path() / "chancery-token-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directory(folder_ / "tokens");
    std::ofstream(folder_ / "softhsm2.conf")
        << "directories.tokendir = " << tokens().string() << "\nobjectstore.backend = file\nlog.level = ERROR\n";
    ::setenv("SOFTHSM2_CONF", (folder_ / "softhsm2.conf").c_str(), 1);
    made_ = run("softhsm2-util --init-token --free --label chancery --pin 271828 --so-pin 31415926") &&
            make("EC:prime256v1", "sign", "01") && make("EC:edwards25519", "edwards", "02") &&
            make("EC:secp384r1", "large", "03") && make("EC:prime256v1", "alone", "04") &&
            make("EC:prime256v1", "twin", "05") && make("EC:prime256v1", "twin", "06") &&
            tool("--login --pin 271828 --delete-object --type pubkey --label alone");
    put("pin", kPin);
  }
  ~Token() { fs::remove_all(folder_); }
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  static Token& instance() {
    static Token token;
    return token;
  }
  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] fs::path tokens() const { return folder_ / "tokens"; }
  [[nodiscard]] fs::path away() const { return folder_ / "away"; }
  std::string put(const std::string& name, const std::string& text, fs::perms mode = fs::perms(0600)) const {
    std::ofstream(folder_ / name) << text << "\n";
    fs::permissions(folder_ / name, mode);
    return folder_ / name;
  }
  [[nodiscard]] TokenKeyPlace place(const std::string& object = "sign") const {
    return {"pkcs11:token=chancery;object=" + object, kModule, folder_ / "pin"};
  }
  static bool tool(const std::string& words) {
    return run(std::string("pkcs11-tool --module ") + kModule + " --token-label chancery " + words);
  }

 private:
  static bool make(const std::string& type, const std::string& label, const std::string& id) {
    return tool("--login --pin 271828 --keypairgen --usage-sign --key-type " + type + " --label " + label + " --id " +
                id);
  }

  fs::path folder_;
  bool made_ = false;
};

class TokenSignerTest : public testing::Test {
 protected:
  void SetUp() override {
#ifdef CHANCERY_NO_DEEPBIND
    GTEST_SKIP() << "the provider cannot load a library under the sanitizers";
#endif
    if (!fs::exists(kModule) || !run("command -v pkcs11-tool softhsm2-util") ||
        !fs::exists("/usr/lib/x86_64-linux-gnu/ossl-modules/pkcs11.so"))
      GTEST_SKIP() << "softhsm2, opensc or pkcs11-provider is not installed: ./run setup";
    ASSERT_TRUE(Token::instance().made());
  }
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0U) << "an error was left for gRPC to find"; }
  static Error refusal(const TokenKeyPlace& place) {
    const auto signer = TokenSigner::open(place);
    return signer.has_value() ? Error{Errc::internal, "it opened"} : signer.error();
  }
};

TEST_F(TokenSignerTest, SignsInEachSuiteWhatItsPublicKeyVerifies) {
  for (const auto& [object, suite] : {std::pair{"sign", Suite::p256}, std::pair{"edwards", Suite::ed25519}}) {
    auto signer = TokenSigner::open(Token::instance().place(object));
    ASSERT_TRUE(signer.has_value()) << signer.error().detail;
    EXPECT_EQ((*signer)->suite(), suite);
    const auto message = as_bytes("what is signed");
    const auto signature = (*signer)->sign(message);
    ASSERT_TRUE(signature.has_value()) << signature.error().detail;
    EXPECT_TRUE((*signer)->public_key().verify(message, *signature));
    EXPECT_FALSE((*signer)->public_key().verify(as_bytes("another"), *signature));
  }
}

// As openssl has it from the public half that the token gives out.
TEST_F(TokenSignerTest, SignsWhatOpensslVerifies) {
  auto signer = TokenSigner::open(Token::instance().place());
  ASSERT_TRUE(signer.has_value()) << signer.error().detail;
  const auto message = Token::instance().put("message", "what is signed");
  const auto signature = (*signer)->sign(as_bytes("what is signed\n")).value();
  const auto file = Token::instance().put("signature", "");
  std::ofstream(file, std::ios::binary) << as_text(signature);
  const auto key = file + ".pub";
  ASSERT_TRUE(Token::tool("--read-object --type pubkey --label sign --output-file " + key));
  const auto verify =
      "openssl pkeyutl -verify -pubin -keyform DER -inkey " + key + " -rawin -digest sha256 -sigfile " + file;
  EXPECT_TRUE(run(verify + " -in " + message));
  EXPECT_FALSE(run(verify + " -in " + key));
}

TEST_F(TokenSignerTest, SaysWhatIsWrong) {
  const auto& token = Token::instance();
  const auto with = [&](auto change) {
    auto place = token.place();
    change(place);
    return refusal(place);
  };
  struct Row {
    Error got;
    Errc code;
    const char* says;
  };
  const std::vector<Row> rows = {
      {with([&](auto& p) { p.pin_file = token.put("wrong", "000000"); }), Errc::unauthenticated, "refuses the PIN"},
      {with([&](auto& p) { p.pin_file = token.put("none", ""); }), Errc::malformed, "no PIN in its first line"},
      {with([&](auto& p) { p.pin_file = token.put("open", kPin, fs::perms(0644)); }), Errc::forbidden, "mode must be"},
      {with([&](auto& p) { p.pin_file += ".missing"; }), Errc::not_found, "pin.missing"},
      {refusal(token.place("nothing")), Errc::not_found, "no such private key"},
      {refusal(token.place("alone")), Errc::not_found, "no public key with the id"},
      {refusal(token.place("large")), Errc::malformed, "neither a P-256 key nor an Ed25519 key"},
      {refusal(token.place("twin")), Errc::malformed, "names more than one key"},
      {with([](auto& p) { p.uri = "pkcs11:token=other;object=sign"; }), Errc::unavailable, "no such token"},
      {with([](auto& p) { p.module = "/nowhere/module.so"; }), Errc::not_found, "/nowhere/module.so"},
      {with([](auto& p) { p.module = "/lib/x86_64-linux-gnu/libc.so.6"; }), Errc::malformed, "not a PKCS#11 library"},
      {with([](auto& p) { p.module = "/a\nactivate = 0"; }), Errc::malformed, "not a plain full path"},
      {with([](auto& p) { p.uri += "?pin-value=271828"; }), Errc::malformed, "not a pkcs11: URI"}};
  for (const auto& row : rows) {
    EXPECT_EQ(row.got.code, row.code) << row.got.detail;
    EXPECT_THAT(row.got.detail, HasSubstr(row.says));
    EXPECT_THAT(row.got.detail, testing::Not(HasSubstr("000000")));
  }
}

TEST_F(TokenSignerTest, SignsNothingWhileTheTokenIsAwayAndGoesOnWhenItIsBack) {
  const auto& token = Token::instance();
  std::vector<bool> told;
  auto signer = TokenSigner::open(token.place(), [&](const Error* lost) { told.push_back(lost != nullptr); });
  ASSERT_TRUE(signer.has_value()) << signer.error().detail;
  const auto message = as_bytes("what is signed");
  fs::rename(token.tokens(), token.away());
  fs::create_directory(token.tokens());
  for (int i = 0; i < 2; ++i) {
    const auto refused = (*signer)->sign(message);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, Errc::unavailable);
    (*signer)->look();
    EXPECT_FALSE((*signer)->reachable());
  }
  fs::remove(token.tokens());
  fs::rename(token.away(), token.tokens());
  (*signer)->look();
  EXPECT_TRUE((*signer)->reachable());
  EXPECT_TRUE((*signer)->public_key().verify(message, (*signer)->sign(message).value()));
  EXPECT_EQ(told, (std::vector<bool>{true, false}));
}

// Three wrong ones lock many tokens.
TEST_F(TokenSignerTest, TriesAPinThatWasRefusedOnce) {
  const auto& token = Token::instance();
  auto place = token.place();
  place.pin_file = token.put("changing", kPin);
  auto signer = TokenSigner::open(place);
  ASSERT_TRUE(signer.has_value()) << signer.error().detail;
  fs::rename(token.tokens(), token.away());
  EXPECT_FALSE((*signer)->sign(as_bytes("one")).has_value());
  fs::rename(token.away(), token.tokens());
  token.put("changing", "000000");
  EXPECT_THAT((*signer)->sign(as_bytes("two")).error().detail, HasSubstr("refuses the PIN"));
  token.put("changing", kPin);
  EXPECT_THAT((*signer)->sign(as_bytes("three")).error().detail, HasSubstr("not tried again"));
  EXPECT_TRUE(TokenSigner::open(place).has_value());
}

TEST(TokenUri, NamesAKeyAndHoldsNoPin) {
  EXPECT_TRUE(is_token_uri("pkcs11:token=chancery;object=sign"));
  EXPECT_TRUE(is_token_uri("pkcs11:serial=0123;id=%01"));
  EXPECT_TRUE(is_token_uri("pkcs11:model=a%20b;manufacturer=c;token=d;object=e(1)"));
  for (const auto* rest : {"?pin-value=1", ";type=public", ";pin-source=/pin", ";pin-value=1", ";PIN-VALUE=1",
                           ";pin%2Dvalue=1", "#1", ";x=1", ";", ";id", ";id=", " b", "\n", "|b", "\"b"})
    EXPECT_FALSE(is_token_uri(std::string("pkcs11:token=a;object=b") + rest)) << rest;
  for (const auto* text : {"", "pkcs11:", "pkcs11", "file:token=a;object=b", "pkcs11:object=b", "pkcs11:token=a",
                           "pkcs11:;token=a;object=b"})
    EXPECT_FALSE(is_token_uri(text)) << text;
}

}  // namespace
}  // namespace chancery::crypto
