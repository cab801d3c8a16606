// peers_bench COUNT MESSAGES ROUNDS: what it costs to have many peers. cn-example and COUNT authorities of the Party RU
// are one process: real services and stores, joined by a network of function calls, so that neither TLS nor two hundred
// idle daemons are measured; the work of the receivers is, who sign and sync for few messages at a time. cn-example
// sends MESSAGES notices of 1 KiB to one of them, and as many to all in turn, by turns, from the first draft to the
// last receipt stored. Prints `name value` lines:
//   peers_to_one_per_second  peers_to_all_per_second  peers_ratio
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "tests/support/station.h"

namespace {

using namespace chancery;  // NOLINT(google-build-using-namespace)
using Steady = std::chrono::steady_clock;
using Stations = std::vector<std::unique_ptr<test::Station>>;

constexpr std::size_t kTogether = 256;  // drafts posted at a time, as the Desk takes them from a stream
constexpr auto kPatience = std::chrono::minutes(5);

void fail(const char* what) {
  std::fprintf(stderr, "peers_bench: %s\n", what);
  std::exit(1);
}

template <class Condition>
void wait_until(Condition condition, const char* what) {
  const auto until = Steady::now() + kPatience;
  while (!condition()) {
    if (Steady::now() > until) fail(what);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string name_of(std::size_t number) {
  auto digits = std::to_string(number);
  return "ru-" + std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits;
}

// The first is who sends. Each of the others knows it, and it knows each; they do not know each other.
Stations meet(std::size_t count, const Clock& clock, crypto::RandomSource& random, test::FakeNetwork& network) {
  const service::ExchangeOptions options;
  Stations all;
  all.push_back(std::make_unique<test::Station>("cn-example", clock, random, network, options));
  for (std::size_t i = 1; i <= count; ++i) {
    all.push_back(std::make_unique<test::Station>(name_of(i), clock, random, network, options));
    test::introduce({&all.front()->authority(), &all.back()->authority()});
  }
  for (const auto& station : all) station->start();
  wait_until(
      [&] {
        return std::all_of(all.begin() + 1, all.end(), [&](const auto& station) {
          return all.front()->exchange().status(station->id()).connected;
        });
      },
      "not all are connected");
  return all;
}

double send(Stations& all, std::size_t recipients, std::size_t messages, std::uint64_t& key) {
  auto& sender = *all.front();
  const std::string body(1024, 'x');
  const auto start = Steady::now();
  for (std::size_t sent = 0; sent < messages;) {
    std::vector<wire::Submission> together;
    for (; together.size() < kTogether && sent < messages; ++sent) {
      test::DraftOptions draft;
      draft.recipients = {all[1 + sent % recipients]->id()};
      draft.body = body;
      together.push_back(test::submission(draft, ++key));
    }
    for (const auto& outcome : sender.submit().submit_all(test::officer(), std::move(together)))
      if (!outcome.has_value()) fail("not accepted");
  }
  wait_until(
      [&] {
        const auto counts = sender.store().reader().counts();
        if (!counts.has_value()) fail("no counts");
        return counts->queued == 0;
      },
      "not all is delivered");
  return static_cast<double>(messages) / std::chrono::duration<double>(Steady::now() - start).count();
}

// Every message was taken in: none refused, none there twice.
void check(const Stations& all, std::uint64_t sent) {
  std::uint64_t unread = 0;
  for (auto station = all.begin() + 1; station != all.end(); ++station) {
    const auto counts = (*station)->store().reader().counts();
    if (!counts.has_value()) fail("no counts");
    unread += counts->unread;
  }
  if (unread != sent) fail("not all was taken in");
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: peers_bench COUNT MESSAGES ROUNDS\n");
    return 2;
  }
  const auto count = std::strtoull(argv[1], nullptr, 10), messages = std::strtoull(argv[2], nullptr, 10);
  const auto rounds = std::strtoull(argv[3], nullptr, 10);
  if (count == 0 || messages == 0 || rounds == 0) fail("each figure is at least 1");
  const SystemClock clock;
  crypto::SystemRandom random;
  test::FakeNetwork network(1);
  auto all = meet(count, clock, random, network);
  std::uint64_t key = 0;
  std::vector<double> one, each;
  send(all, count, std::max<std::size_t>(count, messages / 10), key);  // first touch of files and caches
  for (std::size_t i = 0; i < rounds; ++i) {
    one.push_back(send(all, 1, messages, key));
    each.push_back(send(all, count, messages, key));
  }
  check(all, key);
  for (const auto& station : all) station->stop();
  std::printf("peers_to_one_per_second %.1f\npeers_to_all_per_second %.1f\npeers_ratio %.3f\n", median(one),
              median(each), median(each) / median(one));
  return 0;
}
