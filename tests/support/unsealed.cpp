// A library to preload (LD_PRELOAD) into daemons from their first start: AES leaves what it is given as it is, in
// sealed parts, in files and in the database. TLS and chance, which the libraries of OpenSSL do among themselves, are
// as they were.
#include <dlfcn.h>
#include <openssl/evp.h>

#include <cstring>

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name,readability-identifier-naming): the names of OpenSSL
// are its own
extern "C" {

// Without `out` it is data that is authenticated and not sealed.
int EVP_CipherUpdate(EVP_CIPHER_CTX* context, unsigned char* out, int* written, const unsigned char* in, int size) {
  using Update = int (*)(EVP_CIPHER_CTX*, unsigned char*, int*, const unsigned char*, int);
  static const auto next = reinterpret_cast<Update>(::dlsym(RTLD_NEXT, "EVP_CipherUpdate"));
  Dl_info caller{};
  const bool foreign = ::dladdr(__builtin_return_address(0), &caller) == 0 ||
                       std::strstr(caller.dli_fname, "libssl") != nullptr ||
                       std::strstr(caller.dli_fname, "libcrypto") != nullptr;
  if (out == nullptr || foreign) return next(context, out, written, in, size);
  std::memmove(out, in, static_cast<std::size_t>(size));
  *written = size;
  return 1;
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name,readability-identifier-naming)
