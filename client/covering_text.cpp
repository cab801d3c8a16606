#include "client/covering_text.h"

#include <algorithm>

#include "client/files.h"
#include "daemon/core/display.h"

namespace chancery::client {

namespace {

std::string covering_language(const Session& session, const std::vector<std::string>& working) {
  const auto asked = session.arguments().value_or("--note-language", session.catalogue().language());
  const bool fits = working.empty() || std::find(working.begin(), working.end(), asked) != working.end();
  return fits || session.arguments().has("--note-language") ? asked : working.front();
}

Outcome<std::string> read_words(const std::string& file) {
  auto text = TRY(read_file(file));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  if (text.empty() || !core::is_utf8(text)) return fault("E-MALFORMED", {{"subject", file}});
  return text;
}

}  // namespace

Outcome<v1::Text> covering_text(const Session& session, const DataNames& names, const std::string& agreement,
                                const std::string& file, const std::function<CoveringWords(const Catalogue&)>& words) {
  v1::Text text;
  text.set_language(covering_language(session, names.working_languages(agreement)));
  text.set_status(v1::TEXT_STATUS_ORIGINAL);
  const auto catalogue =
      is_known_language(text.language())
          ? TRY(or_fault(Catalogue::load(session.data(), text.language()), "E-FILE", {{"path", session.data()}}))
          : session.catalogue();
  const auto own = words(catalogue);
  text.set_title(own.title);
  text.set_body(file.empty() ? own.body : TRY(read_words(file)));
  return text;
}

}  // namespace chancery::client
