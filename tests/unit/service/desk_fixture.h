// Two or three authorities that know each other, and the Desk services of the first. What was submitted can be carried
// over to another authority without a network.
#pragma once

#include <gmock/gmock.h>

#include <map>
#include <mutex>

#include "daemon/service/administration.h"
#include "daemon/service/evidence.h"
#include "daemon/service/read.h"
#include "daemon/service/submit.h"
#include "tests/support/authorities.h"
#include "tests/support/manual_clock.h"
#include "tests/support/seeded_random.h"

namespace chancery::service {

// Remembers who was woken.
class RecordedLanes {
 public:
  Lanes lanes();
  std::vector<std::string> take();

 private:
  std::mutex mutex_;
  std::vector<std::string> woken_;  // guarded by mutex_
};

class DeskTest : public ::testing::Test {
 protected:
  DeskTest();

  // Stores what cn released as ru received and accepted it, with its `delivered` receipt.
  void deliver(const std::string& id);
  // Every act in cn's journal, in order.
  std::vector<core::JournalEntry> journal(test::ExampleAuthority& authority);
  std::vector<core::Act> acts();
  // The id of a message cn released under this label.
  std::string released(const test::DraftOptions& options = {}, std::uint64_t number = 1);
  // A grant of this original to ru for kz, on paper, once, asked at each use, from yesterday for five days; with these
  // facts in the place of those.
  test::DraftOptions grant_of(const std::string& original, const std::map<std::string, std::string>& instead = {});

  test::ManualClock clock_;
  test::SeededRandom random_;
  test::ExampleAuthority cn_;
  test::ExampleAuthority ru_;
  RecordedLanes recorded_;
  Submit submit_;
  Reading reading_;
};

template <class T>
const T& value_of(const Outcome<T>& outcome) {
  if (!outcome.has_value()) throw std::runtime_error(outcome.error().detail);
  if (std::holds_alternative<Refused>(*outcome))
    throw std::runtime_error("refused: " + std::get<Refused>(*outcome).decision.codes().front());
  return std::get<T>(*outcome);
}

template <class T>
std::vector<std::string> codes_of(const Outcome<T>& outcome) {
  if (!outcome.has_value()) return {"error: " + outcome.error().detail};
  if (!std::holds_alternative<Refused>(*outcome)) return {};
  return std::get<Refused>(*outcome).decision.codes();
}

}  // namespace chancery::service
