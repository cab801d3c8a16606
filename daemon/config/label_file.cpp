#include "daemon/config/label_file.h"

#include <algorithm>

#include "crypto/digest.h"
#include "daemon/config/reader.h"

namespace chancery::config {

namespace {

constexpr std::string_view kWords = "lower-case words joined by hyphens";

void read_class(Reader& row, core::LabelPolicy& policy) {
  core::LabelClass c;
  c.id = row.text("id", core::is_identifier, kWords);
  c.rank = row.number("rank", 0, UINT32_MAX);
  c.restricted = row.flag("restricted");
  c.state_secret = row.flag("state_secret");
  c.name = row.localized("name");
  c.marking = row.localized("marking");
  if (!c.id.empty() && policy.find(c.id) != nullptr) row.fault("id", "class '" + c.id + "' stands here twice");
  if (!policy.classes.empty() && row.has("rank") && c.rank <= policy.classes.back().rank)
    row.fault("rank",
              "ranks must ascend: " + std::to_string(c.rank) + " after " + std::to_string(policy.classes.back().rank));
  policy.classes.push_back(std::move(c));
}

void read_regard(Reader& row, LabelFile& file) {
  auto& policy = file.policy;
  core::Regard regard;
  regard.policy = row.text("policy", core::is_identifier, kWords);
  regard.classification = row.text("class", core::is_identifier, kWords);
  regard.as = row.text("as", core::is_identifier, kWords);
  if (!regard.as.empty() && policy.find(regard.as) == nullptr)
    row.fault("as", "'" + regard.as + "' is no class of this policy");
  if (!regard.policy.empty() && regard.policy == policy.id)
    row.fault("policy", "a policy does not regard its own classes");
  const auto same = [&](const core::Regard& other) {
    return other.policy == regard.policy && other.classification == regard.classification;
  };
  if (std::any_of(policy.regards.begin(), policy.regards.end(), same))
    row.fault("class", "'" + regard.policy + "' '" + regard.classification + "' is regarded twice");
  policy.regards.push_back(std::move(regard));
  file.regards.push_back(row.place({}));
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
  policy.categories = root.texts("categories", core::is_identifier, kWords);
  root.each("class", [&](Reader& row) { read_class(row, policy); });
  if (policy.classes.empty()) root.fault("class", "a policy has classes");
  root.each("regard", [&](Reader& row) { read_regard(row, file); });
  root.each("excluded", [&](Reader& row) { read_exclusion(row, file); });
  file.id = root.place("id");
  file.party = root.place("party");
}

void check_regards(const LabelFile& file, const std::vector<LabelFile>& files, Faults& faults) {
  for (std::size_t i = 0; i < file.policy.regards.size(); ++i) {
    const auto& regard = file.policy.regards[i];
    if (regard.policy.empty() || regard.classification.empty()) continue;
    bool policy_known = false, class_known = false;
    for (const auto& other : files) {
      if (other.policy.id != regard.policy) continue;
      policy_known = true;
      class_known = class_known || other.policy.find(regard.classification) != nullptr;
    }
    auto at = file.regards[i];
    at.key += policy_known ? "class" : "policy";
    if (!policy_known) {
      faults.add(at, "'" + regard.policy + "' is no policy of this data");
    } else if (!class_known) {
      faults.add(at, "'" + regard.classification + "' is no class of policy '" + regard.policy + "'");
    }
  }
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
      const auto& categories = other.policy.categories;
      return other.policy.id == one.policy &&
             std::find(categories.begin(), categories.end(), one.category) != categories.end();
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
