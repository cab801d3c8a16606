// The log: one line an event, of the one table log_event.def. Ids, codes, counts and addresses, never text of messages
// and never a name of a person. daemon/LOG.md is written from the same table.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace chancery::service {

enum class LogLevel { error, warning, info, debug };

enum class LogEvent {
#define CHANCERY_LOG_EVENT(name, id, level, fields, meaning, action) name,
#include "daemon/service/log_event.def"
#undef CHANCERY_LOG_EVENT
};

struct LogEventInfo {
  LogEvent event;
  std::string_view id;  // "connection.refused"
  LogLevel level;
  std::string_view fields;  // names, separated by blanks
  std::string_view meaning;
  std::string_view action;
};

inline constexpr LogEventInfo kLogEvents[] = {
#define CHANCERY_LOG_EVENT(name, id, level, fields, meaning, action) \
  {LogEvent::name, id, LogLevel::level, fields, meaning, action},
#include "daemon/service/log_event.def"
#undef CHANCERY_LOG_EVENT
};

constexpr const LogEventInfo& info_of(LogEvent event) { return kLogEvents[static_cast<std::size_t>(event)]; }

constexpr std::size_t field_count(LogEvent event) {
  std::size_t blanks = 0;
  for (const char c : info_of(event).fields) blanks += c == ' ' ? 1 : 0;
  return info_of(event).fields.empty() ? 0 : blanks + 1;
}

// An event with a value for each of its fields.
struct LogLine {
  LogEvent event;
  std::vector<std::string> values;
};

inline std::string log_value(std::string text) { return text; }
inline std::string log_value(std::uint64_t count) { return std::to_string(count); }

// log(log_line<LogEvent::send_voided>(peer, sequence, code)): with as many values as the table has fields.
template <LogEvent event, class... Values>
LogLine log_line(Values&&... values) {
  static_assert(sizeof...(Values) == field_count(event), "the event has other fields: see log_event.def");
  return {event, {log_value(std::forward<Values>(values))...}};
}

using Log = std::function<void(const LogLine&)>;

// `<N>event="send.voided" peer="ru-example" sequence="7" code="E-EXPIRED"` and a newline, N the priority journald reads
// (sd-daemon(3)). Whatever stands in a value, a line stays one line of printable ASCII: other bytes are \xNN, and of a
// value kLogValue bytes are shown, then how many there were: `...(1048576)`.
inline constexpr std::size_t kLogValue = 512;
std::string to_string(const LogLine& line);

}  // namespace chancery::service
