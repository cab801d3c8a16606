#include "tests/unit/config/small_data.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace chancery::config {

namespace fs = std::filesystem;

namespace {

constexpr const char* kClauses = "id\ttext\nX1\tfirst\nX2\tsecond\n";

constexpr const char* kAgreement = R"toml(id = "one"
version = 1
signed_on = 2001-02-03
signed_at = "Somewhere"
parties = ["CN", "RU"]
languages_any = ["zh", "ru"]
bars_state_secrets = true
protects_restricted = true
consent_needs_crypto_policy = false
profile_directions = ["one/3/1"]
designation_channel = "depositary"
[title]
zh = "协定"
ru = "Соглашение"
en = "Agreement"
[[deadline]]
id = "exchange"
from = "entry into force"
limit_days = 60
clause = "X1"
[[ground]]
reason = "E-CONSENT-REQUIRED"
clause = "X2"
article = "6(3)"
[[item]]
code = "one/2/1"
kind = "threat"
article = "2(1)"
confidence = "A"
text = { zh = "威胁", ru = "угроза", en = "threat" }
short = { zh = "威", ru = "угр.", en = "thr." }
[[item]]
code = "one/3/1"
kind = "direction"
article = "3(1)"
confidence = "B"
note = "a note"
text = { zh = "方向", ru = "направление", en = "direction" }
short = { zh = "方", ru = "напр.", en = "dir." }
[[item]]
code = "one/a1/1"
kind = "term"
article = "A1.1"
confidence = "A"
text = { zh = "术语", ru = "термин", en = "term" }
[[item]]
code = "one/a1/1/def"
kind = "definition"
article = "A1.1"
confidence = "A"
text = { zh = "定义", ru = "определение", en = "definition" }
[article."6(3)"]
zh = "条文"
ru = "текст"
en = "wording"
)toml";

constexpr const char* kChinesePolicy = R"toml(id = "cn-one"
version = 1
party = "CN"
example = true
[[class]]
id = "open"
rank = 0
restricted = false
state_secret = false
name = { zh = "公开", ru = "открыто", en = "open" }
marking = { zh = "公开", ru = "ОТКРЫТО", en = "OPEN" }
[[class]]
id = "secret"
rank = 5
restricted = true
state_secret = true
name = { zh = "国家秘密", ru = "тайна", en = "secret" }
marking = { zh = "国家秘密", ru = "ТАЙНА", en = "SECRET" }
review_required = true
review_within_days = 100
[[category]]
id = "judicial"
kind = "restrictive"
name = { zh = "司法", ru = "судебное", en = "judicial" }
marking = { zh = "司法", ru = "СУДЕБНОЕ", en = "JUDICIAL" }
[[category]]
id = "note"
kind = "informative"
name = { zh = "附注", ru = "примечание", en = "note" }
marking = { zh = "附注", ru = "ПРИМЕЧАНИЕ", en = "NOTE" }
[[regard]]
policy = "ru-one"
versions = "1"
class = "open"
as = "secret"
[[regard]]
policy = "ru-one"
versions = "1"
category = "court"
as = "judicial"
)toml";

constexpr const char* kRussianPolicy = R"toml(id = "ru-one"
version = 1
party = "RU"
[[class]]
id = "open"
rank = 1
restricted = false
state_secret = false
name = { zh = "公开", ru = "открыто", en = "open" }
marking = { zh = "公开", ru = "ОТКРЫТО", en = "OPEN" }
[[category]]
id = "court"
kind = "restrictive"
name = { zh = "法院", ru = "суд", en = "court" }
marking = { zh = "法院", ru = "СУД", en = "COURT" }
)toml";

constexpr const char* kStatus = R"toml(source = "note 1"
[[status]]
agreement = "one"
party = "CN"
in_force_from = 2002-01-01
in_force_to = 2003-01-01
[[status]]
agreement = "one"
party = "RU"
in_force_from = 2002-01-01
)toml";

constexpr const char* kSettings = R"toml(authority = "cn-one"
party = "CN"
number_prefix = "CN"
label_policy = "cn-one"
state_directory = "state"
keys_directory = "/keys"
data_directory = "."
party_status = "status.toml"
administrator = "admin.pem"
desk_socket = "/run/desk.sock"
peer_listen = "127.0.0.1:8443"
log_level = "debug"
checkpoint_file = "checkpoint"
[retry]
first = "3s"
cap = "2h"
)toml";

fs::path make_folder() {
  auto pattern = (fs::temp_directory_path() / "chancery-config-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  return pattern;
}

}  // namespace

SmallData::SmallData() : folder_(make_folder()) {
  fs::create_directories(folder_ / "agreements");
  fs::create_directories(folder_ / "labels");
  write("agreements/clauses.tsv", kClauses);
  write("agreements/one.toml", kAgreement);
  write("labels/cn-one.toml", kChinesePolicy);
  write("labels/ru-one.toml", kRussianPolicy);
  write("status.toml", kStatus);
  write("daemon.toml", kSettings);
}

SmallData::~SmallData() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string SmallData::text(const std::string& name) const {
  std::ifstream in(folder_ / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void SmallData::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ / name, std::ios::binary) << text;
}

void SmallData::remove(const std::string& name) const { fs::remove_all(folder_ / name); }

void SmallData::replace(const std::string& name, const std::string& from, const std::string& to) const {
  auto all = text(name);
  const auto at = all.find(from);
  if (at == std::string::npos || all.find(from, at + 1) != std::string::npos)
    throw std::runtime_error("not exactly once in " + name + ": " + from);
  write(name, all.replace(at, from.size(), to));
}

std::uint32_t SmallData::line_of(const std::string& name, const std::string& part) const {
  const auto all = text(name);
  const auto at = all.find(part);
  if (at == std::string::npos) throw std::runtime_error("not in " + name + ": " + part);
  const auto begin = all.begin();
  return 1 + static_cast<std::uint32_t>(std::count(begin, begin + static_cast<std::ptrdiff_t>(at), '\n'));
}

Loaded<core::AgreementBook> SmallData::load() const { return load_agreements(folder_.string(), path("status.toml")); }

std::vector<std::string> SmallData::relative(const std::vector<Fault>& faults) const {
  std::vector<std::string> lines;
  const auto prefix = folder_.string() + "/";
  for (auto fault : faults) {
    if (fault.file.rfind(prefix, 0) == 0) fault.file.erase(0, prefix.size());
    lines.push_back(to_string(fault));
  }
  return lines;
}

std::vector<std::string> SmallData::faults() const {
  const auto book = load();
  return book ? std::vector<std::string>() : relative(book.error());
}

std::vector<std::string> SmallData::settings_faults() const {
  const auto settings = load_settings(path("daemon.toml"));
  return settings ? std::vector<std::string>() : relative(settings.error());
}

std::vector<std::string> SmallData::all_faults() const {
  const auto all = config::load(path("daemon.toml"));
  return all ? std::vector<std::string>() : relative(all.error());
}

void copy_tree(const fs::path& from, const fs::path& to) {
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

}  // namespace chancery::config
