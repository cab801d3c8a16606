#include "tests/unit/proto/example.h"

#include "crypto/batch.h"
#include "crypto/hpke.h"
#include "crypto/sealing.h"
#include "daemon/core/message.h"
#include "daemon/wire/body.h"

namespace chancery::test {

namespace {

// Chance that counts: byte n is n mod 256, so that anybody can repeat the example.
class CountingRandom final : public crypto::RandomSource {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

// The ephemeral key of the P-256 vector of RFC 9180 (A.3.1), as PKCS#8; here the recipient's key as well.
constexpr const char* kEphemeral =
    "-----BEGIN PRIVATE KEY-----\n"
    "MEECAQAwEwYHKoZIzj0CAQYIKoZIzj0DAQcEJzAlAgEBBCBJlXiO9LnWEysknOWa\n"
    "dygUk+s5rzc9I2of5BXLDC176w==\n"
    "-----END PRIVATE KEY-----\n";

std::string code(const std::string& text) { return "```\n" + text + "```\n"; }

std::string line(const std::string& name, const std::string& value) { return name + " " + value + "\n"; }

core::Message message() {
  core::Message m;
  m.originator = "cn-example";
  m.recipients = {"ru-example"};
  m.agreement = "sco-2009";
  m.agreement_version = 1;
  m.kind = "threat-notice";
  m.directions = {"sco-2009/3/16", "sco-2009/3/5"};
  m.threats = {"sco-2009/2/3"};
  m.labels = {{"cn-example", 1, "restricted", "", {}}};
  m.label_policy = crypto::sha256(as_bytes("example policy"));
  m.precedence = core::Precedence::immediate;
  m.created = parse_instant("2026-11-22T06:00:03.125Z").value();
  m.providers = {"cn-example"};
  m.languages = {"ru"};
  return m;
}

}  // namespace

std::string worked_example() {
  CountingRandom random;
  auto m = message();
  // Part{registry_number{number: "CN-2026-0142"}} behind the officer's Part{text{...}}, as protobuf writes them.
  const auto text_part = parse_hex("0a150a02727510011a0454657374220774657374696e67").value();
  const std::vector<Bytes> parts = {text_part, wire::registry_part("CN-2026-0142")};
  const auto plan = core::plan_digest(m, std::vector<Digest>{crypto::sha256(text_part)});
  m.parts = 2;
  const auto header = core::header_digest(m.to_text());
  const auto sealed = crypto::seal_body(parts, header, random).value();
  m.body_root = sealed.commitments.body_root;
  m.cek_commit = sealed.commitments.cek_commit;
  m.cipher_root = sealed.commitments.cipher_root;

  const auto ephemeral = crypto::KemPrivateKey::from_pem(as_bytes(kEphemeral)).value();
  const auto& recipient = ephemeral.public_key();  // one key pair is enough for an example
  auto context =
      crypto::HpkeSender::create_with(recipient, crypto::wrap_info(m.originator, recipient.id()), ephemeral).value();
  const auto wrap = crypto::wrap_key(context, recipient.id(), sealed.content_key.view(), header).value().to_bytes();
  m.wraps = crypto::sha256(wrap);

  const auto statement = m.to_text();
  const auto leaf = core::statement_digest(statement);
  const crypto::BatchStatement batch{"cn-example", crypto::Suite::p256, m.created + Duration{5}, 1, leaf};
  const crypto::BatchSignature signature{crypto::Suite::p256,
                                         crypto::sha256(as_bytes("example certificate")),
                                         batch.created.ms / 1000,
                                         {},
                                         batch.to_text()};
  std::string out;
  out +=
      "Random bytes count up from 00: first the content key, then the salts. The seal key and the ephemeral key are "
      "both "
      "the private scalar "
      "`4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb` of RFC 9180 A.3.1.\n\n";
  out += "The two parts, serialized; the plan over the first:\n\n";
  out += code(line("part 0", to_hex(parts[0])) + line("part 1", to_hex(parts[1])) + line("plan", to_string(plan)));
  out += "\nHeader digest, content key, ciphertexts:\n\n";
  out +=
      code(line("header", to_string(header)) + line("content key", to_hex(sealed.content_key.view())) +
           line("ciphertext 0", to_hex(sealed.ciphertexts[0])) + line("ciphertext 1", to_hex(sealed.ciphertexts[1])));
  out += "\nThe wrap: key id, enc, sequence, length, ciphertext:\n\n";
  out += code(line("wrap", to_hex(wrap)));
  out += "\nThe statement, its leaf and its id:\n\n";
  out += code(statement);
  out += "\n" + code(line("leaf", to_string(leaf)) + line("id", to_string(core::message_id(statement, m.created))));
  out += "\nA batch of one: the root is the leaf. What is signed, with SHA-256(\"example certificate\") as key id:\n\n";
  out += code(batch.to_text());
  out += "\n" + code(line("signed attributes", to_hex(crypto::signed_attributes(signature))));
  return out;
}

}  // namespace chancery::test
