#include "daemon/daemon.h"

#include <mutex>

#include "crypto/random.h"
#include "daemon/keys.h"
#include "daemon/service/administration.h"
#include "daemon/service/erasing.h"
#include "daemon/service/evidence.h"
#include "daemon/service/exchange.h"
#include "daemon/service/quotations.h"
#include "daemon/service/read.h"
#include "daemon/service/seal_keys.h"
#include "daemon/service/submit.h"
#include "daemon/transport/desk.h"
#include "daemon/transport/peer_client.h"
#include "daemon/transport/peer_exchange.h"

namespace chancery {

namespace {

using service::LogLevel;

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
  return {settings.authority, settings.party, settings.number_prefix, settings.label_policy,
          keys.sign_certificate.id()};
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
  Impl(DaemonOptions options, Keys keys)
      : options_(std::move(options)),
        keys_(std::move(keys)),
        identity_(identity_of(settings(), keys_)),
        agreements_(std::move(options_.configuration.book)),
        links_([this](const Digest& leaf) { return peer_of(leaf); }),
        client_({keys_.tls, seconds(10)}, links_) {}

  // Calls first, then the lanes they wake, then what they write to.
  ~Impl() {
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
    CHECK_OK(record_who_we_are());
    make_services();
    CHECK_OK(serve());
    return {};
  }

  [[nodiscard]] const std::string& desk() const { return settings().desk_socket; }
  [[nodiscard]] const std::string& peer() const { return peers_->address(); }

  void reload() {
    auto book = config::load_agreements(settings());
    if (!book) {
      for (const auto& fault : book.error()) log(LogLevel::error, "agreements.fault", config::to_string(fault));
      return log(LogLevel::error, "agreements.kept", to_string(agreements_.current()->digest()));
    }
    agreements_.swap(std::move(*book));
    log(LogLevel::info, "agreements.loaded", to_string(agreements_.current()->digest()));
    exchange_->peers_changed();
  }

 private:
  [[nodiscard]] const config::Settings& settings() const { return options_.configuration.settings; }
  void log(LogLevel level, const std::string& event, const std::string& detail) const {
    options_.log(level, event, detail);
  }

  [[nodiscard]] service::Node node() {
    return {identity_,     *store_,     [this] { return agreements_.current(); }, options_.clock, random_,
            keys_.storage, options_.log};
  }

  [[nodiscard]] std::optional<std::string> peer_of(const Digest& leaf) const {
    const auto directory = store_->directory();
    const auto* authority = directory->authority_of_tls(leaf, options_.clock.now());
    if (authority == nullptr || *authority == identity_.authority) return std::nullopt;
    return *authority;
  }

  Result<void> open_store() {
    const auto on_failure = [this](const Error& error) {
      log(LogLevel::error, "store.failed", error.detail);
      options_.on_store_failure();
    };
    store_ = TRY(
        store::Store::open({settings().state_directory, settings().authority}, keys_.database,
                           {options_.clock, random_, keys_.sign, identity_.sign_certificate, keys_.log, on_failure}));
    return {};
  }

  Result<void> record_who_we_are() {
    const auto administrator = TRY(load_certificate(settings().administrator));
    CHECK_OK(service::record_own_designation(node(), keys_.designation));
    CHECK_OK(service::record_first_administrator(node(), administrator));
    (void)TRY(service::SealKeys(node()).renew());
    return {};
  }

  void make_services() {
    service::ExchangeOptions exchange;
    exchange.retry = settings().retry;
    exchange_ = std::make_unique<service::Exchange>(node(), client_, exchange);
    const service::Lanes lanes{
        [this](const std::string& peer) { exchange_->wake(peer); }, [this] { exchange_->peers_changed(); },
        [this](const std::string& peer) { return exchange_->status(peer); }, [this] { return exchange_->rejected(); },
        [this](const std::string& provider, const core::PermitRequest& request) {
          exchange_->ask_permit(provider, request);
        }};
    quotations_ = std::make_unique<service::Quotations>(node());
    submit_ = std::make_unique<service::Submit>(node(), lanes, *quotations_);
    reading_ = std::make_unique<service::Reading>(node(), lanes);
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
    peers_ = TRY(transport::PeerServer::start({settings().peer_listen, keys_.tls, limits_of(options_.connections)},
                                              links_, *exchange_, options_.clock, options_.log));
    const transport::DeskServices services{*submit_,         *reading_,    *erasing_,      *evidence_,
                                           *consents_,       *joint_acts_, *disclosing_,   *handlings_,
                                           *administration_, random_,      options_.clock, options_.log};
    desk_ = TRY(transport::DeskServer::start({settings().desk_socket, keys_.tls}, services));
    return {};
  }

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
  std::unique_ptr<service::Erasing> erasing_;
  std::unique_ptr<service::EvidenceExport> evidence_;
  std::unique_ptr<service::ConsentDesk> consents_;
  std::unique_ptr<service::JointActDesk> joint_acts_;
  std::unique_ptr<service::Disclosing> disclosing_;
  std::unique_ptr<service::HandlingDesk> handlings_;
  std::unique_ptr<service::Administration> administration_;
  std::unique_ptr<transport::PeerServer> peers_;
  std::unique_ptr<transport::DeskServer> desk_;
};

Result<std::unique_ptr<Daemon>> Daemon::start(DaemonOptions options) {
  auto keys = TRY(load_keys(options.configuration.settings.keys_directory));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(keys));
  CHECK_OK(impl->start());
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() = default;

const std::string& Daemon::desk() const { return impl_->desk(); }
const std::string& Daemon::peer() const { return impl_->peer(); }
void Daemon::reload() { impl_->reload(); }

}  // namespace chancery
