// What an auditor does with nothing but the openssl command line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "crypto/checkpoint.h"
#include "crypto/cms_export.h"
#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

using testing::HasSubstr;

struct Outcome {
  int status;
  std::string output;
};

class OpensslCommand : public testing::Test {
 public:
  ~OpensslCommand() override { std::filesystem::remove_all(directory_); }

 protected:
  OpensslCommand() {
    auto pattern = (std::filesystem::temp_directory_path() / "chancery-openssl-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }

  void write(const char* name, BytesView bytes) const {
    std::ofstream(directory_ / name, std::ios::binary) << as_text(bytes);
  }
  [[nodiscard]] std::string read(const char* name) const {
    std::ifstream in(directory_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // In the directory of the files, both streams.
  [[nodiscard]] Outcome openssl(const std::string& arguments) const {
    const auto command = "cd '" + directory_.string() + "' && openssl " + arguments + " 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string output;
    std::array<char, 4096> chunk{};
    for (std::size_t got = 0; (got = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0;)
      output.append(chunk.data(), got);
    return {::pclose(pipe), output};
  }
  void write_certificates(const Authority& authority) const {
    write("anchor.pem", as_bytes(authority.anchor.pem()));
    write("leaf.pem", as_bytes(authority.certificate.pem()));
  }

 private:
  std::filesystem::path directory_;
};

constexpr const char* kVerifyCms =
    "cms -verify -cades -binary -inform DER -in x.p7m -purpose any -attime 1795327203 -CAfile anchor.pem -out out.txt";

class ExportedBatch : public OpensslCommand {
 protected:
  ExportedBatch() {
    SeededRandom random(11);
    const auto batch =
        sign_batch("cn-example", authority_.key, authority_.certificate.id(), some_leaves(3), kNow, random).value();
    signature_ = batch.signature;
    write_certificates(authority_);
    write("x.p7m", export_cms(signature_, authority_.certificate, authority_.anchor).value());
  }
  Authority authority_ = make_authority();
  BatchSignature signature_;
};

TEST_F(ExportedBatch, IsVerifiedAsCades) {
  const auto outcome = openssl(kVerifyCms);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("Verification successful"));
  EXPECT_EQ(read("out.txt"), signature_.statement);
}

TEST_F(ExportedBatch, ShowsItsSignedAttributes) {
  const auto outcome = openssl("cms -cmsout -print -noout -inform DER -in x.p7m");
  EXPECT_EQ(outcome.status, 0);
  for (const auto* text : {kStatementContentType, "contentType", "signingTime", "messageDigest",
                           "id-smime-aa-signingCertificateV2", "Nov 22 06:00:03 2026 GMT"})
    EXPECT_THAT(outcome.output, HasSubstr(text));
}

TEST_F(ExportedBatch, FailsWithAnyOtherStatement) {
  signature_.statement[20] = static_cast<char>(signature_.statement[20] ^ 1);
  auto file = read("x.p7m");
  const auto at = file.find("cn-example\n");
  ASSERT_NE(at, std::string::npos);
  file[at] = 'k';
  write("x.p7m", as_bytes(file));
  EXPECT_NE(openssl(kVerifyCms).status, 0);
}

TEST_F(ExportedBatch, FailsUnderAnotherAnchor) {
  write("anchor.pem", as_bytes(make_authority().anchor.pem()));
  EXPECT_NE(openssl(kVerifyCms).status, 0);
}

TEST_F(ExportedBatch, IsASignatureOverTheAttributesAlone) {
  write("attributes.der", signed_attributes(signature_));
  write("signature.bin", signature_.signature);
  write("spki.der", authority_.certificate.public_key().spki());
  const auto outcome = openssl("dgst -sha256 -verify spki.der -keyform DER -signature signature.bin attributes.der");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
}

TEST_F(OpensslCommand, FollowsTheChainOfEveryUse) {
  const std::pair<CertificateUse, const char*> uses[] = {{CertificateUse::tls, "-purpose sslserver"},
                                                         {CertificateUse::tls, "-purpose sslclient"},
                                                         {CertificateUse::tls, "-verify_hostname cn-example"},
                                                         {CertificateUse::tls, "-verify_hostname localhost"},
                                                         {CertificateUse::sign, "-purpose any"},
                                                         {CertificateUse::evidence, "-x509_strict"},
                                                         {CertificateUse::user, "-purpose sslclient"}};
  for (const auto& [use, options] : uses) {
    write_certificates(make_authority(use));
    const auto outcome = openssl(std::string("verify -attime 1795327203 -CAfile anchor.pem ") + options + " leaf.pem");
    EXPECT_EQ(outcome.status, 0) << options << outcome.output;
  }
}

TEST_F(OpensslCommand, RefusesALeafOutsideItsUse) {
  write_certificates(make_authority(CertificateUse::user));
  EXPECT_NE(openssl("verify -attime 1795327203 -CAfile anchor.pem -purpose sslserver leaf.pem").status, 0);
  write_certificates(make_authority(CertificateUse::tls));
  EXPECT_NE(openssl("verify -attime 1795327203 -CAfile anchor.pem -verify_hostname ru-example leaf.pem").status, 0);
}

TEST_F(OpensslCommand, VerifiesACheckpoint) {
  auto log = PrivateKey::generate(Suite::ed25519).value();
  const Checkpoint checkpoint{"chancery/cn-example/1", {5}, sha256(as_bytes("r")), sha256(as_bytes("m"))};
  const auto note = sign_checkpoint(checkpoint, log).value();
  const auto gap = note.find("\n\n");
  const auto line = note.substr(note.rfind(' ') + 1);
  const auto signature = parse_base64(line.substr(0, line.size() - 1)).value();
  write("text", as_bytes(note.substr(0, gap + 1)));
  write("signature", BytesView(signature).subspan(4));
  write("spki.der", log.public_key().spki());
  const std::string command = "pkeyutl -verify -rawin -pubin -keyform DER -inkey spki.der -sigfile signature -in text";
  const auto outcome = openssl(command);
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  write("text", as_bytes(note.substr(0, gap)));
  EXPECT_NE(openssl(command).status, 0);
}

// The other way round: keys and certificates that openssl made.
TEST_F(OpensslCommand, MakesKeysThatWeRead) {
  ASSERT_EQ(openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out p256.pem").status, 0);
  ASSERT_EQ(openssl("genpkey -algorithm ED25519 -out ed25519.pem").status, 0);
  EXPECT_EQ(PrivateKey::from_pem(as_bytes(read("p256.pem"))).value().suite(), Suite::p256);
  EXPECT_EQ(PrivateKey::from_pem(as_bytes(read("ed25519.pem"))).value().suite(), Suite::ed25519);
  for (const auto* other : {"EC -pkeyopt ec_paramgen_curve:P-384", "EC -pkeyopt ec_paramgen_curve:secp256k1",
                            "EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit", "X25519",
                            "RSA -pkeyopt rsa_keygen_bits:2048"}) {
    ASSERT_EQ(openssl(std::string("genpkey -out other.pem -algorithm ") + other).status, 0) << other;
    ASSERT_EQ(openssl("pkey -in other.pem -pubout -outform DER -out other.der").status, 0);
    EXPECT_FALSE(PublicKey::from_spki(as_bytes(read("other.der"))).has_value()) << other;
  }
  ASSERT_EQ(openssl("pkey -in p256.pem -aes256 -passout pass:x -out locked.pem").status, 0);
  EXPECT_EQ(PrivateKey::from_pem(as_bytes(read("locked.pem"))).error().code, Errc::malformed);
}

TEST_F(OpensslCommand, MakesAnRsaCertificateThatWeRefuse) {
  ASSERT_EQ(openssl("req -x509 -newkey rsa:2048 -nodes -keyout k.pem -subj /CN=cn-example -out rsa.pem").status, 0);
  EXPECT_EQ(Certificate::from_pem(read("rsa.pem")).error().code, Errc::malformed);
  ASSERT_EQ(
      openssl(
          "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -subj /CN=cn-example -out ec.pem")
          .status,
      0);
  const auto certificate = Certificate::from_pem(read("ec.pem")).value();
  EXPECT_EQ(certificate.common_name(), "cn-example");
  EXPECT_TRUE(certificate.issued_by(certificate));
}

}  // namespace
}  // namespace chancery::crypto
