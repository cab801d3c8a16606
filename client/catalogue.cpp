#include "client/catalogue.h"

#include <toml++/toml.h>

#include <array>

#include "crypto/file.h"

namespace chancery::client {

namespace {

constexpr std::array<std::string_view, 3> kLanguages = {"en", "zh", "ru"};
constexpr std::size_t kMaxCatalogue = std::size_t{1} << 20;

void collect(const toml::table& table, const std::string& path, std::map<std::string, std::string>& texts) {
  for (const auto& [key, node] : table) {
    auto name = path.empty() ? std::string(key.str()) : path + "." + std::string(key.str());
    if (const auto* inner = node.as_table())
      collect(*inner, name, texts);
    else if (const auto* text = node.as_string())
      texts.emplace(std::move(name), text->get());
  }
}

// The language of "ru_RU.UTF-8"; empty for "C" and "POSIX", which say nothing.
std::string language_of(const std::string& locale) {
  auto language = locale.substr(0, locale.find_first_of("_.@"));
  return language == "C" || language == "POSIX" ? std::string() : language;
}

}  // namespace

bool is_known_language(std::string_view language) {
  return std::find(kLanguages.begin(), kLanguages.end(), language) != kLanguages.end();
}

std::string choose_language(const LanguageSources& sources) {
  for (const auto* named : {&sources.option, &sources.variable, &sources.context})
    if (is_known_language(language_of(*named))) return language_of(*named);
  for (const auto& locale : sources.locale) {
    // The first that is set decides, as setlocale(3) has it.
    if (!locale.empty()) return is_known_language(language_of(locale)) ? language_of(locale) : "en";
  }
  return "en";
}

std::string filled(std::string_view text, const Params& params) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto close = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
    const auto found =
        close == std::string_view::npos ? params.end() : params.find(std::string(text.substr(at + 1, close - at - 1)));
    if (found == params.end()) {
      out += text[at++];
      continue;
    }
    out += found->second;
    at = close + 1;
  }
  return out;
}

Result<Catalogue> Catalogue::load_file(const std::string& file, const std::string& language) {
  const auto text = crypto::read_file(file, kMaxCatalogue);
  if (!text.has_value()) return fail(text.error().code, file + ": " + text.error().detail);
  Catalogue catalogue(language);
  try {
    collect(toml::parse(*text), {}, catalogue.texts_);
  } catch (const toml::parse_error& error) {
    return fail(Errc::malformed,
                file + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
  }
  return catalogue;
}

Result<Catalogue> Catalogue::load(const std::string& data, const std::string& language) {
  auto catalogue = TRY(load_file(data + "/i18n/" + language + ".toml", language));
  if (language == "en") return catalogue;
  const auto english = TRY(load_file(data + "/i18n/en.toml", "en"));
  catalogue.texts_.insert(english.texts_.begin(), english.texts_.end());
  return catalogue;
}

std::string Catalogue::text(const std::string& key, const Params& params) const {
  const auto found = texts_.find(key);
  return found == texts_.end() ? key : filled(found->second, params);
}

std::string Catalogue::word(const std::string& section, const std::string& word) const {
  const auto found = texts_.find(section + "." + word);
  return found == texts_.end() ? word : found->second;
}

}  // namespace chancery::client
