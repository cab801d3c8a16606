#include <stdlib.h>

#include <algorithm>

#include "daemon/config/texts.h"
#include "daemon/doctor.h"

namespace chancery {

namespace {

constexpr std::size_t kCodeWidth = 22;

bool is_language(const std::string& word) { return word == "zh" || word == "ru" || word == "en"; }

class Texts {
 public:
  explicit Texts(std::map<std::string, std::string> texts) : texts_(std::move(texts)) {}

  // The name itself when no catalogue has it.
  [[nodiscard]] std::string of(const std::string& name, const std::map<std::string, std::string>& values = {}) const {
    const auto known = texts_.find(name);
    auto text = known == texts_.end() ? name : known->second;
    for (const auto& [key, value] : values)
      for (auto at = text.find("{" + key + "}"); at != std::string::npos; at = text.find("{" + key + "}", at)) {
        text.replace(at, key.size() + 2, value);
        at += value.size();
      }
    return text;
  }
  [[nodiscard]] bool has(const std::string& name) const { return texts_.contains(name); }

 private:
  std::map<std::string, std::string> texts_;
};

std::string line(const Texts& texts, const Finding& finding) {
  if (const auto* area = std::get_if<std::string>(&finding.what))
    return texts.of("ok") + "  " + texts.of("fine." + *area, finding.values) + "\n";
  const auto check = std::get<DoctorCheck>(finding.what);
  std::string code = code_of(check);
  auto out = texts.of(is_grave(check) ? "error" : "warning") + "  " + code;
  out += std::string(kCodeWidth - std::min(kCodeWidth, code.size()) + 1, ' ');
  if (!texts.has(code + ".what")) {
    for (const auto& [name, value] : finding.values) out += name + " " + value + " ";
    return out + "\n";
  }
  out += texts.of(code + ".what", finding.values) + "\n";
  for (const auto* part : {"why", "fix"})
    out += "  " + texts.of(part) + "  " + texts.of(code + "." + part, finding.values) + "\n";
  return out;
}

// Text of files and of an operator: no control of a terminal.
std::string shown(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ' && c != '\n') || c == '\x7f'; }, '?');
  return text;
}

}  // namespace

int exit_code_of(const Examination& examination) {
  int code = 0;
  for (const auto& finding : examination.findings)
    if (const auto* check = std::get_if<DoctorCheck>(&finding.what)) {
      if (is_grave(*check)) return 1;
      code = 10;
    }
  return code;
}

std::string to_text(const Examination& examination, const std::string& language) {
  const Texts texts(config::load_texts(examination.data_directory, language, "doctor"));
  std::string out;
  for (const auto& finding : examination.findings) out += line(texts, finding);
  return shown(std::move(out));
}

std::string language_of_environment() {
  for (const auto* name : {"CHANCERY_LANG", "LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* value = ::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const auto language = std::string(value).substr(0, 2);
    return is_language(language) ? language : "en";
  }
  return "en";
}

}  // namespace chancery
