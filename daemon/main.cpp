// chanceryd: reads its settings, serves until it is told to stop.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <optional>
#include <vector>

#include "daemon/daemon.h"
#include "daemon/doctor.h"
#include "daemon/keys.h"
#include "daemon/log.h"
#include "daemon/process.h"
#include "daemon/supervisor.h"
#include "daemon/transport/desk_probe.h"
#include "daemon/upkeep.h"

namespace {

using namespace chancery;  // NOLINT(google-build-using-namespace): main stands outside
using service::log_line;
using service::LogEvent;

enum Exit {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kConfiguration = 3,
  kUnreachable = 7,
  kVerification = 8,
  kAttention = 10,
  kStoreFailed = 70
};

constexpr const char* kHelp =
    "chanceryd - the daemon of one competent authority\n"
    "\n"
    "  chanceryd --config FILE                  serve until SIGTERM; SIGHUP reloads the agreement data\n"
    "  chanceryd --config FILE --check-config   read everything that is data, print every fault\n"
    "  chanceryd fsck --config FILE             recompute the store from its own bytes; the daemon must not run\n"
    "  chanceryd backup --config FILE --to DIR  copy the store into a new folder; the daemon may run\n"
    "  chanceryd restore --config FILE [--from DIR]\n"
    "                                           put a backup in the place of the store, or sanction the store as it\n"
    "                                           stands, in a new epoch; the daemon must not run\n"
    "  chanceryd rekey --config FILE            the database under a new key; the daemon must not run\n"
    "  chanceryd health --config FILE           ask the running daemon for its health: SERVING, NOT_SERVING, no "
    "answer\n"
    "  chanceryd doctor --config FILE [--full]  what has to be looked at, with cause and fix; --full recomputes the "
    "store\n"
    "                                           too; as the user of the daemon, which may run\n"
    "  chanceryd --version | --help\n"
    "\n"
    "Exit: 0 ok, 1 cannot start, 2 usage, 3 configuration or keys, 8 the store does not hold, 70 the store failed;\n"
    "health: 0 serving, 7 no answer, 10 not serving; doctor: 0 nothing found, 10 warnings, 1 errors.\n";

enum class Command { serve, health, doctor, fsck, backup, restore, rekey };

struct Arguments {
  Command command = Command::serve;
  std::string config;
  std::string to;    // of a backup
  std::string from;  // of a restore
  bool check = false;
  bool full = false;
  bool version = false;
  bool help = false;
};

std::optional<Command> command_named(const std::string& word) {
  if (word == "health") return Command::health;
  if (word == "doctor") return Command::doctor;
  if (word == "fsck") return Command::fsck;
  if (word == "backup") return Command::backup;
  if (word == "restore") return Command::restore;
  if (word == "rekey") return Command::rekey;
  return std::nullopt;
}

// `--name value` or `--name=value`.
bool take(const std::vector<std::string>& words, std::size_t& i, const std::string& name, std::string& value) {
  if (words[i] == name && i + 1 < words.size()) {
    value = words[++i];
    return true;
  }
  if (words[i].rfind(name + "=", 0) != 0) return false;
  value = words[i].substr(name.size() + 1);
  return true;
}

bool fits(const Arguments& arguments) {
  if (arguments.version || arguments.help) return true;
  const bool to = !arguments.to.empty(), from = !arguments.from.empty();
  return !arguments.config.empty() && to == (arguments.command == Command::backup) &&
         (!from || arguments.command == Command::restore) &&
         (!arguments.check || arguments.command == Command::serve) &&
         (!arguments.full || arguments.command == Command::doctor);
}

std::optional<Arguments> parse(const std::vector<std::string>& words) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    const auto command = i == 0 ? command_named(word) : std::nullopt;
    if (command)
      out.command = *command;
    else if (word == "--check-config")
      out.check = true;
    else if (word == "--full")
      out.full = true;
    else if (word == "--version")
      out.version = true;
    else if (word == "--help" || word == "-h")
      out.help = true;
    else if (!take(words, i, "--config", out.config) && !take(words, i, "--to", out.to) &&
             !take(words, i, "--from", out.from))
      return std::nullopt;
  }
  if (!fits(out)) return std::nullopt;
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
            << " batches " << report.batches << " entries " << report.entries << " attachments " << report.attachments
            << " findings " << report.findings.size() << '\n';
  return report.findings.empty() ? kOk : kVerification;
}

int print(const Result<store::FsckReport>& report) {
  if (report) return print_report(*report);
  const bool keys = report.error().code == Errc::not_found || report.error().code == Errc::forbidden;
  return print_error(report.error(), keys ? kConfiguration : kVerification);
}

int print(const Result<store::Backup>& backup) {
  if (!backup) return print_error(backup.error(), exit_of(backup.error()));
  std::cout << "backup " << backup->checkpoint.origin << " entries " << backup->checkpoint.size.value << " files "
            << backup->files << '\n';
  return kOk;
}

int print(const Result<store::Restored>& restored) {
  if (!restored) return print_error(restored.error(), exit_of(restored.error()));
  if (const int code = print_report(restored->report); code != kOk) return code;
  std::cout << "restored " << restored->checkpoint.origin << " entries " << restored->checkpoint.size.value << '\n';
  std::cout << "no permit is given under a permission signed before this: revoke it or give it anew\n";
  std::cout << "peers suspended or withdrawn since are active again: chancery peer suspend, peer add\n";
  if (!restored->replaced.empty()) std::cout << "the store before is in " << restored->replaced.string() << '\n';
  return kOk;
}

// What is done with a store beside serving from it.
int maintain(const Arguments& arguments) {
  const auto settings = config::load_settings(arguments.config);
  if (!settings) return print_faults(settings.error());
  switch (arguments.command) {
    case Command::serve:
    case Command::health:
    case Command::doctor:
      break;
    case Command::fsck:
      return print(check_store(*settings));
    case Command::backup:
      return print(back_up(*settings, arguments.to));
    case Command::restore:
      return print(restore(
          *settings, arguments.from.empty() ? std::nullopt : std::optional<std::filesystem::path>(arguments.from)));
    case Command::rekey:
      return print(rekey(*settings));
  }
  return kUsage;
}

// Until it is told to stop. Asked at least four times in the time the watchdog gives, so that one slow answer kills
// nobody, often enough that health is true, and however often it is told to reload meanwhile.
void watch(Daemon& daemon, const Supervisor& supervisor, const std::string& serving) {
  constexpr std::chrono::milliseconds kAtMost = std::chrono::seconds(1);
  auto every = kAtMost;
  if (const auto watchdog = supervisor.watchdog())
    every = std::min(every, std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog) / 4);
  using Steady = std::chrono::steady_clock;
  auto due = Steady::now() + every;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Steady::now());
    const auto wake = wait_for_signal(std::max(left, std::chrono::milliseconds::zero()));
    if (wake == Wake::stop) return;
    if (wake == Wake::reload) {
      supervisor.reloading();
      daemon.reload();
      supervisor.ready(serving);
    }
    if (Steady::now() < due) continue;
    if (daemon.makes_progress({every.count()})) supervisor.alive();
    due = Steady::now() + every;
  }
}

int log_faults(const std::vector<config::Fault>& faults) {
  const auto log = log_to_stderr(service::LogLevel::error);
  for (const auto& fault : faults) log(log_line<LogEvent::daemon_fault>(config::to_string(fault)));
  return kConfiguration;
}

int serve(const std::string& file, const Supervisor& supervisor) {
  auto loaded = config::load(file);
  if (!loaded) return log_faults(loaded.error());
  std::atomic<bool> store_failed{false};
  const auto log = log_to_stderr(parse_log_level(loaded->settings.log_level));
  const auto on_failure = [&store_failed] {
    store_failed = true;
    stop_process();
  };
  const SystemClock clock;
  auto daemon = Daemon::start({std::move(*loaded), CHANCERY_VERSION, log, connection_limit(), on_failure, clock});
  if (!daemon) {
    log(log_line<LogEvent::daemon_failed>(to_string(daemon.error().code), daemon.error().detail));
    return exit_of(daemon.error());
  }
  const auto serving = "desk=" + (*daemon)->desk() + " peer=" + (*daemon)->peer();
  log(log_line<LogEvent::daemon_ready>((*daemon)->desk(), (*daemon)->peer()));
  supervisor.ready(serving);
  watch(**daemon, supervisor, serving);
  // What reached the disk is unknown then; nothing more is to be written.
  if (store_failed) ::_exit(kStoreFailed);
  supervisor.stopping();
  log(log_line<LogEvent::daemon_stopping>());
  // Whatever hangs, who stops us gets an end within ten seconds. Nothing is lost by that: what was acknowledged is on
  // the disk.
  end_process_after(std::chrono::seconds(9), kOk, [log] { log(log_line<LogEvent::daemon_cut>()); });
  daemon->reset();
  log(log_line<LogEvent::daemon_stopped>());
  return store_failed ? kStoreFailed : kOk;
}

int health(const std::string& file) {
  const auto settings = config::load_settings(file);
  if (!settings) return print_faults(settings.error());
  const auto tls = load_tls(settings->keys_directory);
  if (!tls) return print_error(tls.error(), kConfiguration);
  switch (transport::DeskProbe(settings->desk_socket, *tls).ask(seconds(5))) {
    case transport::Health::serving:
      std::cout << "SERVING\n";
      return kOk;
    case transport::Health::not_serving:
      std::cout << "NOT_SERVING\n";
      return kAttention;
    case transport::Health::silent:
      std::cerr << "chanceryd: " << settings->desk_socket << ": no answer\n";
      return kUnreachable;
  }
  return kFailed;
}

int doctor(const std::string& file, bool full) {
  const SystemClock clock;
  const auto examination = examine(file, full, clock);
  std::cout << to_text(examination, language_of_environment());
  return exit_code_of(examination);
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
  switch (arguments.command) {
    case Command::serve:
      return serve(arguments.config, Supervisor::from_environment());
    case Command::health:
      return health(arguments.config);
    case Command::doctor:
      return doctor(arguments.config, arguments.full);
    case Command::fsck:
    case Command::backup:
    case Command::restore:
    case Command::rekey:
      return maintain(arguments);
  }
  return kUsage;
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
