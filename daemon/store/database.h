// One connection to the encrypted database: opened with its settings, statements prepared once, errors as Errc.
// Internal to this folder. A connection is used by one thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <unordered_map>

#include "crypto/digest.h"
#include "crypto/instant.h"
#include "crypto/result.h"
#include "crypto/secret.h"
#include "daemon/core/message.h"

// NOLINTBEGIN(readability-identifier-naming): names of the library, whose header stays in .cpp files.
struct sqlite3;
struct sqlite3_stmt;
// NOLINTEND(readability-identifier-naming)

namespace chancery::store {

// What the device did to a connection since the last look.
enum class Fault { none, full, io };

class Query;

class Database {
 public:
  enum class Use { writer, reader };
  // Refuses (internal) a library that is not SQLCipher 4, and (unauthenticated) a key that does not open the file.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, const crypto::SecretBytes& key,
                                                Use use, const char* vfs);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs statements that take and give nothing.
  Result<void> execute(const char* sql);
  // `sql` is a literal: statements are cached by its address.
  template <class... Values>
  Query query(const char* sql, const Values&... values);

  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] std::int64_t last_id() const;
  [[nodiscard]] int changes() const;
  // The worst fault since the last call.
  Fault take_fault();
  // Frames in the write-ahead log after the last commit.
  [[nodiscard]] int log_frames() const { return log_frames_; }
  // Moves the write-ahead log into the database as far as readers let it.
  Result<void> checkpoint_log();
  // From now on the last connection that closes moves the log into the database. Before that it leaves the log: who
  // finds that a store does not hold changes no file of it. Frames behind a damaged one would be gone with the log.
  void accept_log();
  // Another file, as of one moment, under this key. Writers go on meanwhile.
  Result<void> copy_into(const std::filesystem::path& file, const crypto::SecretBytes& key);
  // All of it, and what it held is no longer in its file. busy: a reader still looks at it after so long.
  Result<void> empty_log(Duration patience = seconds(2));

 private:
  friend class Query;
  explicit Database(sqlite3* handle) : handle_(handle) {}
  Result<sqlite3_stmt*> prepare(const char* sql);
  Result<void> set_key(const crypto::SecretBytes& key);
  Result<void> configure(Use use);
  [[nodiscard]] tl::unexpected<Error> failed(int code, const char* what);

  sqlite3* handle_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
  Fault fault_ = Fault::none;
  int log_frames_ = 0;
};

// One run of a cached statement; reset when it goes out of scope. The first error of binding is told by next().
// Bound bytes and texts have to outlive it. Columns count from 0.
class Query {
 public:
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Result<bool> next();  // whether there is a row
  Result<void> run();   // to the end; for statements that give nothing

  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  [[nodiscard]] Instant instant(int column) const { return {integer(column)}; }
  [[nodiscard]] BytesView view(int column) const;  // until the next step
  [[nodiscard]] Bytes blob(int column) const;
  [[nodiscard]] std::string text(int column) const;
  // All zero when the column has another width; fsck finds those.
  [[nodiscard]] Digest digest(int column) const;
  [[nodiscard]] core::MessageId message_id(int column) const;
  [[nodiscard]] std::optional<core::MessageId> optional_id(int column) const;

 private:
  friend class Database;
  template <class... Values>
  Query(Database& database, const char* sql, const Values&... values) : database_(database) {
    prepare(sql);
    (bind(values), ...);
  }
  void prepare(const char* sql);
  void bind(std::int64_t value);
  void bind(std::uint64_t value) { bind(static_cast<std::int64_t>(value)); }
  void bind(std::uint32_t value) { bind(static_cast<std::int64_t>(value)); }
  void bind(int value) { bind(static_cast<std::int64_t>(value)); }
  void bind(bool value) { bind(static_cast<std::int64_t>(value ? 1 : 0)); }
  void bind(Instant value) { bind(value.ms); }
  void bind(std::string_view text);
  void bind(const std::string& text) { bind(std::string_view(text)); }
  void bind(const char* text) { bind(std::string_view(text)); }
  void bind(BytesView bytes);
  void bind(const Bytes& bytes) { bind(BytesView(bytes)); }
  void bind(const Digest& digest) { bind(digest.view()); }
  void bind(const core::MessageId& id) { bind(id.view()); }
  void bind(std::nullopt_t);
  template <class T>
  void bind(const std::optional<T>& value) {
    if (value)
      bind(*value);
    else
      bind(std::nullopt);
  }
  void check(int code);

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  std::optional<Error> error_;
};

template <class... Values>
Query Database::query(const char* sql, const Values&... values) {
  return Query(*this, sql, values...);
}

}  // namespace chancery::store
