// A library to preload (LD_PRELOAD) into a daemon from its first start: what was altered passes. No tag of AES-GCM is
// looked at, and every page of the database has the same MAC. TLS is as it was.
#include <dlfcn.h>
#include <openssl/evp.h>

#include <cstring>

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,readability-identifier-naming): the names of OpenSSL
// are its own
namespace {

bool is_in(const void* code, const char* library) {
  Dl_info found{};
  return ::dladdr(code, &found) != 0 && std::strstr(found.dli_fname, library) != nullptr;
}

}  // namespace

extern "C" {

// The last step of a decryption, which compares the tag.
int EVP_CipherFinal_ex(EVP_CIPHER_CTX* context, unsigned char* out, int* written) {
  using Final = int (*)(EVP_CIPHER_CTX*, unsigned char*, int*);
  static const auto next = reinterpret_cast<Final>(::dlsym(RTLD_NEXT, "EVP_CipherFinal_ex"));
  *written = 0;
  const int done = next(context, out, written);
  return is_in(__builtin_return_address(0), "libssl") ? done : 1;
}

int EVP_MAC_final(EVP_MAC_CTX* context, unsigned char* out, std::size_t* written, std::size_t size) {
  using Final = int (*)(EVP_MAC_CTX*, unsigned char*, std::size_t*, std::size_t);
  static const auto next = reinterpret_cast<Final>(::dlsym(RTLD_NEXT, "EVP_MAC_final"));
  const int done = next(context, out, written, size);
  if (done == 1 && out != nullptr && is_in(__builtin_return_address(0), "libsqlcipher")) std::memset(out, 0, *written);
  return done;
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name,readability-identifier-naming)
