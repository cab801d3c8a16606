#include "daemon/quotation/fingerprint.h"

#include <algorithm>

namespace chancery::quotation {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;

std::uint64_t reduced(Wide value) {
  const auto folded = static_cast<std::uint64_t>(value & kPrime) + static_cast<std::uint64_t>(value >> 61);
  return folded >= kPrime ? folded - kPrime : folded;
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) { return reduced(Wide{a} * b); }
// Of two below the prime.
std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
  const auto sum = a + b;
  return sum >= kPrime ? sum - kPrime : sum;
}
std::uint64_t minus(std::uint64_t a, std::uint64_t b) { return plus(a, kPrime - b); }

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

std::uint64_t power(std::uint64_t base, std::size_t exponent) {
  std::uint64_t out = 1;
  for (std::size_t i = 0; i < exponent; ++i) out = times(out, base);
  return out;
}

}  // namespace

// The polynomial of every beginning of a text, from which that of any run in it follows.
class Fingerprinter::Polynomials {
 public:
  Polynomials(std::u32string_view symbols, std::uint64_t point)
      : point_(point), second_(power(point, 2)), third_(power(point, 3)), fourth_(power(point, 4)) {
    of_first_.reserve(symbols.size() + 1);
    of_first_.push_back(0);
    std::size_t at = 0;
    for (; at + 4 <= symbols.size(); at += 4) add_four(symbols.substr(at, 4));
    for (; at < symbols.size(); ++at) of_first_.push_back(plus(times(of_first_.back(), point), value_of(symbols[at])));
  }

  // Of each run of this length.
  class Runs {
   public:
    Runs(const Polynomials& all, std::size_t length)
        : all_(all.of_first_), length_(length), weight_(power(all.point_, length)) {}
    [[nodiscard]] std::size_t size() const { return all_.size() > length_ ? all_.size() - length_ : 0; }
    std::uint64_t operator[](std::size_t at) const { return minus(all_[at + length_], times(all_[at], weight_)); }

   private:
    const std::vector<std::uint64_t>& all_;
    std::size_t length_;
    std::uint64_t weight_;  // of what stands before a run
  };

 private:
  // One product waits for the one before it, longer than it takes to begin others: so every fourth waits alone.
  void add_four(std::u32string_view symbols) {
    const auto a = value_of(symbols[0]), b = value_of(symbols[1]), c = value_of(symbols[2]), d = value_of(symbols[3]);
    const auto before = of_first_.back();
    of_first_.push_back(plus(times(before, point_), a));
    of_first_.push_back(plus(times(before, second_), reduced(Wide{a} * point_ + b)));
    of_first_.push_back(plus(times(before, third_), reduced(Wide{a} * second_ + Wide{b} * point_ + c)));
    of_first_.push_back(
        plus(times(before, fourth_), reduced(Wide{a} * third_ + Wide{b} * second_ + Wide{c} * point_ + d)));
  }

  std::uint64_t point_;
  std::uint64_t second_, third_, fourth_;  // its powers
  std::vector<std::uint64_t> of_first_;    // so many symbols
};

Fingerprinter::Fingerprinter(BytesView key)
    : point_((secret_of(key, "chancery/quotation/point/v1") & (kPrime >> 1)) + (std::uint64_t{1} << 32)),
      gram_secret_(secret_of(key, "chancery/quotation/gram/v1")),
      window_secret_(secret_of(key, "chancery/quotation/window/v1")),
      field_secret_(secret_of(key, "chancery/quotation/field/v1")) {}

std::vector<std::uint64_t> Fingerprinter::windows(std::u32string_view symbols) const {
  const Polynomials polynomials(symbols, point_);
  const Polynomials::Runs runs(polynomials, kRun);
  std::vector<std::uint64_t> all(runs.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = mixed(runs[i], window_secret_);
  return all;
}

std::uint64_t Fingerprinter::field(std::u32string_view symbols) const {
  std::uint64_t hash = 0;
  for (const auto symbol : symbols) hash = plus(times(hash, point_), value_of(symbol));
  return mixed(hash, field_secret_);
}

std::vector<std::uint64_t> Fingerprinter::fingerprints(std::u32string_view symbols, const Windows& left_out) const {
  constexpr std::size_t kGramsInWindow = kRun - kGram + 1;
  std::vector<std::uint64_t> taken;
  if (symbols.size() < kRun) return taken;
  const Polynomials polynomials(symbols, point_);
  const Polynomials::Runs runs(polynomials, kGram), windows(polynomials, kRun);
  std::vector<std::uint64_t> grams(runs.size());
  for (std::size_t i = 0; i < grams.size(); ++i) grams[i] = mixed(runs[i], gram_secret_);
  const auto least_of = [&grams](std::size_t first) {
    auto least = first;
    for (auto i = first + 1; i < first + kGramsInWindow; ++i)
      if (grams[i] <= grams[least]) least = i;
    return least;
  };
  auto least = least_of(0);
  for (std::size_t window = 0; window < windows.size(); ++window) {
    const auto last = window + kGramsInWindow - 1;
    if (least < window)
      least = least_of(window);
    else if (grams[last] <= grams[least])
      least = last;
    // Most windows take what the one before took, so few are looked up.
    if (!taken.empty() && taken.back() == grams[least]) continue;
    if (!left_out.empty() && left_out.contains(mixed(windows[window], window_secret_))) continue;
    taken.push_back(grams[least]);
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
