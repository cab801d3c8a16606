#define SQLITE_HAS_CODEC 1
#include "daemon/store/database.h"

#include <sqlcipher/sqlite3.h>

#include <cstdlib>
#include <cstring>

namespace chancery::store {

namespace {

// What the library would write to stderr is no event of ours; its errors come back as codes.
constexpr const char* kCipher =
    "PRAGMA cipher_log_level = NONE;"
    "PRAGMA cipher_page_size = 8192;"
    "PRAGMA cipher_hmac_algorithm = HMAC_SHA256;";

// Whoever checkpoints decides when: the writer, after its answers (SQLite 3.46.1 may damage a database whose log is
// reset by two connections at once, so readers never do).
constexpr const char* kBoth =
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA mmap_size = 0;"
    "PRAGMA trusted_schema = OFF;"
    "PRAGMA wal_autocheckpoint = 0;";

constexpr const char* kWriter =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA secure_delete = ON;"
    "PRAGMA foreign_keys = ON;"
    "PRAGMA cache_size = -8192;";

constexpr const char* kReader =
    "PRAGMA query_only = ON;"
    "PRAGMA cache_size = -2048;";

constexpr int kBusyMs = 2000;

Errc errc_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
      return Errc::unavailable;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Errc::busy;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Errc::corrupt;
    case SQLITE_CONSTRAINT:
      return Errc::conflict;
    default:  // an int of the library, not an enum of ours
      return Errc::internal;
  }
}

// x'<64 hex digits>': a raw key, without derivation.
crypto::SecretBytes key_text(const crypto::SecretBytes& key) {
  static constexpr char digits[] = "0123456789abcdef";
  crypto::SecretBytes text(key.size() * 2 + 3);
  auto out = text.mutable_view();
  std::size_t at = 0;
  out[at++] = 'x';
  out[at++] = '\'';
  for (const auto byte : key.view()) {
    out[at++] = static_cast<std::uint8_t>(digits[byte >> 4]);
    out[at++] = static_cast<std::uint8_t>(digits[byte & 15]);
  }
  out[at] = '\'';
  return text;
}

Result<void> check_version(Database& database) {
  auto q = database.query("PRAGMA cipher_version");
  const bool any = TRY(q.next());
  const auto version = any ? q.text(0) : std::string();
  if (std::atoi(version.c_str()) < 4) return fail(Errc::internal, "SQLCipher 4 is needed, found '" + version + "'");
  return {};
}

}  // namespace

namespace {

// Statistics of memory, which nobody asks for, take a lock of the whole process at every allocation. Once the library
// is in use this has no effect.
void configure_library() {
  static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)configured;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, const crypto::SecretBytes& key,
                                                 Use use, const char* vfs) {
  if (key.size() != 32) return fail(Errc::malformed, "a database key has 32 bytes");
  configure_library();
  sqlite3* handle = nullptr;
  const int flags =
      SQLITE_OPEN_NOMUTEX | (use == Use::writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, vfs);
  auto database = std::unique_ptr<Database>(new Database(handle));
  if (code != SQLITE_OK) return database->failed(code, "open");
  sqlite3_extended_result_codes(handle, 1);
  CHECK_OK(check_version(*database));
  CHECK_OK(database->set_key(key));
  CHECK_OK(database->configure(use));
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

Result<void> Database::set_key(const crypto::SecretBytes& key) {
  const auto text = key_text(key);
  const int code = sqlite3_key(handle_, text.view().data(), static_cast<int>(text.size()));
  if (code != SQLITE_OK) return failed(code, "key");
  return execute(kCipher);
}

Result<void> Database::configure(Use use) {
  sqlite3_busy_timeout(handle_, kBusyMs);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  auto readable = execute("SELECT count(*) FROM sqlite_schema");
  if (!readable && readable.error().code == Errc::corrupt)
    return fail(Errc::unauthenticated, "the database key does not open it, or its first page is damaged");
  CHECK_OK(readable);
  CHECK_OK(execute(kBoth));
  CHECK_OK(execute(use == Use::writer ? kWriter : kReader));
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  const auto hook = [](void* self, sqlite3*, const char*, int frames) {
    static_cast<Database*>(self)->log_frames_ = frames;
    return SQLITE_OK;
  };
  if (use == Use::writer) sqlite3_wal_hook(handle_, hook, this);
  return {};
}

tl::unexpected<Error> Database::failed(int code, const char* what) {
  if ((code & 0xff) == SQLITE_FULL && fault_ == Fault::none) fault_ = Fault::full;
  if ((code & 0xff) == SQLITE_IOERR) fault_ = Fault::io;
  return fail(errc_of(code),
              std::string("store: ") + what + ": " + sqlite3_errstr(code) + " (" + std::to_string(code) + ")");
}

Result<void> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(code, "statement");
  return {};
}

Result<sqlite3_stmt*> Database::prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (statement != nullptr) return statement;
  const int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) {
    auto error = failed(code, sqlite3_errmsg(handle_));
    statements_.erase(sql);
    return error;
  }
  return statement;
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(handle_); }
int Database::changes() const { return sqlite3_changes(handle_); }

Fault Database::take_fault() {
  const auto fault = fault_;
  fault_ = Fault::none;
  return fault;
}

void Database::accept_log() { sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr); }

Result<void> Database::checkpoint_log() {
  int left = 0;
  int moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &left, &moved);
  if (code == SQLITE_BUSY) return {};
  if (code != SQLITE_OK) return failed(code, "checkpoint");
  log_frames_ = left - moved;
  return {};
}

Result<void> Database::copy_into(const std::filesystem::path& file, const crypto::SecretBytes& key) {
  sqlite3* handle = nullptr;
  const int opened =
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database copy(handle);
  if (opened != SQLITE_OK) return copy.failed(opened, "open");
  CHECK_OK(copy.set_key(key));
  auto* backup = sqlite3_backup_init(handle, "main", handle_, "main");
  if (backup == nullptr) return copy.failed(sqlite3_errcode(handle), "backup");
  const int copied = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (copied != SQLITE_DONE) return copy.failed(copied, "backup");
  if (finished != SQLITE_OK) return copy.failed(finished, "backup");
  return {};
}

Result<void> Database::empty_log(Duration patience) {
  int left = 0;
  int moved = 0;
  sqlite3_busy_timeout(handle_, static_cast<int>(patience.ms));
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, &left, &moved);
  sqlite3_busy_timeout(handle_, kBusyMs);
  if (code != SQLITE_OK) return failed(code, "checkpoint");
  log_frames_ = 0;
  return {};
}

void Query::prepare(const char* sql) {
  auto prepared = database_.prepare(sql);
  if (prepared)
    statement_ = *prepared;
  else
    error_ = prepared.error();
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::check(int code) {
  if (code != SQLITE_OK && !error_) error_ = database_.failed(code, "bind").value();
}

void Query::bind(std::int64_t value) {
  if (statement_ != nullptr) check(sqlite3_bind_int64(statement_, ++bound_, value));
}

void Query::bind(std::nullopt_t) {
  if (statement_ != nullptr) check(sqlite3_bind_null(statement_, ++bound_));
}

void Query::bind(std::string_view text) {
  if (statement_ != nullptr)
    check(sqlite3_bind_text64(statement_, ++bound_, text.data() == nullptr ? "" : text.data(), text.size(),
                              SQLITE_STATIC, SQLITE_UTF8));
}

// An empty value is an empty blob, never NULL.
void Query::bind(BytesView bytes) {
  if (statement_ == nullptr) return;
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  check(sqlite3_bind_blob64(statement_, ++bound_, data, bytes.size(), SQLITE_STATIC));
}

Result<bool> Query::next() {
  if (error_) return tl::unexpected(*error_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return database_.failed(code, sqlite3_sql(statement_));
}

Result<void> Query::run() {
  while (TRY(next())) {
  }
  return {};
}

bool Query::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

BytesView Query::view(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Bytes Query::blob(int column) const {
  const auto bytes = view(column);
  return {bytes.begin(), bytes.end()};
}

std::string Query::text(int column) const { return std::string(as_text(view(column))); }

Digest Query::digest(int column) const {
  Digest digest;
  const auto bytes = view(column);
  if (bytes.size() == digest.value.size()) std::memcpy(digest.value.data(), bytes.data(), bytes.size());
  return digest;
}

core::MessageId Query::message_id(int column) const { return {digest(column).value}; }

std::optional<core::MessageId> Query::optional_id(int column) const {
  if (null(column)) return std::nullopt;
  return message_id(column);
}

}  // namespace chancery::store
