#include "tests/model/exchange_world.h"

#include "daemon/service/voiding.h"

namespace chancery::test {

namespace {

// Short, so that a history of seconds holds many retries.
service::ExchangeOptions hasty() {
  service::ExchangeOptions options;
  options.retry = {Duration{2}, Duration{40}};
  options.window_messages = 6;
  options.frame_messages = 3;
  options.heartbeat = Duration{150};
  options.answer = Duration{60};
  return options;
}

Bytes proof(const wire::Frame& frame, const wire::Proven& proven) {
  wire::Frame alone;
  alone.signatures = {frame.signatures.at(proven.signature)};
  alone.receipts = {{proven.statement, 0, proven.path}};
  return wire::encode_frame(alone);
}

}  // namespace

std::string line(const std::string& statement, const std::string& name) {
  const auto at = statement.find("\n" + name + " ");
  if (at == std::string::npos) return "";
  const auto from = at + name.size() + 2;
  return statement.substr(from, statement.find('\n', from) - from);
}

void Tap::take(const std::string& from, const wire::Frame& frame) {
  const std::lock_guard lock(mutex_);
  if (wire::encode_frame(frame).size() > wire::kMaxFrame) findings_.push_back("a frame of " + from + " is too long");
  if (frame.messages.size() > hasty().frame_messages) findings_.push_back("too many messages in a frame of " + from);
  for (const auto& receipt : frame.receipts) {
    const auto about = from + " about " + line(receipt.statement, "message") + " " + line(receipt.statement, "stage");
    same("receipt of " + about, proof(frame, receipt));
    receipts_.emplace(about, std::pair(from, receipt.statement));
  }
  for (const auto& dispatch : frame.dispatches)
    same("dispatch of " + from + " to " + line(dispatch.statement, "recipient") + " " +
             line(dispatch.statement, "epoch") + "/" + line(dispatch.statement, "sequence"),
         proof(frame, dispatch));
  for (const auto& message : frame.messages) {
    auto bytes = proof(frame, message.statement);
    for (const auto& ciphertext : message.ciphertexts) bytes = concat({bytes, ciphertext});
    same("message " + to_hex(crypto::sha256(as_bytes(message.statement.statement)).view()),
         concat({bytes, message.wraps}));
  }
}

void Tap::same(const std::string& about, const Bytes& bytes) {
  const auto [known, first] = first_.emplace(about, bytes);
  if (first) return;
  ++repeats_;
  if (known->second != bytes) findings_.push_back("sent again with other bytes: " + about);
}

std::vector<std::string> Tap::findings() const {
  const std::lock_guard lock(mutex_);
  return findings_;
}

std::vector<std::pair<std::string, std::string>> Tap::receipts() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [about, receipt] : receipts_) all.push_back(receipt);
  return all;
}

std::size_t Tap::repeats() const {
  const std::lock_guard lock(mutex_);
  return repeats_;
}

ExchangeWorld::ExchangeWorld(std::uint64_t seed, const Mix& mix)
    : mix_(mix), random_(seed), clock_(example_time()), bytes_(seed), network_(seed, mix.network) {
  network_.watch(
      [this](const std::string& from, const std::string&, const wire::Frame& frame) { tap_.take(from, frame); });
  for (const auto* id : {"cn-example", "kz-example", "ru-example"})
    stations_.push_back(std::make_unique<Station>(id, clock_, bytes_, network_, hasty()));
  std::vector<ExampleAuthority*> authorities;
  for (const auto& station : stations_) authorities.push_back(&station->authority());
  introduce(authorities);
  for (const auto& station : stations_) station->start();
}

ExchangeWorld::~ExchangeWorld() { stop(); }

void ExchangeWorld::stop() {
  for (const auto& station : stations_) station->stop();
}

std::vector<Station*> ExchangeWorld::stations() {
  std::vector<Station*> all;
  for (const auto& station : stations_) all.push_back(station.get());
  return all;
}

Station& ExchangeWorld::station(const std::string& id) {
  for (const auto& station : stations_)
    if (station->id() == id) return *station;
  std::abort();
}

Station& ExchangeWorld::any() { return *stations_[random_() % stations_.size()]; }

void ExchangeWorld::tick(std::int64_t ms) {
  clock_.advance({ms});
  std::this_thread::sleep_for(std::chrono::milliseconds(1 + random_() % 3));
}

void ExchangeWorld::play(unsigned acts) {
  for (unsigned i = 0; i < acts; ++i) {
    act();
    tick(static_cast<std::int64_t>(random_() % 200));
  }
}

void ExchangeWorld::act() {
  auto& by = any();
  auto drawn = random_() % 100;
  const auto falls_on = [&](unsigned share) {
    const bool hit = drawn < share;
    drawn -= hit ? 0 : share;
    return hit;
  };
  if (falls_on(mix_.read)) return read(by);
  if (falls_on(mix_.close)) return close(by);
  if (falls_on(mix_.crash)) return crash(by);
  if (falls_on(mix_.restart)) return by.reopen();
  if (falls_on(mix_.part)) return chance(50) ? network_.part(by.id(), any().id()) : network_.reunite();
  release(by);
}

// A client remembers what it was told, nothing else.
void ExchangeWorld::release(Station& by) {
  DraftOptions draft;
  draft.recipients.clear();
  for (const auto& other : stations_)
    if (other.get() != &by && chance(70)) draft.recipients.push_back(other->id());
  if (draft.recipients.empty()) return;
  if (chance(mix_.expiring))
    draft.expires = to_string(clock_.now() + Duration{static_cast<std::int64_t>(1 + random_() % 400)});
  draft.body = "Текст " + std::to_string(random_());
  const auto outcome = by.submit().submit(officer(), submission(draft, ++submissions_));
  if (!outcome.has_value() || !std::holds_alternative<wire::Accepted>(*outcome)) return;
  promised_.emplace(std::get<wire::Accepted>(*outcome).id, Promise{by.id(), draft.recipients});
}

void ExchangeWorld::read(Station& by) {
  const auto rows = by.store().reader().list(store::Box::inbox, 0, 200);
  if (!rows.has_value() || rows->empty()) return;
  const auto id = core::to_string((*rows)[random_() % rows->size()].id);
  if (chance(60))
    (void)by.reading().read(officer(), id);
  else
    (void)by.reading().acknowledge(officer(), id);
}

void ExchangeWorld::close(Station& by) {
  const auto& peer = any().id();
  const auto rows = by.store().reader().due(peer, clock_.now() + days(1), 50);
  if (!rows.has_value() || rows->empty()) return;
  const auto& row = (*rows)[random_() % rows->size()];
  const auto done = by.store().run<void>(
      1, [&](store::Transaction& tx) { return service::void_dispatch(tx, row, "withdrawn", "officer"); });
  if (done.has_value()) by.exchange().wake(peer);
}

void ExchangeWorld::crash(Station& by) {
  by.fail_disk(static_cast<int>(1 + random_() % 4));
  for (auto i = random_() % 5; i > 0; --i) release(by);
  tick(static_cast<std::int64_t>(random_() % 200));
  by.reopen();
}

bool ExchangeWorld::settle(unsigned seconds) {
  network_.set_faults({});
  network_.reunite();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < limit) {
    tick(100);
    if (quiet()) return true;
  }
  return false;
}

bool ExchangeWorld::quiet() {
  for (const auto& from : stations_)
    for (const auto& to : stations_) {
      if (from == to) continue;
      auto& reader = from->store().reader();
      const auto receipts = reader.unsent_receipts(to->id(), 0, 1);
      const auto dispatches = reader.untaken(to->id(), 1);
      if (reader.queued(to->id()) != 0U || !receipts.has_value() || !receipts->empty() || !dispatches.has_value() ||
          !dispatches->empty())
        return false;
    }
  return true;
}

}  // namespace chancery::test
