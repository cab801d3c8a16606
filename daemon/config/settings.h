// daemon.toml as a file: the settings and where those stand that are checked against other data.
#pragma once

#include "daemon/config/document.h"

namespace chancery::config {

struct SettingsFile {
  Settings settings;
  Place party;
  Place label_policy;
};

// What could be read, also after faults; nothing when it does not parse.
std::optional<SettingsFile> read_settings(const Source& source, Faults& faults);

}  // namespace chancery::config
