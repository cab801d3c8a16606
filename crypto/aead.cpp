#include "crypto/aead.h"

#include <algorithm>
#include <limits>

#include "crypto/openssl.h"

namespace chancery::crypto {
namespace {

constexpr std::size_t kMaxStep = 1U << 30U;  // EVP_CipherUpdate counts in int

// Fetched once; OpenSSL clears it at exit.
const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return cipher;
}

// One run of the cipher, on the context of this thread. The key schedule is wiped at the end.
class Run {
 public:
  Run(bool encrypt, BytesView key, const Nonce& nonce, BytesView aad) {
    if (key.size() != kAeadKeySize) bug("AES-256-GCM: key size");
    if (EVP_CipherInit_ex2(context(), aes_256_gcm(), key.data(), nonce.data(), encrypt ? 1 : 0, nullptr) != 1)
      bug("AES-256-GCM is not available");
    update(nullptr, aad);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { EVP_CIPHER_CTX_reset(context()); }

  void update(std::uint8_t* out, BytesView in) {
    while (!in.empty()) {
      const auto step = in.first(std::min(in.size(), kMaxStep));
      int written = 0;
      if (EVP_CipherUpdate(context(), out, &written, step.data(), static_cast<int>(step.size())) != 1)
        bug("AES-256-GCM failed");
      if (out != nullptr) out += step.size();
      in = in.subspan(step.size());
    }
  }
  bool finish() {
    std::uint8_t none = 0;
    int written = 0;
    return EVP_CipherFinal_ex(context(), &none, &written) == 1;
  }
  void tag(int operation, std::uint8_t* bytes) {
    if (EVP_CIPHER_CTX_ctrl(context(), operation, kAeadTagSize, bytes) != 1) bug("AES-256-GCM: tag");
  }

 private:
  static EVP_CIPHER_CTX* context() {
    thread_local const CipherContext context(EVP_CIPHER_CTX_new());
    return context.get();
  }
};

}  // namespace

Bytes aead_seal(BytesView key, const Nonce& nonce, BytesView aad, BytesView plaintext) {
  Bytes out(plaintext.size() + kAeadTagSize);
  Run run(true, key, nonce, aad);
  run.update(out.data(), plaintext);
  if (!run.finish()) bug("AES-256-GCM failed");
  run.tag(EVP_CTRL_AEAD_GET_TAG, out.data() + plaintext.size());
  return out;
}

Result<SecretBytes> aead_open(BytesView key, const Nonce& nonce, BytesView aad, BytesView ciphertext) {
  if (ciphertext.size() < kAeadTagSize) return fail(Errc::unauthenticated, "AES-256-GCM: shorter than its tag");
  const QuietErrors quiet;
  const auto body = ciphertext.first(ciphertext.size() - kAeadTagSize);
  std::array<std::uint8_t, kAeadTagSize> tag{};
  std::copy_n(ciphertext.end() - kAeadTagSize, kAeadTagSize, tag.begin());
  SecretBytes out(body.size());
  Run run(false, key, nonce, aad);
  run.update(out.mutable_view().data(), body);
  run.tag(EVP_CTRL_AEAD_SET_TAG, tag.data());
  if (!run.finish()) return fail(Errc::unauthenticated, "AES-256-GCM: does not open");
  return out;
}

}  // namespace chancery::crypto
