#include "crypto/token.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "crypto/openssl.h"

namespace chancery::crypto {
namespace {

constexpr std::string_view kScheme = "pkcs11:";
constexpr std::size_t kMaxTokenSignature = 256;
constexpr std::string_view kKeyCheck = "chancery/key-check/v1";  // signed to see that it can be; no statement begins so

using Library = Owned<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using Store = Owned<OSSL_STORE_CTX, OSSL_STORE_close>;
using StoreInfo = Owned<OSSL_STORE_INFO, OSSL_STORE_INFO_free>;
using PinMethod = Owned<UI_METHOD, UI_destroy_method>;

// A file in memory alone, for OpenSSL 3.0 gives a provider its parameters by a configuration file only.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : fd_(::memfd_create("openssl.cnf", MFD_CLOEXEC)) {
    good_ = fd_ >= 0 && ::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
  bool good_ = false;
};

// The library is not told to end with the process: SoftHSM and others crash when OpenSSL's own end came first
// (openssl issue 22508). It keeps no copies of the key in a session, which would sign on without the token.
std::string provider_settings(const std::string& module) {
  return "openssl_conf = init\n[init]\nproviders = providers\n[providers]\ndefault = software\npkcs11 = token\n"
         "[software]\nactivate = 1\n[token]\npkcs11-module-path = " +
         module + "\npkcs11-module-quirks = no-deinit\npkcs11-module-cache-keys = false\nactivate = 1\n";
}

// What CK_FUNCTION_LIST begins with (PKCS#11 2.40, section 3.6).
struct Functions {
  unsigned char version[2];
  unsigned long (*initialize)(void*);
  unsigned long (*finalize)(void*);
};

// The PKCS#11 library. At its end it forgets sessions and tokens: some, SoftHSM among them, know those for good that
// were there when they began.
class Module {
 public:
  // Before the provider does, which would bind the library to the C library's own malloc and free (RTLD_DEEPBIND), also
  // where this process has others: what one gave the other would free. It stays loaded.
  static Result<std::unique_ptr<Module>> load(const std::string& path) {
    if (!is_module_path(path)) return fail(Errc::malformed, "PKCS#11 library '" + path + "': not a plain full path");
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return fail(Errc::not_found, "PKCS#11 library: " + std::string(::dlerror()));
    const auto list = reinterpret_cast<unsigned long (*)(Functions**)>(::dlsym(handle, "C_GetFunctionList"));
    Functions* functions = nullptr;
    if (list == nullptr || list(&functions) != 0 || functions == nullptr)
      return fail(Errc::malformed, path + ": not a PKCS#11 library");
    return std::unique_ptr<Module>(new Module(*functions));
  }
  ~Module() { functions_.finalize(nullptr); }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

 private:
  explicit Module(const Functions& functions) : functions_(functions) {}
  const Functions& functions_;
};

Result<Library> load_provider(const std::string& module) {
  // Where the provider is given no PIN it would ask for one at the terminal.
  UI_set_default_method(UI_null());
  const MemoryFile settings(provider_settings(module));
  if (!settings.good()) return fail(Errc::unavailable, "no memory for the provider's settings");
  Library library(OSSL_LIB_CTX_new());
  if (!library || OSSL_LIB_CTX_load_config(library.get(), settings.path().c_str()) != 1 ||
      OSSL_PROVIDER_available(library.get(), "pkcs11") != 1)
    return fail(Errc::unavailable, "OpenSSL's provider pkcs11 does not load (package pkcs11-provider)");
  return library;
}

// Answers when the token asks, once.
struct Pin {
  SecretBytes text;  // ends in a zero
  bool asked = false;
};

int answer_pin(UI* ui, UI_STRING* question) {
  if (UI_get_string_type(question) != UIT_PROMPT) return 1;
  auto& pin = *static_cast<Pin*>(UI_get0_user_data(ui));
  if (std::exchange(pin.asked, true)) return 0;
  return UI_set_result(ui, question, reinterpret_cast<const char*>(pin.text.view().data())) == 0 ? 1 : 0;
}

Result<Pin> read_pin(const std::string& path) {
  const auto file = TRY(read_secret_file(path));
  const auto end =
      std::find_if(file.view().begin(), file.view().end(), [](std::uint8_t c) { return c == '\n' || c == 0; });
  const auto size = static_cast<std::size_t>(end - file.view().begin());
  if (size == 0) return fail(Errc::malformed, path + ": no PIN in its first line");
  Pin pin;
  pin.text = SecretBytes(size + 1);
  std::copy(file.view().begin(), end, pin.text.mutable_view().begin());
  return pin;
}

struct Found {
  PkeyPtr key;
  std::size_t count = 0;
};

Result<Found> find_private_keys(OSSL_LIB_CTX* library, const std::string& uri, Pin& pin) {
  const PinMethod method(UI_create_method("pin"));
  if (!method || UI_method_set_reader(method.get(), answer_pin) != 0) return fail(Errc::unavailable, "no memory");
  const auto all = uri + ";type=private";
  const Store store(OSSL_STORE_open_ex(all.c_str(), library, nullptr, method.get(), &pin, nullptr, nullptr, nullptr));
  if (!store) return fail(Errc::unavailable, uri + ": the PKCS#11 library does not start");
  Found found;
  while (OSSL_STORE_eof(store.get()) == 0) {
    const StoreInfo info(OSSL_STORE_load(store.get()));
    if (!info || OSSL_STORE_INFO_get_type(info.get()) != OSSL_STORE_INFO_PKEY) continue;
    if (found.count++ == 0) found.key.reset(OSSL_STORE_INFO_get1_PKEY(info.get()));
  }
  return found;
}

// The URI without what names an object in the token.
std::string token_of(std::string_view uri) {
  std::string out(kScheme);
  for (auto rest = uri.substr(kScheme.size()); !rest.empty();) {
    const auto part = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.starts_with("object=") || part.starts_with("id=")) continue;
    if (out.size() > kScheme.size()) out += ';';
    out += part;
  }
  return out;
}

// The provider does not tell why it found nothing. Other private keys are shown only to who is logged in.
Error why_nothing(OSSL_LIB_CTX* library, const TokenKeyPlace& place, Pin& pin) {
  if (!pin.asked) return {Errc::unavailable, place.uri + ": no such token is there"};
  const auto others = find_private_keys(library, token_of(place.uri), pin);
  if (others.has_value() && others->count > 0)
    return {Errc::not_found, place.uri + ": no such private key in the token"};
  return {Errc::unauthenticated,
          place.uri + ": the token refuses the PIN in " + place.pin_file + ", or holds no private key"};
}

// RFC 7512 2.3, what says which token and which key in it. Whatever else there is could be or name a PIN.
constexpr std::array<std::string_view, 4> kOfToken = {"token", "serial", "manufacturer", "model"};
constexpr std::array<std::string_view, 2> kOfKey = {"object", "id"};

template <std::size_t N>
bool names(const std::array<std::string_view, N>& known, std::string_view name) {
  return std::find(known.begin(), known.end(), name) != known.end();
}

// pk11-pchar of RFC 7512 with the sign before it.
bool is_attribute_value(std::string_view text) {
  constexpr std::string_view kMarks = "-._~%:[]@!$'()*+,=&";
  return text.size() > 1 && text.front() == '=' && std::all_of(text.begin() + 1, text.end(), [&](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  kMarks.find(c) != std::string_view::npos;
         });
}

}  // namespace

bool is_token_uri(std::string_view text) {
  if (!text.starts_with(kScheme)) return false;
  bool token = false, key = false;
  for (auto rest = text.substr(kScheme.size() - 1); !rest.empty();) {
    rest.remove_prefix(1);  // the colon, or a semicolon
    const auto attribute = rest.substr(0, rest.find(';'));
    rest.remove_prefix(attribute.size());
    const auto name = attribute.substr(0, attribute.find('='));
    if (!names(kOfToken, name) && !names(kOfKey, name)) return false;
    if (!is_attribute_value(attribute.substr(name.size()))) return false;
    token = token || names(kOfToken, name);
    key = key || names(kOfKey, name);
  }
  return token && key;
}

bool is_module_path(std::string_view text) {
  return !text.empty() && text.front() == '/' && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("\"'`$\\#;").find(c) == std::string_view::npos;
  });
}

// One connection, whole: library, context with its provider, key.
class TokenSigner::Session {
 public:
  static Result<std::unique_ptr<Session>> open(const TokenKeyPlace& place) {
    if (!is_token_uri(place.uri))
      return fail(Errc::malformed, "not a pkcs11: URI of a token and a key in it, and no more");
    const QuietErrors quiet;
    auto pin = TRY(read_pin(place.pin_file));
    auto module = TRY(Module::load(place.module));
    auto library = TRY(load_provider(place.module));
    auto found = TRY(find_private_keys(library.get(), place.uri, pin));
    if (!found.key) return tl::unexpected(why_nothing(library.get(), place, pin));
    if (found.count > 1) return fail(Errc::malformed, place.uri + ": names more than one key");
    return std::unique_ptr<Session>(new Session(std::move(module), std::move(library), std::move(found.key)));
  }

  // The provider finds that it may no longer speak to the library, and says so.
  ~Session() {
    const QuietErrors quiet;
    key_.reset();
    library_.reset();
    module_.reset();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] Result<PublicKey> public_key(const std::string& uri) const {
    const QuietErrors quiet;
    const auto der = der_of<EVP_PKEY>(i2d_PUBKEY, key_.get());
    // The private object of a P-256 key does not have to know its point.
    if (der.empty())
      return fail(Errc::not_found, uri + ": no public key with the id (CKA_ID) of the private one in the token");
    auto key = PublicKey::from_spki(der);
    if (!key.has_value()) return fail(Errc::malformed, uri + ": neither a P-256 key nor an Ed25519 key");
    return key;
  }

  [[nodiscard]] Result<Bytes> sign(BytesView message, Suite suite) const {
    const QuietErrors quiet;
    const DigestContext context(EVP_MD_CTX_new());
    const char* digest = suite == Suite::p256 ? "SHA256" : nullptr;
    Bytes signature(kMaxTokenSignature);
    std::size_t size = signature.size();
    if (!context ||
        EVP_DigestSignInit_ex(context.get(), nullptr, digest, library_.get(), nullptr, key_.get(), nullptr) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
      return fail(Errc::unavailable, "the token does not sign");
    signature.resize(size);
    return signature;
  }

 private:
  Session(std::unique_ptr<Module> module, Library library, PkeyPtr key)
      : module_(std::move(module)), library_(std::move(library)), key_(std::move(key)) {}
  std::unique_ptr<Module> module_;
  Library library_;
  PkeyPtr key_;
};

TokenSigner::TokenSigner(TokenKeyPlace place, Told told, std::unique_ptr<Session> session, PublicKey pub)
    : place_(std::move(place)), told_(std::move(told)), public_(std::move(pub)), session_(std::move(session)) {}

TokenSigner::~TokenSigner() = default;

Result<std::unique_ptr<TokenSigner>> TokenSigner::open(TokenKeyPlace place, Told told) {
  auto session = TRY(Session::open(place));
  auto pub = TRY(session->public_key(place.uri));
  std::unique_ptr<TokenSigner> signer(
      new TokenSigner(std::move(place), std::move(told), std::move(session), std::move(pub)));
  TRY(signer->sign(as_bytes(kKeyCheck)));
  return signer;
}

Result<void> TokenSigner::connect() {
  if (session_) return {};
  if (pin_refused_)
    return fail(Errc::unavailable, place_.uri + ": its PIN was refused; not tried again before a restart");
  auto session = Session::open(place_);
  pin_refused_ = !session.has_value() && session.error().code == Errc::unauthenticated;
  if (!session.has_value()) return tl::unexpected(session.error());
  const auto pub = TRY((*session)->public_key(place_.uri));
  if (pub.id() != public_.id()) return fail(Errc::unavailable, place_.uri + ": another key than before");
  session_ = std::move(*session);
  return {};
}

Result<Bytes> TokenSigner::lost(Error error) {
  error.code = Errc::unavailable;
  if (!lost_.exchange(true) && told_) told_(&error);
  return tl::unexpected(std::move(error));
}

Result<Bytes> TokenSigner::sign(BytesView message) {
  const std::lock_guard lock(mutex_);
  // A session that the token has forgotten fails once; the next is a new one.
  for (const bool again : {true, false}) {
    auto connected = connect();
    if (!connected) return lost(connected.error());
    auto signature = session_->sign(message, public_.suite());
    if (signature && public_.verify(message, *signature)) {
      if (lost_.exchange(false) && told_) told_(nullptr);
      return signature;
    }
    session_.reset();
    if (!again) break;
  }
  return lost({Errc::unavailable, place_.uri + ": the token does not sign, or wrongly"});
}

void TokenSigner::look() {
  if (!reachable()) (void)sign(as_bytes(kKeyCheck));
}

}  // namespace chancery::crypto
