// Lists made by `openssl ca`, as those who keep an anchor make them.
#include "crypto/revocation_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

constexpr const char* kSettings =
    "[ca]\ndefault_ca = lists\n[lists]\ndatabase = index\ncrlnumber = number\nprivate_key = anchor.key\n"
    "certificate = anchor.pem\ndefault_md = sha256\ndefault_crl_days = 1\n[partial]\n"
    "issuingDistributionPoint = critical,@point\n[point]\nonlyuser = TRUE\n";

class RevocationListOf : public testing::Test {
 public:
  ~RevocationListOf() override { std::filesystem::remove_all(directory_); }

 protected:
  RevocationListOf() {
    auto pattern = (std::filesystem::temp_directory_path() / "chancery-crl-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    write("ca.cnf", kSettings);
    write("index", "");
    write("number", "01\n");
    write("anchor.pem", authority.anchor.pem());
    write("anchor.key", std::string(as_text(authority.anchor_key.to_pem().view())));
    write("leaf.pem", authority.certificate.pem());
  }

  void write(const std::string& name, const std::string& text) const { std::ofstream(directory_ / name) << text; }
  [[nodiscard]] Bytes read(const std::string& name) const {
    std::ifstream in(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void openssl(const std::string& arguments) const {
    const auto command = "cd '" + directory_.string() + "' && openssl " + arguments + " >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << arguments;  // NOLINT(concurrency-mt-unsafe)
  }
  [[nodiscard]] Result<RevocationList> list() const {
    openssl("ca -config ca.cnf -gencrl -out list.pem");
    return RevocationList::from_file(read("list.pem"));
  }

  Authority authority = make_authority();

 private:
  std::filesystem::path directory_;
};

TEST_F(RevocationListOf, SaysNothingOfACertificateThatIsNotRevoked) {
  const auto empty = list();
  ASSERT_TRUE(empty.has_value()) << empty.error().detail;
  EXPECT_TRUE(empty->issued_by(authority.anchor));
  EXPECT_FALSE(empty->issued_by(authority.certificate));
  EXPECT_EQ(empty->find(authority.certificate), nullptr);
  EXPECT_EQ(empty->next_update(), empty->this_update() + days(1));
}

TEST_F(RevocationListOf, SaysSinceWhenAndWhetherTheKeyIsLost) {
  openssl("ca -config ca.cnf -revoke leaf.pem -crl_reason superseded");
  const auto revoked = list();
  ASSERT_TRUE(revoked.has_value());
  const auto* entry = revoked->find(authority.certificate);
  ASSERT_NE(entry, nullptr);
  EXPECT_FALSE(entry->compromised);
  EXPECT_LE(entry->since, revoked->this_update());
}

TEST_F(RevocationListOf, DatesACompromiseFromWhenTheKeyWasLost) {
  openssl("ca -config ca.cnf -revoke leaf.pem -crl_compromise 20260102030405Z");
  const auto revoked = list();
  ASSERT_TRUE(revoked.has_value());
  const auto* entry = revoked->find(authority.certificate);
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(entry->compromised);
  EXPECT_EQ(entry->since, parse_instant("2026-01-02T03:04:05.000Z").value());
}

TEST_F(RevocationListOf, ReadsDerAndNothingBehindIt) {
  const auto pem = list();
  ASSERT_TRUE(pem.has_value());
  openssl("crl -in list.pem -outform DER -out list.der");
  auto der = read("list.der");
  EXPECT_EQ(RevocationList::from_file(der)->digest(), pem->digest());
  der.push_back(0);
  EXPECT_EQ(RevocationList::from_file(der).error().code, Errc::malformed);
  EXPECT_EQ(RevocationList::from_file(as_bytes("no list")).error().code, Errc::malformed);
}

// Else what a second one revokes would hold for nobody, and nobody would be told.
TEST_F(RevocationListOf, StandsAloneInItsFile) {
  const auto one = list();
  ASSERT_TRUE(one.has_value());
  const auto bytes = read("list.pem");
  const std::string pem(as_text(bytes));
  for (const auto& whole : {"of an anchor\n" + pem, pem + "\r\n \t\n"}) {
    const auto read = RevocationList::from_file(as_bytes(whole));
    ASSERT_TRUE(read.has_value()) << whole << read.error().detail;
    EXPECT_EQ(read->digest(), one->digest());
  }
  openssl("crl -in list.pem -text -out text.pem");
  EXPECT_EQ(RevocationList::from_file(read("text.pem"))->digest(), one->digest());
  for (const auto& more : {pem + pem, pem + "text", authority.anchor.pem() + pem, pem + authority.anchor.pem(),
                           "in a line " + pem, pem.substr(0, pem.size() / 2), pem.substr(0, pem.size() / 2) + pem}) {
    const auto read = RevocationList::from_file(as_bytes(more));
    ASSERT_FALSE(read.has_value()) << more;
    EXPECT_EQ(read.error().code, Errc::malformed) << more;
  }
}

// RFC 5280 section 5.3. The list is taken apart by hand, for `openssl ca` writes no such entry.
TEST_F(RevocationListOf, IsRefusedWithACriticalEntryExtensionThatIsNotUnderstood) {
  openssl("ca -config ca.cnf -revoke leaf.pem -crl_compromise 20260102030405Z");
  const auto known = list();
  ASSERT_TRUE(known.has_value());
  Bytes der(known->der().begin(), known->der().end());
  // The reason (id-ce 21) and the invalidity date behind it, 12 and 26 bytes.
  const auto reason = to_bytes(std::string("\x30\x0a\x06\x03\x55\x1d\x15\x04\x03\x0a\x01\x01", 12));
  const auto at = std::search(der.begin(), der.end(), reason.begin(), reason.end());
  ASSERT_GE(der.end() - at, 38);
  // The reason once more, critical, and something that is not (id-ce 98).
  const auto other = to_bytes(std::string("\x30\x0d\x06\x03\x55\x1d\x15\x01\x01\xff\x04\x03\x0a\x01\x01", 15) +
                              std::string("\x30\x15\x06\x03\x55\x1d\x62\x04\x0e", 9) + std::string(14, 'x'));
  std::copy(other.begin(), other.end(), at);
  const auto understood = RevocationList::from_der(der);
  ASSERT_TRUE(understood.has_value()) << understood.error().detail;
  EXPECT_TRUE(understood->find(authority.certificate)->compromised);
  at[6] = 99;
  EXPECT_EQ(RevocationList::from_der(der).error().code, Errc::malformed);
  at[6] = 21;
  at[12] = 5;  // no ENUMERATED
  EXPECT_EQ(RevocationList::from_der(der).error().code, Errc::malformed);
}

TEST_F(RevocationListOf, IsRefusedWhenItIsForSomeCertificatesOnly) {
  openssl("ca -config ca.cnf -gencrl -crlexts partial -out list.pem");
  EXPECT_EQ(RevocationList::from_file(read("list.pem")).error().code, Errc::malformed);
}

TEST_F(RevocationListOf, IsNobodysWhenAByteIsChanged) {
  const auto whole = list();
  ASSERT_TRUE(whole.has_value());
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < whole->der().size(); ++i) {
    Bytes changed(whole->der().begin(), whole->der().end());
    changed[i] ^= 1;
    const auto other = RevocationList::from_der(changed);
    if (other.has_value() && other->issued_by(authority.anchor)) ++accepted;
  }
  EXPECT_EQ(accepted, 0U);
}

}  // namespace
}  // namespace chancery::crypto
