// end_to_end SOCKET ANCHOR KEY CERTIFICATE RECIPIENT COUNT batched|single|paced [SEED]: load on a running daemon.
//   batched  COUNT notices of 1 KiB as fast as they are taken; prints messages a second, from the first draft to the
//   last
//            signed receipt stored at the originator
//   single   the same, one message in flight at a time, so that each is a batch of one
//   paced    40 a second; prints p50 and p99 in ms from the draft to its stored receipt
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
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

// Returns once the receipt is stored.
void submit_and_wait(DeskProbe& probe, const LoadOptions& options, std::uint64_t number) {
  const auto id = probe.submit(options, number);
  if (id.empty()) fail("not accepted");
  while (!probe.delivered(id)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
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
  while (probe.queued() != std::uint64_t{0}) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return static_cast<double>(options.count) / since(start);
}

double single(const DeskAddress& desk, const LoadOptions& options) {
  DeskProbe probe(desk);
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < options.count; ++i) submit_and_wait(probe, options, i);
  return static_cast<double>(options.count) / since(start);
}

std::vector<double> paced(const DeskAddress& desk, const LoadOptions& options) {
  DeskProbe probe(desk);
  std::vector<double> latencies;
  const auto begin = Clock::now();
  for (std::uint64_t i = 0; i < options.count; ++i) {
    std::this_thread::sleep_until(begin + std::chrono::milliseconds(25) * static_cast<std::int64_t>(i));
    const auto start = Clock::now();
    submit_and_wait(probe, options, i);
    latencies.push_back(since(start) * 1000);
  }
  std::sort(latencies.begin(), latencies.end());
  return latencies;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) {
    std::fprintf(stderr,
                 "usage: end_to_end SOCKET ANCHOR KEY CERTIFICATE RECIPIENT COUNT batched|single|paced [SEED]\n");
    return 2;
  }
  const DeskAddress desk{argv[1], argv[2], argv[3], argv[4]};
  LoadOptions options;
  options.recipients = {argv[5]};
  options.count = std::strtoull(argv[6], nullptr, 10);
  options.key_seed = argc > 8 ? std::strtoull(argv[8], nullptr, 10) : 1;
  const std::string mode = argv[7];
  if (mode == "batched") std::printf("%.1f\n", batched(desk, options));
  if (mode == "single") std::printf("%.1f\n", single(desk, options));
  if (mode == "paced") {
    const auto latencies = paced(desk, options);
    std::printf("%.3f %.3f\n", latencies[latencies.size() / 2], latencies[latencies.size() * 99 / 100]);
  }
  return 0;
}
