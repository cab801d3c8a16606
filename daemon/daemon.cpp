#include "daemon/daemon.h"

#include <future>
#include <mutex>

#include "crypto/random.h"
#include "daemon/keys.h"
#include "daemon/revocation.h"
#include "daemon/service/administration.h"
#include "daemon/service/attachment_desk.h"
#include "daemon/service/erasing.h"
#include "daemon/service/evidence.h"
#include "daemon/service/exchange.h"
#include "daemon/service/metrics.h"
#include "daemon/service/quotations.h"
#include "daemon/service/read.h"
#include "daemon/service/seal_keys.h"
#include "daemon/service/submit.h"
#include "daemon/transport/desk.h"
#include "daemon/transport/desk_probe.h"
#include "daemon/transport/metrics_server.h"
#include "daemon/transport/peer_client.h"
#include "daemon/transport/peer_exchange.h"
#include "daemon/upkeep.h"
#include "daemon/writer_probe.h"

namespace chancery {

namespace {

using service::log_line;
using service::LogEvent;

constexpr Duration kFirstSay = seconds(2);

// The agreement data in force, swapped as a whole.
class Agreements {
 public:
  explicit Agreements(core::AgreementBook book) : book_(std::make_shared<const core::AgreementBook>(std::move(book))) {}

  [[nodiscard]] std::shared_ptr<const core::AgreementBook> current() const {
    const std::lock_guard lock(mutex_);
    return book_;
  }
  void swap(core::AgreementBook book) {
    auto next = std::make_shared<const core::AgreementBook>(std::move(book));
    const std::lock_guard lock(mutex_);
    book_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const core::AgreementBook> book_;
};

service::Identity identity_of(const config::Settings& settings, const Keys& keys) {
  return {settings.authority,         settings.party,
          settings.number_prefix,     settings.label_policy,
          keys.sign_certificate.id(), keys.sign_certificate.public_key().suite()};
}

transport::ConnectionLimits limits_of(std::size_t connections) {
  transport::ConnectionLimits limits;
  limits.total = connections;
  limits.per_source = std::max<std::size_t>(4, connections / 4);
  return limits;
}

}  // namespace

class Daemon::Impl {
 public:
  Impl(DaemonOptions options, Keys keys, service::EventCounts events)
      : events_(std::move(events)),
        options_(std::move(options)),
        keys_(std::move(keys)),
        identity_(identity_of(settings(), keys_)),
        agreements_(std::move(options_.configuration.book)),
        links_([this](const Digest& leaf) { return peer_of(leaf); }),
        client_({keys_.tls, seconds(10)}, links_, options_.clock, options_.log) {}

  // Calls first, then the lanes they wake, then what they write to.
  ~Impl() {
    metrics_server_.reset();
    revocations_.reset();
    desk_probe_.reset();
    desk_.reset();
    peers_.reset();
    client_.stop();
    // Whatever was posted is answered while the lanes it wakes still stand.
    if (store_) (void)store_->run<int>(0, [](store::Transaction&) -> Result<int> { return 0; });
    quotations_.reset();
    exchange_.reset();
  }

  Result<void> start() {
    CHECK_OK(open_store());
    tell_suspended();
    CHECK_OK(record_who_we_are());
    make_services();
    CHECK_OK(serve());
    return {};
  }

  [[nodiscard]] const std::string& desk() const { return settings().desk_socket; }
  [[nodiscard]] const std::string& peer() const { return peers_->address(); }

  bool makes_progress(Duration wait) {
    tell_suspended();
    const bool writes = writer_probe_->moves();
    if (std::exchange(writes_, writes) != writes)
      options_.log(writes ? log_line<LogEvent::store_moves>() : log_line<LogEvent::store_stuck>());
    const bool full = store_->full();
    if (std::exchange(full_, full) != full)
      options_.log(full ? log_line<LogEvent::store_full>() : log_line<LogEvent::store_roomy>());
    const auto unsigned_for = store_->why_unsigned();
    look_for_sign_key(unsigned_for);
    tell_sign_key(unsigned_for);
    desk_->serving(writes && !full && !unsigned_for);
    return desk_probe_->ask(wait) != transport::Health::silent && writes;
  }

  // Beside us, for a library may wait long for its token.
  void look_for_sign_key(const std::optional<core::ReasonCode>& unsigned_for) {
    if (unsigned_for != core::ReasonCode::sign_key_away) return;
    if (look_.valid() && look_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
    look_ = std::async(std::launch::async, [this] { keys_.sign->look(); });
  }

  // That the key is away is told by whoever uses it.
  void tell_sign_key(const std::optional<core::ReasonCode>& unsigned_for) {
    const bool ended = unsigned_for == core::ReasonCode::sign_key_ended;
    if (std::exchange(sign_key_ended_, ended) == ended || unsigned_for == core::ReasonCode::sign_key_away) return;
    options_.log(ended ? log_line<LogEvent::sign_key_ended>() : log_line<LogEvent::sign_key_holds>());
  }

  // Once, however it came to it.
  void tell_suspended() {
    const auto why = store_->suspended();
    if (why && !std::exchange(told_suspended_, true)) options_.log(log_line<LogEvent::store_suspended>(*why));
  }

  void reload() {
    reload_designations();
    if (revocations_) revocations_->look();
    auto book = config::load_agreements(settings());
    if (!book) {
      for (const auto& fault : book.error())
        options_.log(log_line<LogEvent::agreements_fault>(config::to_string(fault)));
      return options_.log(log_line<LogEvent::agreements_kept>(to_string(agreements_.current()->digest())));
    }
    agreements_.swap(std::move(*book));
    options_.log(log_line<LogEvent::agreements_loaded>(to_string(agreements_.current()->digest())));
    exchange_->peers_changed();
  }

  // A designation that is next, while the keys are those of before.
  void reload_designations() {
    const auto items = load_designations(settings().keys_directory);
    const auto recorded = items.has_value() ? service::record_own_designations(node(), *items)
                                            : Result<bool>(tl::unexpected(items.error()));
    if (!recorded.has_value()) return options_.log(log_line<LogEvent::designation_fault>(recorded.error().detail));
    if (!*recorded) return;
    options_.log(log_line<LogEvent::designation_recorded>(identity_.authority));
    exchange_->designated();
  }

 private:
  [[nodiscard]] const config::Settings& settings() const { return options_.configuration.settings; }

  [[nodiscard]] service::Node node() {
    return {identity_,
            *store_,
            [this] { return agreements_.current(); },
            options_.clock,
            random_,
            keys_.storage,
            options_.log,
            settings().revocation_grace};
  }

  [[nodiscard]] std::optional<std::string> peer_of(const Digest& leaf) const {
    const auto directory = store_->directory();
    const auto now = options_.clock.now();
    const auto* authority = directory->authority_of_tls(leaf, now);
    if (authority == nullptr || *authority == identity_.authority) return std::nullopt;
    if (core::why_parked(*directory, *authority, now, settings().revocation_grace)) return std::nullopt;
    return *authority;
  }

  Result<void> open_store() {
    const auto on_failure = [this](const Error& error) {
      options_.log(log_line<LogEvent::store_failed>(error.detail));
      options_.on_store_failure();
    };
    store_ = TRY(
        store::Store::open(store_options(settings()), keys_.database,
                           {options_.clock, random_, *keys_.sign, identity_.sign_certificate, keys_.log, on_failure}));
    return {};
  }

  // After a sanctioned restore every peer hears of it before anything else.
  Result<void> open_epoch() {
    if (store_->epoch() == 1 || store_->suspended()) return {};
    const auto directory = store_->directory();
    for (const auto& [peer, entry] : directory->entries())
      if (peer != identity_.authority)
        CHECK_OK(store_->run<void>(1, [&](store::Transaction& tx) { return tx.open_epoch(peer); }));
    return {};
  }

  Result<void> record_who_we_are() {
    const auto administrator = TRY(load_certificate(settings().administrator));
    TRY(service::record_own_designations(node(), keys_.designations));
    CHECK_OK(service::record_first_administrator(node(), administrator));
    return open_epoch();
  }

  [[nodiscard]] service::Lanes lanes() {
    return {[this](const std::string& peer) { exchange_->wake(peer); }, [this] { exchange_->peers_changed(); },
            [this](const std::string& peer) { return exchange_->status(peer); },
            [this] { return exchange_->rejected(); },
            [this](const std::string& provider, const core::PermitRequest& request) {
              exchange_->ask_permit(provider, request);
            }};
  }

  void make_services() {
    // Whoever can be reached says first what it has of us.
    store_->hold(kFirstSay);
    service::ExchangeOptions exchange;
    exchange.retry = settings().retry;
    exchange_ = std::make_unique<service::Exchange>(node(), client_, exchange);
    const auto lanes = this->lanes();
    quotations_ = std::make_unique<service::Quotations>(node());
    submit_ = std::make_unique<service::Submit>(node(), lanes, *quotations_);
    reading_ = std::make_unique<service::Reading>(node(), lanes);
    attachments_ = std::make_unique<service::AttachmentDesk>(node(), *reading_);
    erasing_ = std::make_unique<service::Erasing>(node(), lanes);
    evidence_ = std::make_unique<service::EvidenceExport>(node());
    consents_ = std::make_unique<service::ConsentDesk>(node());
    disclosing_ = std::make_unique<service::Disclosing>(node(), lanes);
    joint_acts_ = std::make_unique<service::JointActDesk>(node());
    handlings_ = std::make_unique<service::HandlingDesk>(node());
    administration_ = std::make_unique<service::Administration>(node(), lanes, options_.version);
  }

  // The Desk opens last: who can connect to it finds everything running.
  Result<void> serve() {
    // Before anybody can connect.
    if (settings().revocation_grace)
      revocations_ = std::make_unique<RevocationWatch>(node(), settings().revocation_directory,
                                                       [this] { exchange_->peers_changed(); });
    peers_ = TRY(transport::PeerServer::start({settings().peer_listen, keys_.tls, limits_of(options_.connections)},
                                              links_, *exchange_, options_.clock, options_.log));
    const transport::DeskServices services{*submit_,   *reading_,      *attachments_, *erasing_,   *evidence_,
                                           *consents_, *joint_acts_,   *disclosing_,  *handlings_, *administration_,
                                           random_,    options_.clock, options_.log};
    desk_ = TRY(transport::DeskServer::start({settings().desk_socket, keys_.tls}, services));
    writer_probe_ = std::make_unique<WriterProbe>(*store_);
    desk_probe_ = std::make_unique<transport::DeskProbe>(settings().desk_socket, keys_.tls);
    return serve_metrics();
  }

  [[nodiscard]] std::vector<service::QuotaUse> quotas(const std::string& peer) const {
    auto all = exchange_->quotas(peer);
    const auto debt = std::max(peers_->debt(peer), client_.debt(peer));
    all.push_back({"useless-bytes", debt, transport::GuardLimits().allowance});
    return all;
  }

  Result<void> serve_metrics() {
    if (settings().metrics_socket.empty()) return {};
    const auto tls = TRY(crypto::Certificate::from_pem(keys_.tls.certificate_pem));
    metrics_ = std::make_unique<service::Metrics>(
        node(), lanes(),
        service::MetricsOptions{
            options_.version,
            {{"tls", tls.not_after()}, {"sign", keys_.sign_certificate.not_after()}},
            events_,
            [this] {
              return service::Connected{peers_->connections(), client_.connections(), desk_->connections()};
            },
            [this](const std::string& peer) { return quotas(peer); }});
    metrics_server_ =
        TRY(transport::MetricsServer::start(settings().metrics_socket, [this] { return metrics_->text(); }));
    return {};
  }

  service::EventCounts events_;
  DaemonOptions options_;
  Keys keys_;
  service::Identity identity_;
  crypto::SystemRandom random_;
  Agreements agreements_;
  transport::Links links_;
  transport::PeerClient client_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<service::Exchange> exchange_;
  std::unique_ptr<service::Quotations> quotations_;
  std::unique_ptr<service::Submit> submit_;
  std::unique_ptr<service::Reading> reading_;
  std::unique_ptr<service::AttachmentDesk> attachments_;
  std::unique_ptr<service::Erasing> erasing_;
  std::unique_ptr<service::EvidenceExport> evidence_;
  std::unique_ptr<service::ConsentDesk> consents_;
  std::unique_ptr<service::JointActDesk> joint_acts_;
  std::unique_ptr<service::Disclosing> disclosing_;
  std::unique_ptr<service::HandlingDesk> handlings_;
  std::unique_ptr<service::Administration> administration_;
  std::unique_ptr<transport::PeerServer> peers_;
  std::unique_ptr<transport::DeskServer> desk_;
  std::unique_ptr<RevocationWatch> revocations_;
  std::unique_ptr<WriterProbe> writer_probe_;
  std::unique_ptr<transport::DeskProbe> desk_probe_;
  std::unique_ptr<service::Metrics> metrics_;
  std::unique_ptr<transport::MetricsServer> metrics_server_;
  bool writes_ = true;
  bool full_ = false;
  bool told_suspended_ = false;
  bool sign_key_ended_ = false;  // and it was told
  std::future<void> look_;       // uses keys_
};

Result<std::unique_ptr<Daemon>> Daemon::start(DaemonOptions options) {
  CHECK_OK(settle_rekey(options.configuration.settings));
  const service::EventCounts events;
  options.log = events.counted(std::move(options.log));
  const auto told = [log = options.log](const Error* lost) {
    log(lost != nullptr ? service::log_line<service::LogEvent::signer_lost>(lost->detail)
                        : service::log_line<service::LogEvent::signer_back>());
  };
  auto keys = TRY(load_keys(options.configuration.settings, told));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(keys), events);
  CHECK_OK(impl->start());
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() = default;

const std::string& Daemon::desk() const { return impl_->desk(); }
const std::string& Daemon::peer() const { return impl_->peer(); }
bool Daemon::makes_progress(Duration wait) { return impl_->makes_progress(wait); }
void Daemon::reload() { impl_->reload(); }

}  // namespace chancery
