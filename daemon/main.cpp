// chanceryd: reads its settings, serves until it is told to stop.
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <optional>
#include <vector>

#include "daemon/daemon.h"
#include "daemon/keys.h"
#include "daemon/log.h"
#include "daemon/process.h"
#include "daemon/store/fsck.h"

namespace {

using namespace chancery;  // NOLINT(google-build-using-namespace): main stands outside

enum Exit { kOk = 0, kFailed = 1, kUsage = 2, kConfiguration = 3, kVerification = 8, kStoreFailed = 70 };

constexpr const char* kHelp =
    "chanceryd - the daemon of one competent authority\n"
    "\n"
    "  chanceryd --config FILE                  serve until SIGTERM; SIGHUP reloads the agreement data\n"
    "  chanceryd --config FILE --check-config   read everything that is data, print every fault\n"
    "  chanceryd fsck --config FILE             recompute the store from its own bytes; the daemon must not run\n"
    "  chanceryd --version | --help\n"
    "\n"
    "Exit: 0 ok, 1 cannot start, 2 usage, 3 configuration or keys, 8 the store does not hold, 70 the store failed.\n";

struct Arguments {
  std::string config;
  bool fsck = false;
  bool check = false;
  bool version = false;
  bool help = false;
};

std::optional<Arguments> parse(const std::vector<std::string>& words) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word == "--config" && i + 1 < words.size())
      out.config = words[++i];
    else if (word.rfind("--config=", 0) == 0)
      out.config = word.substr(9);
    else if (word == "fsck" && i == 0)
      out.fsck = true;
    else if (word == "--check-config")
      out.check = true;
    else if (word == "--version")
      out.version = true;
    else if (word == "--help" || word == "-h")
      out.help = true;
    else
      return std::nullopt;
  }
  if (out.config.empty() && !out.version && !out.help) return std::nullopt;
  if (out.fsck && out.check) return std::nullopt;
  return out;
}

int print_faults(const std::vector<config::Fault>& faults) {
  for (const auto& fault : faults) std::cerr << config::to_string(fault) << '\n';
  return kConfiguration;
}

int print_error(const Error& error, int code) {
  std::cerr << "chanceryd: " << to_string(error.code) << ": " << error.detail << '\n';
  return code;
}

// What a person can repair in files is configuration; a store that does not hold is its own thing.
int exit_of(const Error& error) {
  if (error.code == Errc::corrupt) return kVerification;
  return error.code == Errc::unavailable || error.code == Errc::internal || error.code == Errc::busy ? kFailed
                                                                                                     : kConfiguration;
}

int check_configuration(const std::string& file) {
  const auto loaded = config::load(file);
  if (!loaded) return print_faults(loaded.error());
  std::cout << "ok " << to_string(loaded->book.digest()) << '\n';
  return kOk;
}

int print_report(const store::FsckReport& report) {
  for (const auto& finding : report.findings) std::cout << finding << '\n';
  std::cout << "messages " << report.messages << " receipts " << report.receipts << " dispatches " << report.dispatches
            << " batches " << report.batches << " entries " << report.entries << " findings " << report.findings.size()
            << '\n';
  return report.findings.empty() ? kOk : kVerification;
}

int fsck(const std::string& file) {
  const auto settings = config::load_settings(file);
  if (!settings) return print_faults(settings.error());
  const auto database = load_database_key(settings->keys_directory);
  if (!database) return print_error(database.error(), kConfiguration);
  const auto log_key = load_log_key(settings->keys_directory);
  if (!log_key) return print_error(log_key.error(), kConfiguration);
  const auto report = store::fsck({settings->state_directory, settings->authority}, *database, log_key->public_key());
  return report ? print_report(*report) : print_error(report.error(), kVerification);
}

int serve(const std::string& file) {
  auto loaded = config::load(file);
  if (!loaded) return print_faults(loaded.error());
  std::atomic<bool> store_failed{false};
  const auto log = log_to_stderr(parse_log_level(loaded->settings.log_level));
  const auto on_failure = [&store_failed] {
    store_failed = true;
    stop_process();
  };
  const SystemClock clock;
  auto daemon = Daemon::start({std::move(*loaded), CHANCERY_VERSION, log, connection_limit(), on_failure, clock});
  if (!daemon) return print_error(daemon.error(), exit_of(daemon.error()));
  std::cerr << "ready desk=" + (*daemon)->desk() + " peer=" + (*daemon)->peer() + "\n" << std::flush;
  for (auto wake = wait_for_signal(60); wake != Wake::stop; wake = wait_for_signal(60))
    if (wake == Wake::reload) (*daemon)->reload();
  // What reached the disk is unknown then; nothing more is to be written.
  if (store_failed) ::_exit(kStoreFailed);
  log(service::LogLevel::info, "stopping", {});
  daemon->reset();
  return store_failed ? kStoreFailed : kOk;
}

int run(const Arguments& arguments) {
  if (arguments.help) {
    std::cout << kHelp;
    return kOk;
  }
  if (arguments.version) {
    std::cout << "chanceryd " CHANCERY_VERSION "\n";
    return kOk;
  }
  if (arguments.check) return check_configuration(arguments.config);
  prepare_process();
  return arguments.fsck ? fsck(arguments.config) : serve(arguments.config);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = parse({argv + 1, argv + argc});
  if (!arguments) {
    std::cerr << kHelp;
    return kUsage;
  }
  return run(*arguments);
}
