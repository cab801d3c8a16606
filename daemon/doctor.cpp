#include "daemon/doctor.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

#include "daemon/core/standing.h"
#include "daemon/keys.h"
#include "daemon/reach.h"
#include "daemon/store/inspect.h"
#include "daemon/transport/desk_probe.h"
#include "daemon/upkeep.h"

namespace chancery {

namespace {

constexpr Duration kSoon = days(30);
constexpr std::uint64_t kPlenty = std::uint64_t{64} << 20;  // below, nothing is taken in
constexpr std::uint64_t kLow = std::uint64_t{1} << 30;
constexpr rlim_t kDescriptorsWanted = 4096;

std::string day_of(Instant instant) { return to_string(instant).substr(0, 10); }

struct Row {
  const char* code;
  bool grave;
};
constexpr Row kRows[] = {
#define CHANCERY_DOCTOR(name, code, grave) {code, grave},
#include "daemon/doctor_check.def"
#undef CHANCERY_DOCTOR
};

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

// The process that listens there, if one does (SO_PEERCRED, unix(7)).
std::optional<pid_t> listener(const std::string& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) return std::nullopt;
  socket.copy(address.sun_path, socket.size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ucred who{};
  socklen_t size = sizeof who;
  const bool known = fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0;
  if (fd >= 0) ::close(fd);
  return known ? std::optional(who.pid) : std::nullopt;
}

// One look at everything; each area says what it found, or that it found nothing.
class Doctor {
 public:
  Doctor(const Clock& clock, Examination& out) : now_(clock.now()), out_(out) {}

  void examine(const std::string& file, bool full) {
    area("clock", [&] { clock(); });
    area("settings", [&] { settings(file); });
    if (!settings_) return;
    const auto process = listener(settings_->desk_socket);
    if (process) area("core", [&] { core(*process); });
    area("limits", [&] { limits(process.value_or(::getpid())); });
    area("data", [&] { data(); });
    area("disk", [&] { disk(); });
    area("keys", [&] { keys(); });
    if (!keys_) return;
    area("certificates", [&] { certificates(); });
    area("store", [&] { store(); });
    area("designation", [&] { designation(); });
    area("checkpoint", [&] { checkpoint(); });
    area("daemon", [&] { daemon(); });
    if (store_) area("peers", [&] { peers(); });
    if (full) area("fsck", [&] { fsck(); });
  }

 private:
  using Values = std::map<std::string, std::string>;

  void found(DoctorCheck check, Values values = {}) {
    out_.findings.push_back({check, std::move(values)});
    clean_ = false;
  }

  template <class Look>
  void area(const char* name, Look look) {
    clean_ = true;
    values_.clear();
    look();
    if (clean_) out_.findings.push_back({std::string(name), values_});
  }

  void core(pid_t process) {
    rlimit limit{};
    if (::prlimit(process, RLIMIT_CORE, nullptr, &limit) == 0 && limit.rlim_cur != 0) found(DoctorCheck::core);
  }

  // Of the daemon; while none runs, of what is started from here.
  void limits(pid_t process) {
    rlimit limit{};
    if (::prlimit(process, RLIMIT_NOFILE, nullptr, &limit) == 0 && limit.rlim_max < kDescriptorsWanted)
      found(DoctorCheck::descriptors,
            {{"count", std::to_string(limit.rlim_max)}, {"needed", std::to_string(kDescriptorsWanted)}});
  }

  void clock() {
    timex state{};
    if (::adjtimex(&state) == TIME_ERROR || (state.status & STA_UNSYNC) != 0) found(DoctorCheck::clock);
  }

  void settings(const std::string& file) {
    auto loaded = config::load_settings(file);
    if (!loaded) {
      for (const auto& fault : loaded.error()) found(DoctorCheck::settings, {{"detail", config::to_string(fault)}});
      return;
    }
    settings_ = std::move(*loaded);
    out_.data_directory = settings_->data_directory;
    values_ = {{"authority", settings_->authority}};
  }

  void data() {
    const auto book = config::load_agreements(*settings_);
    if (book) return;
    for (const auto& fault : book.error()) found(DoctorCheck::data, {{"detail", config::to_string(fault)}});
  }

  void disk() {
    const auto use = store::disk_use(settings_->state_directory);
    values_ = {{"count", std::to_string(use.free >> 20)}};
    if (use.free < kPlenty)
      found(DoctorCheck::disk_full, values_);
    else if (use.for_attachments < kLow)
      found(DoctorCheck::disk_low, values_);
  }

  void keys() {
    // Files that another user leaves behind would keep the daemon out.
    const auto state = status_of(settings_->state_directory);
    if (state && state->st_uid != ::geteuid()) return found(DoctorCheck::user, {{"path", settings_->state_directory}});
    // First, so that a wrong PIN is tried once.
    if (settings_->sign_key)
      if (const auto key = load_sign_key(*settings_); !key)
        return found(DoctorCheck::token, {{"detail", key.error().detail}});
    auto keys = load_keys(*settings_);
    if (!keys) return found(DoctorCheck::keys, {{"detail", keys.error().detail}});
    keys_.emplace(std::move(*keys));
    if (const auto administrator = load_certificate(settings_->administrator); !administrator)
      found(DoctorCheck::keys, {{"detail", administrator.error().detail}});
    const auto folder = status_of(settings_->keys_directory);
    if (folder && (folder->st_mode & (S_IRWXO | S_IWGRP)) != 0)
      found(DoctorCheck::keys_open, {{"path", settings_->keys_directory}});
  }

  void certificate(const char* role, const crypto::Certificate& certificate) {
    const Values values = {
        {"subject", role}, {"from", day_of(certificate.not_before())}, {"until", day_of(certificate.not_after())}};
    if (now_ < certificate.not_before())
      found(DoctorCheck::certificate_early, values);
    else if (certificate.not_after() <= now_)
      found(DoctorCheck::certificate_ended, values);
    else if (certificate.not_after() - now_ < kSoon)
      found(DoctorCheck::certificate_ends, values);
  }

  void certificates() {
    const auto tls = crypto::Certificate::from_pem(keys_->tls.certificate_pem);
    if (tls) certificate("tls", *tls);
    certificate("sign", keys_->sign_certificate);
  }

  void store() {
    auto store = store::inspect(store_options(*settings_), keys_->database, keys_->log.public_key());
    if (!store && store.error().code == Errc::not_found) return found(DoctorCheck::store_new);
    if (!store) return found(DoctorCheck::store, {{"detail", store.error().detail}});
    store_ = std::move(*store);
    values_ = {{"count", std::to_string(store_->entries)}};
    if (store_->suspended) found(DoctorCheck::store_suspended, {{"detail", *store_->suspended}});
  }

  // As the store knows it; before the first start, as it stands beside the keys.
  [[nodiscard]] std::optional<core::Designation> own_designation() const {
    const auto* entry = store_ ? store_->directory->find(settings_->authority) : nullptr;
    if (entry != nullptr) {
      const auto* designation = core::in_force(entry->history, now_);
      return designation == nullptr ? std::nullopt : std::optional(*designation);
    }
    auto bundled = core::Designation::parse(keys_->designations.back().statement);
    if (!bundled || now_ < bundled->valid_from || bundled->valid_to <= now_) return std::nullopt;
    return std::move(*bundled);
  }

  void designation() {
    const auto designation = own_designation();
    if (!designation) return found(DoctorCheck::designation_missing, {{"authority", settings_->authority}});
    values_ = {{"until", day_of(designation->valid_to)}};
    if (designation->valid_to - now_ < kSoon) found(DoctorCheck::designation_ends, values_);
    named(*designation, core::KeyRole::sign, keys_->sign_certificate.id());
    const auto tls = crypto::Certificate::from_pem(keys_->tls.certificate_pem);
    if (tls) named(*designation, core::KeyRole::tls, tls->id());
  }

  // That it names this certificate of the folder, and until when, where it names the next one too.
  void named(const core::Designation& designation, core::KeyRole role, const Digest& id) {
    const auto line = [&](const Digest& key) {
      return std::find_if(designation.keys.begin(), designation.keys.end(),
                          [&](const core::DesignatedKey& one) { return one.role == role && one.id == key; });
    };
    const auto none = designation.keys.end();
    const auto ours = line(id);
    if (ours == none || !ours->valid_at(now_))
      return found(DoctorCheck::designation_keys, {{"subject", core::to_string(role)}});
    const auto next = load_certificate(settings_->keys_directory + "/next/" + core::to_string(role) + ".pem");
    if (next.has_value() && line(next->id()) != none && ours->to - now_ < kSoon)
      found(DoctorCheck::designation_switch, {{"subject", core::to_string(role)}, {"until", day_of(ours->to)}});
  }

  void checkpoint() {
    const auto file = status_of(settings_->checkpoint_file);
    if (!file && store_ && store_->entries > 0)
      return found(DoctorCheck::checkpoint_missing, {{"path", settings_->checkpoint_file}});
    const auto state = status_of(settings_->state_directory);
    if (file && state && file->st_dev == state->st_dev)
      found(DoctorCheck::checkpoint_beside, {{"path", settings_->checkpoint_file}});
  }

  void daemon() {
    if (!store_ || !store_->in_use) return found(DoctorCheck::stopped);
    switch (transport::DeskProbe(settings_->desk_socket, keys_->tls).ask(seconds(5))) {
      case transport::Health::serving:
        return;
      case transport::Health::not_serving:
        return found(DoctorCheck::not_serving);
      case transport::Health::silent:
        return found(DoctorCheck::silent, {{"path", settings_->desk_socket}});
    }
  }

  void peers() {
    std::map<std::string, std::string> endpoints;
    for (const auto& [peer, entry] : store_->directory->entries()) {
      if (peer == settings_->authority) continue;
      const auto why = core::why_parked(*store_->directory, peer, now_, settings_->revocation_grace);
      if (!why)
        endpoints.emplace(peer, core::in_force(entry.history, now_)->endpoint);
      else if (*why == core::ReasonCode::designation_ended)
        found(DoctorCheck::peer_designation, {{"peer", peer}});
      else if (*why != core::ReasonCode::peer_inactive)
        found(DoctorCheck::peer_parked, {{"peer", peer}, {"code", core::to_string(*why)}});
    }
    values_ = {{"count", std::to_string(endpoints.size())}};
    for (const auto& peer : unreachable(endpoints, std::chrono::seconds(3)))
      found(DoctorCheck::peer_unreachable, {{"peer", peer}, {"endpoint", endpoints.at(peer)}});
  }

  void fsck() {
    if (!store_ || store_->in_use) return found(DoctorCheck::fsck_not_now);
    const auto report = store::fsck(store_options(*settings_), keys_->database, keys_->log.public_key());
    if (!report) return found(DoctorCheck::fsck, {{"detail", report.error().detail}});
    values_ = {{"count", std::to_string(report->messages)}};
    for (const auto& finding : report->findings) found(DoctorCheck::fsck, {{"detail", finding}});
  }

  const Instant now_;
  Examination& out_;
  bool clean_ = true;  // of the area
  Values values_;      // of the area, when nothing is found
  std::optional<config::Settings> settings_;
  std::optional<Keys> keys_;
  std::optional<store::Inspection> store_;
};

}  // namespace

const char* code_of(DoctorCheck check) { return kRows[static_cast<std::size_t>(check)].code; }
bool is_grave(DoctorCheck check) { return kRows[static_cast<std::size_t>(check)].grave; }

Examination examine(const std::string& config, bool full, const Clock& clock) {
  Examination out;
  Doctor(clock, out).examine(config, full);
  return out;
}

}  // namespace chancery
