#include "daemon/quotation/fingerprint.h"

#include <algorithm>
#include <deque>

namespace chancery::quotation {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;

std::uint64_t reduced(Wide value) {
  const auto folded = static_cast<std::uint64_t>(value & kPrime) + static_cast<std::uint64_t>(value >> 61);
  return folded >= kPrime ? folded - kPrime : folded;
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) { return reduced(Wide{a} * b); }
std::uint64_t plus(std::uint64_t a, std::uint64_t b) { return reduced(Wide{a} + b); }

// One to one: what was different stays so. (The finaliser of SplitMix64.)
std::uint64_t mixed(std::uint64_t value, std::uint64_t secret) {
  value ^= secret;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

std::uint64_t secret_of(BytesView key, std::string_view purpose) {
  const auto bytes = crypto::hkdf_expand(key, as_bytes(purpose), 8);
  return read_be(bytes.view());
}

// Never zero: a field and the same field behind more symbols differ.
std::uint64_t value_of(char32_t symbol) { return std::uint64_t{symbol} + 1; }

}  // namespace

Fingerprinter::Fingerprinter(BytesView key)
    : point_((secret_of(key, "chancery/quotation/point/v1") & (kPrime >> 1)) + (std::uint64_t{1} << 32)),
      gram_secret_(secret_of(key, "chancery/quotation/gram/v1")),
      window_secret_(secret_of(key, "chancery/quotation/window/v1")),
      field_secret_(secret_of(key, "chancery/quotation/field/v1")) {}

std::vector<std::uint64_t> Fingerprinter::rolled(std::u32string_view symbols, std::size_t length,
                                                 std::uint64_t secret) const {
  std::vector<std::uint64_t> all;
  if (symbols.size() < length) return all;
  all.reserve(symbols.size() - length + 1);
  std::uint64_t first = 1;  // weight of the symbol that leaves
  for (std::size_t i = 0; i < length; ++i) first = times(first, point_);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    hash = plus(times(hash, point_), value_of(symbols[i]));
    if (i >= length) hash = plus(hash, kPrime - times(first, value_of(symbols[i - length])));
    if (i + 1 >= length) all.push_back(mixed(hash, secret));
  }
  return all;
}

std::vector<std::uint64_t> Fingerprinter::windows(std::u32string_view symbols) const {
  return rolled(symbols, kRun, window_secret_);
}

std::uint64_t Fingerprinter::field(std::u32string_view symbols) const {
  std::uint64_t hash = 0;
  for (const auto symbol : symbols) hash = plus(times(hash, point_), value_of(symbol));
  return mixed(hash, field_secret_);
}

std::vector<std::uint64_t> Fingerprinter::fingerprints(std::u32string_view symbols, const Windows& left_out) const {
  constexpr std::size_t kGramsInWindow = kRun - kGram + 1;
  const auto grams = rolled(symbols, kGram, gram_secret_);
  const auto common = left_out.empty() ? std::vector<std::uint64_t>() : windows(symbols);
  std::vector<std::uint64_t> taken;
  std::deque<std::size_t> least;  // grams of this window that may still be the least of one, ascending
  for (std::size_t i = 0; i < grams.size(); ++i) {
    while (!least.empty() && grams[least.back()] >= grams[i]) least.pop_back();
    least.push_back(i);
    if (i + 1 < kGramsInWindow) continue;
    const auto window = i + 1 - kGramsInWindow;
    if (least.front() < window) least.pop_front();
    if (!common.empty() && left_out.contains(common[window])) continue;
    if (taken.empty() || taken.back() != grams[least.front()]) taken.push_back(grams[least.front()]);
  }
  std::sort(taken.begin(), taken.end());
  taken.erase(std::unique(taken.begin(), taken.end()), taken.end());
  return taken;
}

Compared::Compared(const Fingerprinter& by, std::u32string_view symbols, const Windows& left_out)
    : by_(by), symbols_(symbols) {
  const auto hashes = by.windows(symbols);
  for (std::size_t i = 0; i < hashes.size(); ++i) windows_.push_back({hashes[i], i, !left_out.contains(hashes[i])});
  const auto before = [](const Window& a, const Window& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.first < b.first;
  };
  std::sort(windows_.begin(), windows_.end(), before);
  const auto same = [](const Window& a, const Window& b) { return a.hash == b.hash; };
  windows_.erase(std::unique(windows_.begin(), windows_.end(), same), windows_.end());
}

const Compared::Window* Compared::find(std::u32string_view other, std::size_t at, std::uint64_t hash) const {
  const auto found = std::lower_bound(windows_.begin(), windows_.end(), hash,
                                      [](const Window& window, std::uint64_t value) { return window.hash < value; });
  if (found == windows_.end() || found->hash != hash) return nullptr;
  return symbols_.substr(found->first, kRun) == other.substr(at, kRun) ? &*found : nullptr;
}

void Compared::excuse(std::u32string_view other) {
  const auto hashes = by_.windows(other);
  for (std::size_t i = 0; i < hashes.size(); ++i)
    if (const auto* window = find(other, i, hashes[i]); window != nullptr)
      windows_[static_cast<std::size_t>(window - windows_.data())].counts = false;
}

std::optional<SharedRun> Compared::shared(std::u32string_view other) const {
  std::optional<SharedRun> longest;
  const auto hashes = by_.windows(other);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const auto* window = find(other, i, hashes[i]);
    if (window == nullptr || !window->counts) continue;
    SharedRun run{window->first, i, kRun};
    while (run.here + run.length < symbols_.size() && run.there + run.length < other.size() &&
           symbols_[run.here + run.length] == other[run.there + run.length])
      ++run.length;
    if (!longest || run.length > longest->length) longest = run;
    i += run.length - kRun;  // every window inside it is of this run
  }
  return longest;
}

}  // namespace chancery::quotation
