#include "daemon/config/label_file.h"

#include <algorithm>

#include "crypto/digest.h"
#include "daemon/config/reader.h"

namespace chancery::config {

namespace {

constexpr std::string_view kWords = "lower-case words joined by hyphens";
constexpr std::uint32_t kLongestReview = 36'525;  // a hundred years

struct Versions {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};

// "2" or "1-3": every version of the other policy is named, because one that came later may mean something else.
Versions read_versions(Reader& row) {
  const auto text = row.text("versions");
  const auto dash = text.find('-');
  const auto from = core::parse_ordinal(std::string_view(text).substr(0, dash));
  const auto to = dash == std::string::npos ? from : core::parse_ordinal(std::string_view(text).substr(dash + 1));
  if (from && to && 0 < *from && *from <= *to && *to <= UINT32_MAX)
    return {static_cast<std::uint32_t>(*from), static_cast<std::uint32_t>(*to)};
  if (!text.empty()) row.fault("versions", "'" + text + "' must be a version or a range of versions, written 1 or 1-3");
  return {};
}

void read_class(Reader& row, core::LabelPolicy& policy) {
  core::LabelClass c;
  c.id = row.text("id", core::is_identifier, kWords);
  c.rank = row.number("rank", 0, UINT32_MAX);
  c.restricted = row.flag("restricted");
  c.state_secret = row.flag("state_secret");
  c.name = row.localized("name");
  c.marking = row.localized("marking");
  c.review_required = row.flag_or("review_required", false);
  if (row.has("review_within_days")) c.review_within_days = row.number("review_within_days", 1, kLongestReview);
  if (!c.id.empty() && policy.find(c.id) != nullptr) row.fault("id", "class '" + c.id + "' stands here twice");
  if (!policy.classes.empty() && row.has("rank") && c.rank <= policy.classes.back().rank)
    row.fault("rank",
              "ranks must ascend: " + std::to_string(c.rank) + " after " + std::to_string(policy.classes.back().rank));
  policy.classes.push_back(std::move(c));
}

core::CategoryKind read_kind(Reader& row) {
  static constexpr core::CategoryKind all[] = {core::CategoryKind::restrictive, core::CategoryKind::permissive,
                                               core::CategoryKind::informative};
  std::vector<std::string> words;
  for (const auto kind : all) words.emplace_back(core::to_string(kind));
  const auto word = row.one_of("kind", words);
  return all[std::find(words.begin(), words.end(), word) - words.begin()];
}

void read_category(Reader& row, core::LabelPolicy& policy) {
  core::LabelCategory c;
  c.id = row.text("id", core::is_identifier, kWords);
  c.kind = read_kind(row);
  c.name = row.localized("name");
  c.marking = row.localized("marking");
  if (!c.id.empty() && policy.find_category(c.id) != nullptr)
    row.fault("id", "category '" + c.id + "' stands here twice");
  policy.categories.push_back(std::move(c));
}

template <class Row>
bool overlap(const Row& a, const Row& b) {
  return a.policy == b.policy && a.from_version <= b.to_version && b.from_version <= a.to_version;
}

void read_class_regard(Reader& row, core::Regard regard, LabelFile& file) {
  auto& policy = file.policy;
  regard.classification = row.text("class", core::is_identifier, kWords);
  if (!regard.as.empty() && policy.find(regard.as) == nullptr)
    row.fault("as", "'" + regard.as + "' is no class of this policy");
  const auto same = [&](const core::Regard& other) {
    return overlap(other, regard) && other.classification == regard.classification;
  };
  if (std::any_of(policy.regards.begin(), policy.regards.end(), same))
    row.fault("class", "'" + regard.policy + "' '" + regard.classification + "' is regarded twice");
  policy.regards.push_back(std::move(regard));
  file.regards.push_back(row.place({}));
}

void read_category_regard(Reader& row, const core::Regard& head, LabelFile& file) {
  auto& policy = file.policy;
  core::CategoryRegard regard{head.policy, row.text("category", core::is_identifier, kWords), head.as,
                              head.from_version, head.to_version};
  if (!regard.as.empty() && policy.find_category(regard.as) == nullptr)
    row.fault("as", "'" + regard.as + "' is no category of this policy");
  const auto same = [&](const core::CategoryRegard& other) {
    return overlap(other, regard) && other.category == regard.category;
  };
  if (std::any_of(policy.category_regards.begin(), policy.category_regards.end(), same))
    row.fault("category", "'" + regard.policy + "' '" + regard.category + "' is regarded twice");
  policy.category_regards.push_back(std::move(regard));
  file.category_regards.push_back(row.place({}));
}

// Of a class or of a category, by the key that stands there.
void read_regard(Reader& row, LabelFile& file) {
  core::Regard head;
  head.policy = row.text("policy", core::is_identifier, kWords);
  const auto versions = read_versions(row);
  head.from_version = versions.from;
  head.to_version = versions.to;
  head.as = row.text("as", core::is_identifier, kWords);
  if (!head.policy.empty() && head.policy == file.policy.id)
    row.fault("policy", "a policy does not regard its own classes");
  const bool of_category = row.has("category"), of_class = row.has("class");
  if (of_category && of_class) return row.fault("category", "a row is about a class or about a category");
  if (of_category) return read_category_regard(row, head, file);
  read_class_regard(row, std::move(head), file);
}

void read_exclusion(Reader& row, LabelFile& file) {
  core::Exclusion one;
  one.policy = row.text("policy", core::is_identifier, kWords);
  one.category = row.text("category", core::is_identifier, kWords);
  one.agreement = row.text_or("agreement", {});
  const auto& known = file.policy.exclusions;
  if (std::find(known.begin(), known.end(), one) != known.end())
    row.fault("category", "'" + one.category + "' is excluded twice");
  file.policy.exclusions.push_back(std::move(one));
  file.exclusions.push_back(row.place({}));
}

void read(Reader& root, LabelFile& file) {
  auto& policy = file.policy;
  // An id is written in a label line before a slash, in a file name and in settings: the form of an authority's id.
  policy.id = root.text("id", core::is_authority_id, "lower-case words joined by hyphens, the first of two letters");
  policy.version = root.number("version", 1, UINT32_MAX);
  policy.party = root.text("party", core::is_party_code, "a Party: two capital letters");
  policy.example = root.flag_or("example", false);
  root.each("class", [&](Reader& row) { read_class(row, policy); });
  if (policy.classes.empty()) root.fault("class", "a policy has classes");
  root.each("category", [&](Reader& row) { read_category(row, policy); });
  root.each("regard", [&](Reader& row) { read_regard(row, file); });
  root.each("excluded", [&](Reader& row) { read_exclusion(row, file); });
  file.id = root.place("id");
  file.party = root.place("party");
}

// The versions of a policy at hand that a row speaks of.
template <class Row>
std::vector<const core::LabelPolicy*> spoken_of(const Row& row, const std::vector<LabelFile>& files) {
  std::vector<const core::LabelPolicy*> out;
  for (const auto& other : files)
    if (other.policy.id == row.policy && row.from_version <= other.policy.version &&
        other.policy.version <= row.to_version)
      out.push_back(&other.policy);
  return out;
}

bool is_policy(const std::vector<LabelFile>& files, const std::string& id) {
  return std::any_of(files.begin(), files.end(), [&](const LabelFile& other) { return other.policy.id == id; });
}

// False when there is no such policy or version to look at, which is told here.
template <class Row>
bool check_regarded(const Row& row, const Place& at, const std::vector<LabelFile>& files, Faults& faults) {
  if (row.policy.empty() || row.from_version == 0) return false;
  auto place = at;
  if (!is_policy(files, row.policy)) {
    place.key += "policy";
    faults.add(place, "'" + row.policy + "' is no policy of this data");
  } else if (spoken_of(row, files).empty()) {
    place.key += "versions";
    faults.add(place, "no such version of policy '" + row.policy + "' in this data");
  } else {
    return true;
  }
  return false;
}

void check_class_regard(const core::Regard& row, Place at, const std::vector<LabelFile>& files, Faults& faults) {
  if (!check_regarded(row, at, files, faults) || row.classification.empty()) return;
  const auto all = spoken_of(row, files);
  if (std::any_of(all.begin(), all.end(), [&](const auto* p) { return p->find(row.classification) != nullptr; }))
    return;
  at.key += "class";
  faults.add(at, "'" + row.classification + "' is no class of policy '" + row.policy + "'");
}

// What has to be held there has to be held here; what lets in there does not stop restricting here.
bool keeps_access(core::CategoryKind there, core::CategoryKind here) {
  switch (there) {
    case core::CategoryKind::restrictive:
      return here == core::CategoryKind::restrictive;
    case core::CategoryKind::permissive:
      return here != core::CategoryKind::informative;
    case core::CategoryKind::informative:
      return true;
  }
  return false;
}

void check_category_regard(const core::LabelPolicy& own, const core::CategoryRegard& row, Place at,
                           const std::vector<LabelFile>& files, Faults& faults) {
  if (!check_regarded(row, at, files, faults) || row.category.empty()) return;
  bool known = false, keeps = true;
  const auto* as = own.find_category(row.as);
  for (const auto* policy : spoken_of(row, files)) {
    const auto* there = policy->find_category(row.category);
    known = known || there != nullptr;
    keeps = keeps && (there == nullptr || as == nullptr || keeps_access(there->kind, as->kind));
  }
  at.key += known ? "as" : "category";
  if (!known) faults.add(at, "'" + row.category + "' is no category of policy '" + row.policy + "'");
  if (!keeps) faults.add(at, "'" + row.as + "' restricts less than '" + row.category + "' does");
}

void check_regards(const LabelFile& file, const std::vector<LabelFile>& files, Faults& faults) {
  const auto& policy = file.policy;
  for (std::size_t i = 0; i < policy.regards.size(); ++i)
    check_class_regard(policy.regards[i], file.regards[i], files, faults);
  for (std::size_t i = 0; i < policy.category_regards.size(); ++i)
    check_category_regard(policy, policy.category_regards[i], file.category_regards[i], files, faults);
}

// A slip in a name would exclude nothing, in silence.
void check_exclusions(const LabelFile& file, const std::vector<LabelFile>& files,
                      const std::vector<core::Agreement>& agreements, Faults& faults) {
  for (std::size_t i = 0; i < file.policy.exclusions.size(); ++i) {
    const auto& one = file.policy.exclusions[i];
    const auto fault = [&](const char* key, const std::string& what) {
      auto at = file.exclusions[i];
      at.key += key;
      faults.add(at, what);
    };
    const bool category_known = std::any_of(files.begin(), files.end(), [&](const LabelFile& other) {
      return other.policy.id == one.policy && other.policy.find_category(one.category) != nullptr;
    });
    if (!one.policy.empty() && !one.category.empty() && !category_known)
      fault("category", "'" + one.category + "' is no category of policy '" + one.policy + "'");
    const bool agreement_known = one.agreement.empty() || std::any_of(agreements.begin(), agreements.end(),
                                                                      [&](const core::Agreement& agreement) {
                                                                        return agreement.id == one.agreement;
                                                                      });
    if (!agreement_known) fault("agreement", "'" + one.agreement + "' is no agreement of this data");
  }
}

bool names_party(const std::vector<core::Agreement>& agreements, const std::string& party) {
  return std::any_of(agreements.begin(), agreements.end(), [&](const core::Agreement& agreement) {
    return std::find(agreement.parties.begin(), agreement.parties.end(), party) != agreement.parties.end();
  });
}

}  // namespace

std::optional<LabelFile> read_label_policy(const Source& source, Faults& faults) {
  LabelFile file;
  file.policy.digest = crypto::sha256(source.bytes);
  if (!read_document(source, faults, [&](Reader& root) { read(root, file); })) return std::nullopt;
  return file;
}

void check_label_policies(const std::vector<LabelFile>& files, const std::vector<core::Agreement>& agreements,
                          Faults& faults) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& policy = files[i].policy;
    if (!policy.party.empty() && !names_party(agreements, policy.party))
      faults.add(files[i].party, "'" + policy.party + "' is a Party to no agreement of this data");
    check_regards(files[i], files, faults);
    check_exclusions(files[i], files, agreements, faults);
    if (policy.id.empty()) continue;
    for (std::size_t j = 0; j < i; ++j) {
      const auto& other = files[j].policy;
      if (other.id != policy.id && other.party == policy.party && !policy.party.empty())
        faults.add(files[i].id, "'" + policy.party + "' has policy '" + other.id + "' already, in " + files[j].id.file);
      if (other.id != policy.id) continue;
      if (other.version == policy.version)
        faults.add(files[i].id, "version " + std::to_string(policy.version) + " of '" + policy.id + "' stands in " +
                                    files[j].id.file + " too");
      if (other.party != policy.party)
        faults.add(files[i].party, "'" + policy.id + "' belongs to " + other.party + " in " + files[j].id.file);
    }
  }
}

}  // namespace chancery::config
