// The reference pipeline: two processes that do the work one cannot do without, with the same cryptography, and nothing
// else. client -> A (seal, sign, SQLCipher commit) -> gRPC over mutual TLS -> B (verify, unwrap, open, commit, signed
// receipt) -> A (verify the receipt, commit) -> client. No policy, no journal, no retry, no recovery, no crash safety
// between the steps: a measured limit to compare with in the same run.
//
//   reference_pipeline DIRECTORY COUNT batched|single   prints messages a second, receipts stored at A
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sqlcipher/sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "crypto/aead.h"
#include "crypto/certificate.h"
#include "crypto/hpke.h"
#include "crypto/merkle.h"
#include "crypto/random.h"
#include "pipeline.grpc.pb.h"

namespace {

namespace crypto = chancery::crypto;
namespace pb = chancery::pipeline;
using chancery::as_bytes;
using chancery::Bytes;
using chancery::BytesView;
using chancery::Digest;

constexpr std::size_t kBodySize = 1024;
constexpr int kPerBatch = 64;
constexpr std::size_t kBatchesWaiting = 16;

template <class T>
T must(chancery::Result<T> result) {
  if (result.has_value()) return std::move(result).value();
  std::fprintf(stderr, "reference pipeline: %s\n", result.error().detail.c_str());
  std::exit(1);
}

std::string text(BytesView bytes) { return std::string(chancery::as_text(bytes)); }

// ---- what both processes know

struct Party {
  crypto::PrivateKey key;
  crypto::Certificate certificate;
};

Party make_party(const char* name, crypto::PrivateKey& issuer, const crypto::Certificate& anchor) {
  auto key = must(crypto::PrivateKey::generate(crypto::Suite::p256));
  const chancery::Instant now{std::int64_t{time(nullptr)} * 1000};
  auto certificate = must(
      crypto::issue_certificate({name, crypto::CertificateUse::tls, now - chancery::days(1), now + chancery::days(1)},
                                key.public_key(), issuer, &anchor));
  return {std::move(key), std::move(certificate)};
}

struct Setting {
  std::filesystem::path directory;
  bool single = false;
  crypto::Certificate anchor;
  Party a, b;
  crypto::KemPrivateKey seal_key;  // of B
};

// ---- steps

class Database {
 public:
  Database(const std::filesystem::path& file, bool receiver) {
    std::filesystem::remove(file);
    check(sqlite3_open(file.c_str(), &db_));
    for (const char* pragma :
         {"PRAGMA key=\"x'2DD29CA851E7B56E4697B0E1F08507293D761A05CE4D1B628663F411A8086D99'\"",
          "PRAGMA cipher_page_size=8192", "PRAGMA cipher_hmac_algorithm=HMAC_SHA256", "PRAGMA journal_mode=WAL",
          "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=4000", "PRAGMA cache_size=-16384",
          "CREATE TABLE item(number INTEGER PRIMARY KEY, peer INT, body BLOB, signature BLOB)",
          "CREATE TABLE receipt(number INTEGER PRIMARY KEY, body BLOB)",
          "CREATE TABLE batch(first INTEGER PRIMARY KEY, signature BLOB, digests BLOB)"})
      execute(pragma);
    if (receiver) execute("CREATE UNIQUE INDEX item_of_peer ON item(peer, number)");
    check(sqlite3_prepare_v2(db_, "INSERT INTO item VALUES(?,1,?,?)", -1, &item_, nullptr));
    check(sqlite3_prepare_v2(db_, "INSERT INTO receipt VALUES(?,?)", -1, &receipt_, nullptr));
    check(sqlite3_prepare_v2(db_, "INSERT INTO batch VALUES(?,?,?)", -1, &batch_, nullptr));
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() {
    for (auto* statement : {item_, receipt_, batch_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }

  void execute(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  void store(const pb::Batch& batch) {
    for (const auto& item : batch.items()) insert(item_, item.number(), {&item.body(), &item.signature()});
    if (!batch.signature().empty()) insert(batch_, batch.items(0).number(), {&batch.signature(), &batch.wrapped()});
  }
  void store(const pb::Receipts& receipts) {
    std::string digests;
    for (const auto& digest : receipts.digests()) digests += digest;
    if (!receipts.signature().empty())
      return insert(batch_, receipts.first() + kOwnReceipts, {&receipts.signature(), &digests});
    for (int i = 0; i < receipts.signatures_size(); ++i)
      insert(receipt_, receipts.first() + static_cast<std::uint64_t>(i), {&receipts.signatures(i)});
  }

 private:
  static constexpr std::uint64_t kOwnReceipts = std::uint64_t{1} << 40;

  void check(int code) {
    if (code == SQLITE_OK) return;
    std::fprintf(stderr, "reference pipeline: %s\n", sqlite3_errmsg(db_));
    std::exit(1);
  }
  void insert(sqlite3_stmt* statement, std::uint64_t key, std::initializer_list<const std::string*> blobs) {
    sqlite3_bind_int64(statement, 1, static_cast<sqlite3_int64>(key));
    int column = 2;
    for (const auto* blob : blobs)
      sqlite3_bind_blob(statement, column++, blob->data(), static_cast<int>(blob->size()), SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE) check(sqlite3_errcode(db_));
    sqlite3_reset(statement);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt *item_ = nullptr, *receipt_ = nullptr, *batch_ = nullptr;
};

Digest leaf(const pb::Item& item) {
  return crypto::sha256(
      {as_bytes(std::string_view("\0item", 5)), chancery::u64be(item.number()), as_bytes(item.body())});
}

std::vector<Digest> leaves(const pb::Batch& batch) {
  std::vector<Digest> all;
  for (const auto& item : batch.items()) all.push_back(leaf(item));
  return all;
}

crypto::Nonce nonce_of(std::uint64_t number) {
  crypto::Nonce nonce{};
  const auto bytes = chancery::u64be(number);
  std::copy(bytes.begin(), bytes.end(), nonce.begin());
  return nonce;
}

// One wrapped content key a batch; each body under it.
void seal(const Setting& setting, crypto::RandomSource& random, pb::Batch& batch) {
  const auto key = random.secret(32);
  auto context = must(crypto::HpkeSender::create(setting.seal_key.public_key(), as_bytes("reference")));
  batch.set_wrapped(text(must(context.seal({}, key.view()))));
  batch.set_enc(text(context.enc()));
  for (auto& item : *batch.mutable_items())
    item.set_body(text(crypto::aead_seal(key.view(), nonce_of(item.number()), {}, as_bytes(item.body()))));
}

bool open_all(const Setting& setting, const pb::Batch& batch) {
  const auto context =
      must(crypto::HpkeReceiver::create(setting.seal_key, as_bytes(batch.enc()), as_bytes("reference")));
  const auto key = context.open(0, {}, as_bytes(batch.wrapped()));
  if (!key.has_value()) return false;
  return std::all_of(batch.items().begin(), batch.items().end(), [&](const pb::Item& item) {
    return crypto::aead_open(key->view(), nonce_of(item.number()), {}, as_bytes(item.body())).has_value();
  });
}

void sign(const Setting& setting, crypto::PrivateKey& key, pb::Batch& batch) {
  if (!setting.single) {
    const auto root = crypto::merkle_root(leaves(batch));
    batch.set_signature(text(must(key.sign(root.view()))));
    return;
  }
  for (auto& item : *batch.mutable_items()) item.set_signature(text(must(key.sign(leaf(item).view()))));
}

bool verify(const Setting& setting, const crypto::PublicKey& key, const pb::Batch& batch) {
  if (!setting.single) {
    const auto root = crypto::merkle_root(leaves(batch));
    return key.verify(root.view(), as_bytes(batch.signature()));
  }
  return std::all_of(batch.items().begin(), batch.items().end(),
                     [&](const pb::Item& item) { return key.verify(leaf(item).view(), as_bytes(item.signature())); });
}

pb::Receipts receipts_for(const Setting& setting, crypto::PrivateKey& key, const pb::Batch& batch) {
  pb::Receipts receipts;
  receipts.set_first(batch.items(0).number());
  std::vector<Digest> digests;
  for (const auto& item : batch.items())
    digests.push_back(crypto::sha256({as_bytes("receipt"), leaf(item).view(), as_bytes(item.signature())}));
  for (const auto& digest : digests) receipts.add_digests(text(digest.view()));
  if (setting.single)
    for (const auto& digest : digests) receipts.add_signatures(text(must(key.sign(digest.view()))));
  else
    receipts.set_signature(text(must(key.sign(crypto::merkle_root(digests).view()))));
  return receipts;
}

bool verify(const Setting& setting, const crypto::PublicKey& key, const pb::Receipts& receipts) {
  std::vector<Digest> digests;
  for (const auto& digest : receipts.digests()) digests.push_back(must(chancery::to_digest(as_bytes(digest))));
  if (!setting.single) return key.verify(crypto::merkle_root(digests).view(), as_bytes(receipts.signature()));
  for (int i = 0; i < receipts.signatures_size(); ++i)
    if (!key.verify(digests[static_cast<std::size_t>(i)].view(), as_bytes(receipts.signatures(i)))) return false;
  return true;
}

// ---- plumbing

template <class T>
class Queue {
 public:
  void put(T value) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return values_.size() < kBatchesWaiting; });
    values_.push_back(std::move(value));
    filled_.notify_one();
  }
  // Whatever waits; empty once closed and drained.
  std::vector<T> take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return !values_.empty() || closed_; });
    std::vector<T> all(std::make_move_iterator(values_.begin()), std::make_move_iterator(values_.end()));
    values_.clear();
    room_.notify_all();
    return all;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    filled_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_, room_;
  std::deque<T> values_;  // guarded by mutex_
  bool closed_ = false;   // guarded by mutex_
};

void fail_if(bool wrong, const char* what) {
  if (!wrong) return;
  std::fprintf(stderr, "reference pipeline: %s\n", what);
  std::exit(1);
}

class Receiver final : public pb::Pipeline::Service {
 public:
  explicit Receiver(Setting& setting) : setting_(setting) {}

  grpc::Status Deliver(grpc::ServerContext*, grpc::ServerReaderWriter<pb::Receipts, pb::Batch>* stream) override {
    Queue<pb::Batch> verified;
    std::thread writer([&] { write(verified, *stream); });
    pb::Batch batch;
    while (stream->Read(&batch)) {
      fail_if(!verify(setting_, setting_.a.certificate.public_key(), batch), "signature");
      fail_if(!open_all(setting_, batch), "seal");
      verified.put(std::move(batch));
      batch.Clear();
    }
    verified.close();
    writer.join();
    return grpc::Status::OK;
  }

 private:
  void write(Queue<pb::Batch>& verified, grpc::ServerReaderWriter<pb::Receipts, pb::Batch>& stream) {
    Database database(setting_.directory / "b.db", true);
    for (auto group = verified.take(); !group.empty(); group = verified.take()) {
      std::vector<pb::Receipts> all;
      database.execute("BEGIN IMMEDIATE");
      for (const auto& batch : group) {
        database.store(batch);
        all.push_back(receipts_for(setting_, setting_.b.key, batch));
        database.store(all.back());
      }
      database.execute("COMMIT");
      for (const auto& receipts : all) stream.Write(receipts);
    }
  }
  Setting& setting_;
};

struct Step {
  std::optional<pb::Batch> batch;
  std::optional<pb::Receipts> receipts;
};

class Sender final : public pb::Pipeline::Service {
 public:
  Sender(Setting& setting, std::shared_ptr<grpc::Channel> channel)
      : setting_(setting), stub_(pb::Pipeline::NewStub(std::move(channel))) {}

  grpc::Status Submit(grpc::ServerContext*, grpc::ServerReaderWriter<pb::Done, pb::Batch>* client) override {
    Queue<Step> steps;
    Queue<pb::Batch> outgoing;
    grpc::ClientContext context;
    const auto peer = stub_->Deliver(&context);
    std::thread writer([&] { write(steps, outgoing, *client); });
    std::thread deliverer([&] {
      for (auto group = outgoing.take(); !group.empty(); group = outgoing.take())
        for (const auto& batch : group) peer->Write(batch);
      peer->WritesDone();
    });
    std::thread reader([&] {
      pb::Receipts receipts;
      while (peer->Read(&receipts)) {
        fail_if(!verify(setting_, setting_.b.certificate.public_key(), receipts), "receipt");
        steps.put({std::nullopt, std::move(receipts)});
        receipts.Clear();
      }
    });
    crypto::SystemRandom random;
    pb::Batch batch;
    while (client->Read(&batch)) {
      seal(setting_, random, batch);
      sign(setting_, setting_.a.key, batch);
      waiting_ += 1;
      steps.put({std::move(batch), std::nullopt});
      batch.Clear();
    }
    while (waiting_ > 0) usleep(200);
    outgoing.close();
    deliverer.join();
    reader.join();
    steps.close();
    writer.join();
    return grpc::Status::OK;
  }

 private:
  void write(Queue<Step>& steps, Queue<pb::Batch>& outgoing, grpc::ServerReaderWriter<pb::Done, pb::Batch>& client) {
    Database database(setting_.directory / "a.db", false);
    for (auto group = steps.take(); !group.empty(); group = steps.take()) {
      database.execute("BEGIN IMMEDIATE");
      for (const auto& step : group) step.batch ? database.store(*step.batch) : database.store(*step.receipts);
      database.execute("COMMIT");
      for (auto& step : group) step.batch ? outgoing.put(std::move(*step.batch)) : answer(*step.receipts, client);
    }
  }
  void answer(const pb::Receipts& receipts, grpc::ServerReaderWriter<pb::Done, pb::Batch>& client) {
    pb::Done done;
    for (int i = 0; i < receipts.digests_size(); ++i)
      done.add_numbers(receipts.first() + static_cast<std::uint64_t>(i));
    client.Write(done);
    waiting_ -= 1;
  }

  Setting& setting_;
  std::unique_ptr<pb::Pipeline::Stub> stub_;
  std::atomic<int> waiting_ = 0;
};

std::string pem(const crypto::PrivateKey& key) { return text(key.to_pem().view()); }

void serve(grpc::Service& service, const std::string& address,
           const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, credentials);
  builder.RegisterService(&service);
  builder.SetMaxReceiveMessageSize(4 << 20);
  const auto server = builder.BuildAndStart();
  fail_if(server == nullptr, "cannot listen");
  server->Wait();
}

void run_receiver(Setting& setting) {
  grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = setting.anchor.pem();
  tls.pem_key_cert_pairs.push_back({pem(setting.b.key), setting.b.certificate.pem()});
  Receiver service(setting);
  serve(service, "unix:" + (setting.directory / "b.sock").string(), grpc::SslServerCredentials(tls));
}

void run_sender(Setting& setting) {
  grpc::SslCredentialsOptions tls{setting.anchor.pem(), pem(setting.a.key), setting.a.certificate.pem()};
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  Sender service(setting, grpc::CreateCustomChannel("unix:" + (setting.directory / "b.sock").string(),
                                                    grpc::SslCredentials(tls), arguments));
  serve(service, "unix:" + (setting.directory / "a.sock").string(), grpc::InsecureServerCredentials());
}

pb::Batch fill(std::uint64_t first, int size) {
  pb::Batch batch;
  for (int i = 0; i < size; ++i) {
    auto& item = *batch.add_items();
    item.set_number(first + static_cast<std::uint64_t>(i));
    item.set_body(std::string(kBodySize, static_cast<char>('a' + i % 26)));
  }
  return batch;
}

// One message at a time in single mode, eight batches of 64 in flight otherwise.
double drive(const Setting& setting, std::uint64_t count) {
  const auto stub = pb::Pipeline::NewStub(
      grpc::CreateChannel("unix:" + (setting.directory / "a.sock").string(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  const auto stream = stub->Submit(&context);
  const int size = setting.single ? 1 : kPerBatch;
  const std::uint64_t window = setting.single ? 1 : std::uint64_t{8} * kPerBatch;
  std::atomic<std::uint64_t> done = 0;
  std::mutex mutex;
  std::condition_variable progress;
  std::thread reader([&] {
    pb::Done answer;
    while (stream->Read(&answer)) {
      const std::lock_guard lock(mutex);
      done += static_cast<std::uint64_t>(answer.numbers_size());
      progress.notify_one();
    }
  });
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t sent = 0; sent < count; sent += static_cast<std::uint64_t>(size)) {
    std::unique_lock lock(mutex);
    progress.wait(lock, [&] { return sent - done < window; });
    lock.unlock();
    stream->Write(fill(sent + 1, size));
  }
  std::unique_lock lock(mutex);
  progress.wait(lock, [&] { return done >= count; });
  lock.unlock();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  stream->WritesDone();
  reader.join();
  stream->Finish();
  return static_cast<double>(count) / seconds.count();
}

template <class Run>
pid_t start(Run run) {
  const auto pid = fork();
  if (pid != 0) return pid;
  run();
  _exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: reference_pipeline DIRECTORY COUNT batched|single\n");
    return 2;
  }
  std::filesystem::create_directories(argv[1]);
  for (const char* socket : {"a.sock", "b.sock"}) std::filesystem::remove(std::filesystem::path(argv[1]) / socket);
  auto issuer = must(crypto::PrivateKey::generate(crypto::Suite::p256));
  const chancery::Instant now{std::int64_t{time(nullptr)} * 1000};
  auto anchor = must(crypto::issue_certificate(
      {"reference", crypto::CertificateUse::anchor, now - chancery::days(1), now + chancery::days(1)},
      issuer.public_key(), issuer, nullptr));
  auto a = make_party("a", issuer, anchor);
  auto b = make_party("b", issuer, anchor);
  Setting setting{argv[1],           std::string_view(argv[3]) == "single",
                  std::move(anchor), std::move(a),
                  std::move(b),      must(crypto::KemPrivateKey::generate(crypto::Suite::p256))};
  // gRPC starts in the children only: it does not survive a fork.
  const auto receiver = start([&] { run_receiver(setting); });
  const auto sender = start([&] { run_sender(setting); });
  const auto count =
      std::strtoull(argv[2], nullptr, 10) / (setting.single ? 1 : kPerBatch) * (setting.single ? 1 : kPerBatch);
  std::printf("%.1f\n", drive(setting, count));
  for (const auto pid : {sender, receiver}) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
  }
  return 0;
}
