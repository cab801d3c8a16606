// Who answers for whom, against a naive twin that plays the successions one after the other in time.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "daemon/core/succession.h"
#include "tests/unit/core/samples.h"

namespace chancery::core {
namespace {

constexpr int kSuccessors = 6, kMoments = 40;

std::string authority_of(int number) { return "cn-" + std::string(1, static_cast<char>('a' + number)); }

Designation designation(int number, const std::string& succeeds, Instant from) {
  auto d = sample_designation();
  d.authority = authority_of(number);
  d.party = "CN";
  d.succeeds = succeeds;
  d.valid_from = from;
  d.valid_to = {1000};
  return d;
}

using Party = std::map<std::string, DirectoryEntry>;

// All under one anchor, each designated from some time on.
Party any_party() {
  Party entries;
  for (int i = 0; i < kSuccessors; ++i)
    entries[authority_of(i)] = {
        PeerState::active, digest_of("anchor"), {designation(i, "", {*rc::gen::inRange(0, 5)})}, {}};
  return entries;
}

Designation any_succession() {
  return designation(*rc::gen::inRange(0, kSuccessors), authority_of(*rc::gen::inRange(0, kSuccessors)),
                     {*rc::gen::inRange(0, kMoments)});
}

void follow(Party& entries, const Designation& next) {
  auto& history = entries.at(next.authority).history;
  history.push_back(next);
  history.back().serial = history.size();
}

bool counts(const Party& entries, const Designation& next) {
  return next.succeeds != next.authority && !succession_fault(Directory(entries), next, digest_of("anchor"));
}

// At each moment whoever stood for the predecessor is stood for by whoever stands for the successor.
std::string played(const Party& entries, const std::string& authority, Instant at) {
  std::map<std::string, std::string> stands;
  for (const auto& [one, entry] : entries) stands[one] = one;
  for (std::int64_t now = 0; now <= at.ms; ++now)
    for (const auto& [successor, entry] : entries)
      for (const auto& d : entry.history) {
        if (d.succeeds.empty() || d.valid_from.ms != now || stands[d.succeeds] == stands[successor]) continue;
        const auto before = d.succeeds, after = stands[successor];
        for (auto& [one, who] : stands)
          if (who == before) who = after;
      }
  return stands[authority];
}

RC_GTEST_PROP(Succession, IsAsItsDatesArePlayedOneAfterTheOther, ()) {
  auto entries = any_party();
  const auto attempts = *rc::gen::inRange(0, 12);
  for (int i = 0; i < attempts; ++i) {
    const auto next = any_succession();
    if (counts(entries, next)) follow(entries, next);
  }
  const Directory directory(entries);
  for (int i = 0; i < kSuccessors; ++i)
    for (std::int64_t t = 0; t < kMoments; ++t)
      RC_ASSERT(answering(directory, authority_of(i), {t}) == played(entries, authority_of(i), {t}));
}

RC_GTEST_PROP(Succession, ChangesNothingBeforeItBegins, ()) {
  auto entries = any_party();
  const auto attempts = *rc::gen::inRange(1, 12);
  for (int i = 0; i < attempts; ++i) {
    const auto next = any_succession();
    if (!counts(entries, next)) continue;
    const Directory before(entries);
    follow(entries, next);
    const Directory after(entries);
    for (int one = 0; one < kSuccessors; ++one)
      for (std::int64_t t = 0; t < kMoments; ++t)
        if (t < next.valid_from.ms)
          RC_ASSERT(answering(before, authority_of(one), {t}) == answering(after, authority_of(one), {t}));
    RC_ASSERT(answering(after, next.succeeds, next.valid_from) == answering(after, next.authority, next.valid_from));
  }
}

}  // namespace
}  // namespace chancery::core
