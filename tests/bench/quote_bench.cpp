// quote_bench DIRECTORY PARTS: the index of quotations at so many texts of about 1 KiB, in Russian, Chinese and English
// in turn, of words drawn by Zipf's law from a made vocabulary. Prints `name value` lines:
//   quote_index_texts_per_second   fingerprints, index and merges, from the text on
//   quote_index_bytes_per_text     on the disk
//   quote_check_p50_ms, _p99_ms    1,000 drafts of 1 KiB, half of which quote one held text: fingerprints, looking them
//                                  up, and comparing with every text that has one (what opens it is not counted)
//   quote_check_cpu_...           the same in time of the processor
//   quote_check_missed             quoting drafts whose source was not found; 0 or something is broken
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>

#include "crypto/random.h"
#include "daemon/quotation/fingerprint.h"
#include "daemon/store/quote_index.h"

namespace {

using namespace chancery;  // NOLINT(google-build-using-namespace)
using Clock = std::chrono::steady_clock;

constexpr std::size_t kWords = 20'000;
constexpr std::size_t kTextBytes = 1'024;
constexpr std::size_t kDrafts = 1'000;

// What this thread used of a processor: what other work on the machine does not change much.
double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

class Texts {
 public:
  Texts() {
    std::mt19937_64 engine(1);
    for (auto& language : words_)
      for (std::size_t i = 0; i < kWords; ++i) language.push_back(word(engine, &language - words_));
    for (std::size_t i = 0; i < cumulative_.size(); ++i)
      cumulative_[i] = (i == 0 ? 0 : cumulative_[i - 1]) + 1 / static_cast<double>(i + 1);
  }
  // The same number gives the same text.
  [[nodiscard]] std::string text(std::uint64_t number) const {
    std::mt19937_64 engine(number * 7919 + 13);
    const auto& words = words_[number % 3];
    std::string out;
    while (out.size() < kTextBytes) {
      const auto at = std::uniform_real_distribution<double>(0, cumulative_.back())(engine);
      out += words[static_cast<std::size_t>(std::lower_bound(cumulative_.begin(), cumulative_.end(), at) -
                                            cumulative_.begin())];
      out += number % 3 == 1 ? "" : " ";
    }
    return out;
  }

 private:
  static std::string word(std::mt19937_64& engine, std::ptrdiff_t language) {
    std::string out;
    const auto length = language == 1 ? 1 + engine() % 3 : 2 + engine() % 9;
    for (std::size_t i = 0; i < length; ++i)
      append_utf8(out, static_cast<char32_t>(language == 0   ? 0x430 + engine() % 32
                                             : language == 1 ? 0x4E00 + engine() % 3'000
                                                             : 'a' + engine() % 26));
    return out;
  }
  std::vector<std::string> words_[3];
  std::vector<double> cumulative_ = std::vector<double>(kWords);
};

void must(const Result<void>& result) {
  if (result.has_value()) return;
  std::fprintf(stderr, "quote_bench: %s\n", result.error().detail.c_str());
  std::exit(1);
}

std::uint64_t bytes_in(const std::filesystem::path& directory) {
  std::uint64_t all = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) all += entry.file_size();
  return all;
}

// A piece of 200 bytes of it, whole characters, in the middle of another text.
std::string quoting(const Texts& texts, std::uint64_t source, std::uint64_t fresh) {
  const auto from = texts.text(source);
  auto begin = std::size_t{300};
  while ((static_cast<unsigned char>(from[begin]) & 0xC0U) == 0x80) ++begin;
  auto end = begin + 200;
  while ((static_cast<unsigned char>(from[end]) & 0xC0U) == 0x80) ++end;
  auto draft = texts.text(fresh);
  draft.resize(700);
  return draft + "\n" + from.substr(begin, end - begin) + "\n";
}

struct Check {
  double ms = 0;
  double cpu_ms = 0;
  bool found = false;
};

std::vector<std::uint64_t> of_both_ways(const quotation::Fingerprinter& by, const quotation::Skeleton& text) {
  auto all = by.fingerprints(text.symbols, {});
  const auto backwards = by.fingerprints(quotation::reversed(text).symbols, {});
  all.insert(all.end(), backwards.begin(), backwards.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Check check(const store::QuoteIndex& index, const quotation::Fingerprinter& by, const Texts& texts,
            const std::string& draft) {
  // The sources are at hand as a store has them; making them is not what is measured.
  const auto ordinals = index.find(of_both_ways(by, quotation::skeleton(draft))).value();
  std::vector<std::string> sources;
  for (const auto ordinal : ordinals) sources.push_back(texts.text(ordinal));
  const auto start = Clock::now();
  const auto cpu = cpu_ms();
  const auto here = quotation::skeleton(draft);
  const auto backwards = quotation::reversed(here);
  (void)index.find(of_both_ways(by, here));
  const quotation::Compared compared(by, here.symbols, {});
  const quotation::Compared compared_backwards(by, backwards.symbols, {});
  bool found = false;
  for (const auto& source : sources) {
    const auto there = quotation::skeleton(source);
    found = compared.shared(there.symbols).has_value() || compared_backwards.shared(there.symbols).has_value() || found;
  }
  return {ms_since(start), cpu_ms() - cpu, found};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: quote_bench DIRECTORY PARTS\n");
    return 2;
  }
  const std::filesystem::path directory = argv[1];
  const auto parts = std::strtoull(argv[2], nullptr, 10);
  const Texts texts;
  const quotation::Fingerprinter by(as_bytes("a key of no daemon"));
  const Bytes key(32, 7);
  crypto::SystemRandom random;
  auto index = std::move(store::QuoteIndex::open(directory, key, random).value());
  double spent = 0;
  for (std::uint64_t ordinal = 1; ordinal <= parts; ++ordinal) {
    const auto text = texts.text(ordinal);
    const auto start = Clock::now();
    index->add(ordinal, {}, by.fingerprints(quotation::skeleton(text).symbols, {}));
    if (ordinal % 256 == 0) must(index->tend());
    spent += ms_since(start);
  }
  const auto start = Clock::now();
  must(index->write());
  spent += ms_since(start);
  std::printf("quote_index_texts_per_second %.0f\n", static_cast<double>(parts) / spent * 1000);
  std::printf("quote_index_bytes_per_text %.0f\n",
              static_cast<double>(bytes_in(directory)) / static_cast<double>(parts));
  std::mt19937_64 engine(2);
  std::vector<double> times;
  std::vector<double> cpu;
  std::size_t missed = 0;
  for (std::size_t i = 0; i < kDrafts; ++i) {
    const bool quotes = i % 2 == 0;
    const auto source = 1 + engine() % parts;
    const auto fresh = parts + 3 * (i + 1) + source % 3;
    const auto done = check(*index, by, texts, quotes ? quoting(texts, source, fresh) : texts.text(fresh));
    missed += quotes && !done.found ? 1 : 0;
    times.push_back(done.ms);
    cpu.push_back(done.cpu_ms);
  }
  std::sort(times.begin(), times.end());
  std::sort(cpu.begin(), cpu.end());
  std::printf("quote_check_p50_ms %.3f\nquote_check_p99_ms %.3f\n", times[kDrafts / 2], times[kDrafts * 99 / 100]);
  std::printf("quote_check_cpu_p50_ms %.3f\nquote_check_cpu_p99_ms %.3f\n", cpu[kDrafts / 2], cpu[kDrafts * 99 / 100]);
  std::printf("quote_check_missed %zu\n", missed);
  return 0;
}
