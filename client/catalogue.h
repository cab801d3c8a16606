// The words of the client: one catalogue a language, `<data>/i18n/<language>.toml`, keys joined by dots. A text holds
// placeholders `{name}`; nothing is put together from pieces of sentences.
#pragma once

#include <string>
#include <string_view>

#include "client/fault.h"

namespace chancery::client {

class Catalogue {
 public:
  // Reads the language and English, which stands in for what is missing. Errors: not_found (no such file), malformed.
  static Result<Catalogue> load(const std::string& data, const std::string& language);
  // One file alone; what is missing stays missing.
  static Result<Catalogue> load_file(const std::string& file, const std::string& language);

  [[nodiscard]] const std::string& language() const { return language_; }
  [[nodiscard]] bool has(const std::string& key) const { return texts_.contains(key); }
  // The text with its placeholders filled; the key itself when no catalogue has it.
  [[nodiscard]] std::string text(const std::string& key, const Params& params = {}) const;
  // `section.word`, or the word itself when it has no name: for codes that data may add.
  [[nodiscard]] std::string word(const std::string& section, const std::string& word) const;
  [[nodiscard]] const std::map<std::string, std::string>& texts() const { return texts_; }

 private:
  explicit Catalogue(std::string language) : language_(std::move(language)) {}
  std::string language_;
  std::map<std::string, std::string> texts_;
};

// `--lang`, else CHANCERY_LANG, else the context's, else LC_ALL, LC_MESSAGES, LANG, else en; only zh, ru and en count.
struct LanguageSources {
  std::string option;
  std::string variable;
  std::string context;
  std::vector<std::string> locale;  // LC_ALL, LC_MESSAGES, LANG in this order
};
std::string choose_language(const LanguageSources& sources);
bool is_known_language(std::string_view language);

// `{name}` for each name of params; other braces stay.
std::string filled(std::string_view text, const Params& params);

}  // namespace chancery::client
