// The party status file: who is bound by which agreement, and from when. Input data, never a rule of ours.
#pragma once

#include "daemon/config/document.h"
#include "daemon/core/agreement.h"

namespace chancery::config {

// Adds each row to every version of its agreement: an amended annex changes no Party. A day means 00:00 UTC of it.
void read_status(const Source& source, std::vector<core::Agreement>& agreements, Faults& faults);

}  // namespace chancery::config
