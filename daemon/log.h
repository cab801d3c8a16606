// Where the log goes: stderr, which journald reads.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/service/log.h"

namespace chancery {

// "error", "warning", "info", "debug"; anything else is info.
service::LogLevel parse_log_level(const std::string& text);
// Writes lines up to this level with one write(2) each. Of one event's warnings and errors it writes so many a minute
// and later how many there were beside them: a peer must not fill the log. Thread-safe.
inline constexpr std::uint64_t kLogLines = 100;
service::Log log_to_stderr(service::LogLevel level);

}  // namespace chancery
