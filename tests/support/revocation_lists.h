// Revocation lists of an anchor, made by `openssl ca`, as those who keep an anchor make them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "crypto/revocation_list.h"

namespace chancery::test {

class RevocationLists {
 public:
  struct Revoked {
    crypto::Certificate certificate;
    Instant since;
    std::string reason;  // as RFC 5280 5.3.1 names them: keyCompromise, superseded, certificateHold
  };

  RevocationLists(const crypto::Certificate& anchor, const crypto::PrivateKey& key) {
    auto pattern = (std::filesystem::temp_directory_path() / "chancery-lists-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    write("ca.cnf",
          "[ca]\ndefault_ca = lists\n[lists]\ndatabase = index\ncrlnumber = number\nprivate_key = anchor.key\n"
          "certificate = anchor.pem\ndefault_md = sha256\n");
    write("number", "01\n");
    write("anchor.pem", anchor.pem());
    write("anchor.key", std::string(as_text(key.to_pem().view())));
  }
  ~RevocationLists() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  RevocationLists(const RevocationLists&) = delete;
  RevocationLists& operator=(const RevocationLists&) = delete;

  // PEM, valid for a day.
  [[nodiscard]] Bytes file(Instant from, const std::vector<Revoked>& revoked = {}) const {
    std::string index;
    for (const auto& one : revoked) {
      write("leaf.pem", one.certificate.pem());
      run("openssl x509 -in leaf.pem -noout -serial | cut -d= -f2 > serial");
      const auto serial = read("serial");
      index += "R\t491231235959Z\t" + time(one.since).substr(2) + "," + one.reason + "\t" +
               std::string(as_text(serial)).substr(0, serial.size() - 1) + "\tunknown\t/CN=leaf\n";
    }
    write("index", index);
    run("openssl ca -config ca.cnf -gencrl -crl_lastupdate " + time(from) + " -crl_nextupdate " + time(from + days(1)) +
        " -out list.pem");
    return read("list.pem");
  }
  [[nodiscard]] crypto::RevocationList list(Instant from, const std::vector<Revoked>& revoked = {}) const {
    return crypto::RevocationList::from_file(file(from, revoked)).value();
  }

 private:
  // 20261122060000Z
  static std::string time(Instant at) {
    std::string digits;
    for (const char c : to_string(at).substr(0, 19))
      if (c >= '0' && c <= '9') digits += c;
    return digits + "Z";
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] Bytes read(const std::string& name) const {
    std::ifstream in(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // A list that cannot be made is a broken test, and says so at once.
  void run(const std::string& command) const {
    const auto whole =
        "cd '" + folder_.string() + "' && " + command + " 2>openssl.log || { cat openssl.log >&2; false; }";
    if (std::system(whole.c_str()) != 0) std::abort();  // NOLINT(concurrency-mt-unsafe)
  }

  std::filesystem::path folder_;
};

}  // namespace chancery::test
