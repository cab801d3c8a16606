#include "daemon/config/load.h"

#include <algorithm>
#include <filesystem>

#include "crypto/digest.h"
#include "daemon/config/agreement_file.h"
#include "daemon/config/label_file.h"
#include "daemon/config/settings.h"
#include "daemon/config/status_file.h"

namespace chancery::config {

namespace {

namespace fs = std::filesystem;

// The list of tests that cover each clause lies beside the agreements and is none.
constexpr std::string_view kCoverage = "coverage.toml";

// Everything read from the data folder, while it is being read.
struct Data {
  Faults& faults;
  std::vector<std::string> inventory{};  // "<sha256 in hex>  <name>\n", the line sha256sum prints
  std::vector<core::Agreement> agreements{};
  std::vector<Place> agreement_places{};
  std::vector<LabelFile> labels{};

  std::optional<Source> read(const std::string& file, const std::string& name);
  void read_agreements(const fs::path& directory);
  void read_labels(const fs::path& directory);
  void add(AgreementFile file);
  [[nodiscard]] Digest digest() const;
};

std::optional<Source> Data::read(const std::string& file, const std::string& name) {
  auto source = read_source(file, faults);
  if (source) inventory.push_back(to_hex(crypto::sha256(source->bytes).view()) + "  " + name + "\n");
  return source;
}

// Names of the .toml files of a folder in bytewise order.
std::vector<std::string> toml_files(const fs::path& directory, Faults& faults) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    if (it->path().extension() == ".toml" && it->path().filename() != kCoverage)
      names.push_back(it->path().filename().string());
  if (error) faults.add({directory.string(), 0, {}}, "is no folder that can be read");
  if (!error && names.empty()) faults.add({directory.string(), 0, {}}, "holds no .toml file");
  std::sort(names.begin(), names.end());
  return names;
}

void Data::add(AgreementFile file) {
  const auto& id = file.agreement.id;
  const auto same = [&](const core::Agreement& other) {
    return !id.empty() && other.id == id && other.version == file.agreement.version;
  };
  const auto found = std::find_if(agreements.begin(), agreements.end(), same);
  if (found != agreements.end()) {
    const auto& first = agreement_places[static_cast<std::size_t>(found - agreements.begin())];
    faults.add(file.id, "version " + std::to_string(file.agreement.version) + " of '" + id + "' stands in " +
                            first.file + " too");
  }
  agreement_places.push_back(file.id);
  agreements.push_back(std::move(file.agreement));
}

void Data::read_agreements(const fs::path& directory) {
  Clauses clauses;
  if (const auto source = read((directory / "clauses.tsv").string(), "agreements/clauses.tsv"))
    clauses = read_clauses(*source, faults);
  for (const auto& name : toml_files(directory, faults))
    if (const auto source = read((directory / name).string(), "agreements/" + name))
      if (auto file = read_agreement(*source, clauses, faults)) add(std::move(*file));
}

void Data::read_labels(const fs::path& directory) {
  for (const auto& name : toml_files(directory, faults))
    if (const auto source = read((directory / name).string(), "labels/" + name))
      if (auto file = read_label_policy(*source, faults)) labels.push_back(std::move(*file));
  check_label_policies(labels, agreements, faults);
}

std::string_view name_in(std::string_view line) { return line.substr(64); }

Digest Data::digest() const {
  auto lines = inventory;
  std::sort(lines.begin(), lines.end(),
            [](const std::string& a, const std::string& b) { return name_in(a) < name_in(b); });
  std::string text;
  for (const auto& line : lines) text += line;
  return crypto::sha256(as_bytes(text));
}

core::AgreementBook read_book(const std::string& directory, const std::string& party_status, Faults& faults) {
  Data data{faults};
  data.read_agreements(fs::path(directory) / "agreements");
  data.read_labels(fs::path(directory) / "labels");
  if (const auto source = data.read(party_status, "party_status")) read_status(*source, data.agreements, faults);
  std::vector<core::LabelPolicy> policies;
  policies.reserve(data.labels.size());
  for (auto& file : data.labels) policies.push_back(std::move(file.policy));
  const auto digest = data.digest();
  return {std::move(data.agreements), core::LabelBook(std::move(policies)), digest};
}

bool names_party(const core::AgreementBook& book, const std::string& party) {
  return std::any_of(book.agreements().begin(), book.agreements().end(), [&](const core::Agreement& agreement) {
    return std::find(agreement.parties.begin(), agreement.parties.end(), party) != agreement.parties.end();
  });
}

void check_settings(const SettingsFile& file, const core::AgreementBook& book, Faults& faults) {
  const auto& [settings, party, label_policy] = file;
  if (!settings.party.empty() && !names_party(book, settings.party))
    faults.add(party, "'" + settings.party + "' is a Party to no agreement of this data");
  const auto& policies = book.labels().policies();
  const auto found = std::find_if(policies.begin(), policies.end(), [&](const core::LabelPolicy& policy) {
    return policy.id == file.settings.label_policy;
  });
  if (settings.label_policy.empty()) return;
  if (found == policies.end()) {
    faults.add(label_policy, "'" + settings.label_policy + "' is no policy of this data");
  } else if (found->party != settings.party) {
    faults.add(label_policy, "'" + settings.label_policy + "' belongs to " + found->party);
  }
}

template <class T>
Loaded<T> loaded(T value, const Faults& faults) {
  if (faults.empty()) return value;
  return tl::unexpected(faults.sorted());
}

}  // namespace

Loaded<Settings> load_settings(const std::string& file) {
  Faults faults;
  std::optional<SettingsFile> read;
  if (const auto source = read_source(file, faults)) read = read_settings(*source, faults);
  return loaded(read ? std::move(read->settings) : Settings{}, faults);
}

Loaded<core::AgreementBook> load_agreements(const std::string& directory, const std::string& party_status) {
  Faults faults;
  auto book = read_book(directory, party_status, faults);
  return loaded(std::move(book), faults);
}

Loaded<core::AgreementBook> load_agreements(const Settings& settings) {
  Faults faults;
  auto book = read_book(settings.data_directory, settings.party_status, faults);
  const auto place = [&](const char* key) { return Place{settings.data_directory, 0, key}; };
  check_settings({settings, place("party"), place("label_policy")}, book, faults);
  return loaded(std::move(book), faults);
}

Loaded<Configuration> load(const std::string& file) {
  Faults faults;
  Configuration all;
  const auto source = read_source(file, faults);
  const auto settings = source ? read_settings(*source, faults) : std::nullopt;
  if (settings && !settings->settings.data_directory.empty() && !settings->settings.party_status.empty()) {
    all.settings = settings->settings;
    all.book = read_book(all.settings.data_directory, all.settings.party_status, faults);
    check_settings(*settings, all.book, faults);
  }
  return loaded(std::move(all), faults);
}

}  // namespace chancery::config
