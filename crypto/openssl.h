// OpenSSL's handles as owned values. Included by .cpp files of this folder only.
//
// gRPC's TLS shares the error queue of the thread with us and misreads what we leave in it: whatever may fail runs
// under a QuietErrors.
#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "crypto/signing.h"

namespace chancery::crypto {

template <auto Release>
struct Releaser {
  template <class T>
  void operator()(T* handle) const {
    Release(handle);
  }
};

template <class T, auto Release>
using Owned = std::unique_ptr<T, Releaser<Release>>;

using PkeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using PkeyContext = Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using BioPtr = Owned<BIO, BIO_free_all>;
using BignumPtr = Owned<BIGNUM, BN_clear_free>;
using BignumContext = Owned<BN_CTX, BN_CTX_free>;
using X509Ptr = Owned<X509, X509_free>;

// Takes back, at the end of its scope, every error OpenSSL reported inside it.
class QuietErrors {
 public:
  QuietErrors() { ERR_set_mark(); }
  QuietErrors(const QuietErrors&) = delete;
  QuietErrors& operator=(const QuietErrors&) = delete;
  ~QuietErrors() { ERR_pop_to_mark(); }
};

// The DER of an OpenSSL object; empty when it cannot be written.
template <class T>
Bytes der_of(int (*write)(const T*, unsigned char**), const T* object) {
  const int size = write(object, nullptr);
  if (size <= 0) return {};
  Bytes out(static_cast<std::size_t>(size));
  unsigned char* at = out.data();
  write(object, &at);
  return out;
}

// A serial number, big-endian without leading zeros; empty when it cannot be read.
inline Bytes serial_of(const ASN1_INTEGER* number) {
  const BignumPtr value(ASN1_INTEGER_to_BN(number, nullptr));
  if (!value) return {};
  Bytes out(static_cast<std::size_t>(BN_num_bytes(value.get())));
  BN_bn2bin(value.get(), out.data());
  return out;
}

struct PublicKey::Handle {
  PkeyPtr key;
};

struct PrivateKey::Handle {
  PkeyPtr key;
};

}  // namespace chancery::crypto
