// Fingerprints of a text, and the runs two texts share. Pure.
//
// Winnowing (Schleimer, Wilkerson, Aiken 2003) over kGram symbols in windows of kRun: of each window the least
// fingerprint is taken, the last of equal ones. Two texts that share a window share what is taken of it; so every
// shared run of kRun symbols, which is 48 letters, 16 Han characters or a mixture, is found. What only looks alike is
// told apart by `Compared`, symbol by symbol.
//
// One polynomial modulo 2^61 - 1 at a secret point, mixed with a secret: without the key a fingerprint says nothing of
// the text, and nobody can choose texts that collide.
#pragma once

#include <optional>
#include <unordered_set>

#include "crypto/digest.h"
#include "daemon/quotation/skeleton.h"

namespace chancery::quotation {

inline constexpr std::size_t kRun = 48;
inline constexpr std::size_t kGram = 32;

// Texts that are nobody's, by their windows: a window that occurs in one of them counts nowhere.
using Windows = std::unordered_set<std::uint64_t>;

class Fingerprinter {
 public:
  explicit Fingerprinter(BytesView key);  // any length, secret

  // Ascending, each once.
  [[nodiscard]] std::vector<std::uint64_t> fingerprints(std::u32string_view symbols, const Windows& left_out) const;
  // One for each window, in order.
  [[nodiscard]] std::vector<std::uint64_t> windows(std::u32string_view symbols) const;
  // Of a field that is compared whole; no fingerprint of a text but by chance.
  [[nodiscard]] std::uint64_t field(std::u32string_view symbols) const;

 private:
  class Polynomials;
  std::uint64_t point_;
  std::uint64_t gram_secret_;
  std::uint64_t window_secret_;
  std::uint64_t field_secret_;
};

// In symbols of either text.
struct SharedRun {
  std::size_t here = 0;
  std::size_t there = 0;
  std::size_t length = 0;
  bool operator==(const SharedRun&) const = default;
};

// One text to be compared with others.
class Compared {
 public:
  // `symbols` outlives this.
  Compared(const Fingerprinter& by, std::u32string_view symbols, const Windows& left_out);

  // What this other text has, too, counts no more.
  void excuse(std::u32string_view other);
  // The longest run of at least kRun symbols that it shares with the other and that counts; of a passage that stands
  // here more than once the first is compared. None only when there is none.
  [[nodiscard]] std::optional<SharedRun> shared(std::u32string_view other) const;

 private:
  struct Window {
    std::uint64_t hash;
    std::size_t first;  // where it stands first
    bool counts;
  };
  [[nodiscard]] const Window* find(std::u32string_view other, std::size_t at, std::uint64_t hash) const;

  const Fingerprinter& by_;
  std::u32string_view symbols_;
  std::vector<Window> windows_;  // by hash, each once
};

}  // namespace chancery::quotation
