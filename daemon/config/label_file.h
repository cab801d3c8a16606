// labels/<name>.toml: one version of one label policy.
#pragma once

#include "daemon/config/document.h"
#include "daemon/core/agreement.h"

namespace chancery::config {

struct LabelFile {
  core::LabelPolicy policy;
  Place id;
  Place party;
  std::vector<Place> regards;           // of each of policy.regards
  std::vector<Place> category_regards;  // of each of policy.category_regards
  std::vector<Place> exclusions;        // of each of policy.exclusions
};

// What could be read, also after faults; nothing when it does not parse. The digest is of the bytes of the file.
std::optional<LabelFile> read_label_policy(const Source& source, Faults& faults);

// One id belongs to one Party the agreements name, one version of it stands in one file, and what it regards or
// excludes exists.
void check_label_policies(const std::vector<LabelFile>& files, const std::vector<core::Agreement>& agreements,
                          Faults& faults);

}  // namespace chancery::config
