#include "daemon/service/event_counts.h"

#include <algorithm>
#include <charconv>

namespace chancery::service {

namespace {

std::uint64_t number(const std::string& text) {
  std::uint64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

// Of which event, and how many.
std::pair<LogEvent, std::uint64_t> told_by(const LogLine& line) {
  if (line.event == LogEvent::connection_refused) return {line.event, number(line.values.back())};
  if (line.event != LogEvent::log_unlisted) return {line.event, 1};
  const auto* of = std::find_if(std::begin(kLogEvents), std::end(kLogEvents),
                                [&](const LogEventInfo& info) { return info.id == line.values.front(); });
  return of == std::end(kLogEvents) ? std::pair(line.event, std::uint64_t{1})
                                    : std::pair(of->event, number(line.values.back()));
}

}  // namespace

Log EventCounts::counted(Log log) const {
  return [counts = counts_, log = std::move(log)](const LogLine& line) {
    const auto [event, count] = told_by(line);
    (*counts)[static_cast<std::size_t>(event)] += count;
    log(line);
  };
}

}  // namespace chancery::service
