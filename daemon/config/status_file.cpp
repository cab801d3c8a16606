#include "daemon/config/status_file.h"

#include <algorithm>

#include "daemon/config/reader.h"

namespace chancery::config {

namespace {

bool overlap(const core::PartyStatus& a, const core::PartyStatus& b) {
  return a.party == b.party && (!a.in_force_to || b.in_force_from < *a.in_force_to) &&
         (!b.in_force_to || a.in_force_from < *b.in_force_to);
}

std::optional<Instant> read_day(Reader& row, const std::string& key) {
  const auto date = row.date(key);
  if (date.empty()) return std::nullopt;
  const auto instant = parse_instant(date + "T00:00:00.000Z");
  if (instant) return *instant;
  row.fault(key, "'" + date + "' is no day of the calendar");
  return std::nullopt;
}

void check_against(const core::Agreement& agreement, const core::PartyStatus& status, const std::string& from,
                   Reader& row) {
  const auto& parties = agreement.parties;
  if (!status.party.empty() && std::find(parties.begin(), parties.end(), status.party) == parties.end())
    row.fault("party", "'" + status.party + "' is no Party to '" + agreement.id + "'");
  if (!from.empty() && from < agreement.signed_on)
    row.fault("in_force_from", "is before the agreement was signed, " + agreement.signed_on);
  if (std::any_of(agreement.status.begin(), agreement.status.end(),
                  [&](const core::PartyStatus& other) { return overlap(status, other); }))
    row.fault("party", "the time '" + status.party + "' is bound overlaps that of an earlier row");
}

void read_row(Reader& row, const core::PartyStatus& defaults, std::vector<core::Agreement>& agreements) {
  auto status = defaults;
  const auto id = row.text("agreement");
  status.party = row.text("party", core::is_party_code, "a Party: two capital letters");
  const auto from = read_day(row, "in_force_from");
  if (row.has("in_force_to")) status.in_force_to = read_day(row, "in_force_to");
  status.source = row.text_or("source", defaults.source);
  if (from) status.in_force_from = *from;
  if (from && status.in_force_to && *status.in_force_to <= *from)
    row.fault("in_force_to", "must be after in_force_from");
  bool known = id.empty();
  for (auto& agreement : agreements) {
    if (agreement.id != id) continue;
    known = true;
    if (!from) continue;
    check_against(agreement, status, row.date("in_force_from"), row);
    agreement.status.push_back(status);
  }
  if (!known) row.fault("agreement", "'" + id + "' is no agreement of this data");
}

}  // namespace

void read_status(const Source& source, std::vector<core::Agreement>& agreements, Faults& faults) {
  read_document(source, faults, [&](Reader& root) {
    core::PartyStatus defaults;
    defaults.example = root.flag_or("example", false);
    defaults.source = root.text("source");
    root.each("status", [&](Reader& row) { read_row(row, defaults, agreements); });
    if (!root.has("status")) root.fault("status", "no Party is bound by anything");
  });
}

}  // namespace chancery::config
