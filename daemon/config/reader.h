// Reads one table key by key and collects what is wrong with it. After the last key every key nobody asked for is
// reported as unknown: a misspelt rule must not be a rule that silently does not apply.
#pragma once

#include <functional>
#include <optional>
#include <set>

#include "daemon/config/document.h"
#include "daemon/core/form.h"

namespace chancery::config {

class Reader;
using Body = std::function<void(Reader&)>;

// Calls `body` with the root table; false when the file does not parse.
bool read_document(const Source& source, Faults& faults, const Body& body);

// Every value asked for and found wrong or missing is a fault and comes back empty (0, false).
class Reader {
 public:
  Reader(const Node& table, Place place, Faults& faults) : table_(table), place_(std::move(place)), faults_(faults) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Asks for a key that may be left out.
  bool has(const std::string& key);
  // Where `key` stands; the table itself when it is not there.
  [[nodiscard]] Place place(std::string_view key) const;
  void fault(std::string_view key, std::string what) { faults_.add(place(key), std::move(what)); }

  std::string text(const std::string& key);
  std::string text_or(const std::string& key, std::string fallback);
  // Text of a form; `form_name` completes "must be ...".
  std::string text(const std::string& key, core::Form form, std::string_view form_name);
  std::string date(const std::string& key);
  std::uint32_t number(const std::string& key, std::uint32_t min, std::uint32_t max);
  bool flag(const std::string& key);
  bool flag_or(const std::string& key, bool fallback);
  // A flag that only says so: `why` is told of any other value.
  bool always_true(const std::string& key, const std::string& why);
  // A list of texts of a form, none twice.
  std::vector<std::string> texts(const std::string& key, core::Form form, std::string_view form_name);
  // Text in zh, ru and en; further languages are welcome.
  core::Localized localized(const std::string& key);
  // One of these words; the first one after a fault.
  std::string one_of(const std::string& key, const std::vector<std::string>& words);

  // Each table of a list; key paths count from 1: `class[2].rank`. A key that is missing is an empty list.
  void each(const std::string& key, const Body& body);
  // The table under a key; nothing when it is missing.
  void inside(const std::string& key, const Body& body);
  // Every member of this table as text in several languages, by its key.
  std::map<std::string, core::Localized> all_localized();
  // Reports every key nobody asked for.
  void finish();

 private:
  const Node* ask(const std::string& key, Node::Kind kind, std::string_view kind_name);
  const Node* require(const std::string& key, Node::Kind kind, std::string_view kind_name);
  bool check_text(const Place& at, const std::string& text);
  core::Localized read_localized(const Node& table, const Place& at);
  [[nodiscard]] std::string path(std::string_view key) const;

  const Node& table_;
  Place place_;
  Faults& faults_;
  std::set<std::string> asked_;
};

}  // namespace chancery::config
