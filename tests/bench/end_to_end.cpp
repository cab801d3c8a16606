// end_to_end SOCKET ANCHOR KEY CERTIFICATE RECIPIENT,... COUNT batched|single|paced [SEED]: load on a running daemon,
// to the recipients in turn.
//   batched  COUNT notices of 1 KiB as fast as they are taken; prints messages a second, from the first draft to the
//   last
//            signed receipt stored at the originator
//   single   the same, one message in flight at a time, so that each is a batch of one
//   paced    40 a second; prints p50 and p99 in ms from the draft to its stored receipt, and to its answer
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <thread>

#include "tests/support/desk_load.h"

namespace {

using chancery::test::DeskAddress;
using chancery::test::DeskProbe;
using chancery::test::LoadAnswer;
using chancery::test::LoadOptions;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void fail(const std::string& what) {
  std::fprintf(stderr, "end_to_end: %s\n", what.c_str());
  std::exit(1);
}

// Returns once the receipt is stored: how long the answer took, in ms.
double submit_and_wait(DeskProbe& probe, const LoadOptions& options, std::uint64_t number) {
  const auto start = Clock::now();
  const auto id = probe.submit(options, number);
  const auto answered = since(start) * 1000;
  if (id.empty()) fail("not accepted");
  while (!probe.delivered(id)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return answered;
}

// Until nothing is queued. Counting what is costs the daemon that is measured, so it is asked the less the more there
// is.
void drain(DeskProbe& probe) {
  for (auto queued = probe.queued(); queued != std::uint64_t{0}; queued = probe.queued())
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + queued.value_or(0) / 20));
}

double batched(const DeskAddress& desk, const LoadOptions& options) {
  DeskProbe probe(desk);
  if (probe.queued() != std::uint64_t{0}) fail("the outbox is not empty, or the daemon does not answer");
  std::uint64_t refused = 0;
  std::string error;
  const auto start = Clock::now();
  if (!run_load(
          desk, options, [&](const LoadAnswer& answer) { refused += answer.accepted ? 0 : 1; }, error))
    fail(error);
  if (refused > 0) fail(std::to_string(refused) + " refused");
  drain(probe);
  return static_cast<double>(options.count) / since(start);
}

double single(const DeskAddress& desk, const LoadOptions& options) {
  DeskProbe probe(desk);
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < options.count; ++i) submit_and_wait(probe, options, i);
  return static_cast<double>(options.count) / since(start);
}

struct Latencies {
  std::vector<double> stored, answered;  // ascending
};

Latencies paced(const DeskAddress& desk, const LoadOptions& options) {
  DeskProbe probe(desk);
  Latencies out;
  const auto begin = Clock::now();
  for (std::uint64_t i = 0; i < options.count; ++i) {
    std::this_thread::sleep_until(begin + std::chrono::milliseconds(25) * static_cast<std::int64_t>(i));
    const auto start = Clock::now();
    out.answered.push_back(submit_and_wait(probe, options, i));
    out.stored.push_back(since(start) * 1000);
  }
  std::sort(out.stored.begin(), out.stored.end());
  std::sort(out.answered.begin(), out.answered.end());
  return out;
}

double p50(const std::vector<double>& sorted) { return sorted[sorted.size() / 2]; }
double p99(const std::vector<double>& sorted) { return sorted[sorted.size() * 99 / 100]; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) {
    std::fprintf(stderr,
                 "usage: end_to_end SOCKET ANCHOR KEY CERTIFICATE RECIPIENT,... COUNT batched|single|paced [SEED]\n");
    return 2;
  }
  const DeskAddress desk{argv[1], argv[2], argv[3], argv[4]};
  LoadOptions options;
  std::istringstream recipients(argv[5]);
  for (std::string one; std::getline(recipients, one, ',');) options.recipients.push_back(one);
  options.in_turn = true;
  options.count = std::strtoull(argv[6], nullptr, 10);
  options.key_seed = argc > 8 ? std::strtoull(argv[8], nullptr, 10) : 1;
  const std::string mode = argv[7];
  if (mode == "batched") std::printf("%.1f\n", batched(desk, options));
  if (mode == "single") std::printf("%.1f\n", single(desk, options));
  if (mode == "paced") {
    const auto [stored, answered] = paced(desk, options);
    std::printf("%.3f %.3f %.3f %.3f\n", p50(stored), p99(stored), p50(answered), p99(answered));
  }
  return 0;
}
