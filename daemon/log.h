// The log: one line an event on stderr, `<N>event=... detail=...`, N the priority journald reads (sd-daemon(3)). Ids
// and codes only. Whatever stands in a value, a line stays one line.
#pragma once

#include <string>

#include "daemon/service/node.h"

namespace chancery {

// "error", "warning", "info", "debug"; anything else is info.
service::LogLevel parse_log_level(const std::string& text);
std::string log_line(service::LogLevel level, const std::string& event, const std::string& detail);
// Writes lines up to this level with one write(2) each. Of one event's warnings and errors it writes so many a minute
// and later how many there were beside them: a peer must not fill the log. Thread-safe.
inline constexpr std::uint64_t kLogLines = 100;
service::Log log_to_stderr(service::LogLevel level);

}  // namespace chancery
