// How often a draft is held that quotes nothing. The corpus: held are all sentences of the client's catalogues
// (config/i18n, in English, Chinese and Russian), one message a sentence; the drafts are 1,000 times four sentences of
// the agreement of 2015 (config/agreements/cn-ru-2015.toml, in the same languages), which is not left out here and
// shares no sentence with them. (That of 2009 does: the catalogues cite its article 6.)
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "daemon/quotation/fingerprint.h"

namespace chancery::quotation {
namespace {

constexpr std::size_t kDrafts = 1'000;

// Every value `name = "..."` of these files.
std::vector<std::string> sentences(const std::vector<std::string>& files) {
  std::vector<std::string> all;
  for (const auto& file : files) {
    std::ifstream in(CHANCERY_SOURCE_DIR "/config/" + file);
    for (std::string line; std::getline(in, line);) {
      const auto from = line.find(" = \"");
      if (line.rfind('#', 0) != 0 && from != std::string::npos && line.back() == '"')
        all.push_back(line.substr(from + 4, line.size() - from - 5));
    }
  }
  return all;
}

TEST(QuotedText, IsSeenInAtMostOneOfAThousandDraftsThatQuoteNothing) {
  const Fingerprinter by(as_bytes("a key of no daemon"));
  const auto held = sentences({"i18n/en.toml", "i18n/ru.toml", "i18n/zh.toml"});
  const auto others = sentences({"agreements/cn-ru-2015.toml"});
  ASSERT_GT(held.size(), 2'000U);
  ASSERT_GT(others.size(), 200U);
  std::vector<std::pair<std::uint64_t, std::size_t>> index;
  std::vector<Skeleton> texts;
  for (const auto& sentence : held) {
    texts.push_back(skeleton(sentence));
    for (const auto one : by.fingerprints(texts.back().symbols, {})) index.emplace_back(one, texts.size() - 1);
  }
  std::sort(index.begin(), index.end());
  std::mt19937_64 engine(20261126);
  std::size_t hits = 0;
  std::size_t candidates = 0;
  for (std::size_t i = 0; i < kDrafts; ++i) {
    std::string draft;
    for (int n = 0; n < 4; ++n) draft += others[engine() % others.size()] + "\n";
    bool hit = false;
    const auto forwards = skeleton(draft);
    for (const auto& here : {forwards, reversed(forwards)}) {
      const Compared compared(by, here.symbols, {});
      for (const auto one : by.fingerprints(here.symbols, {}))
        for (auto at = std::lower_bound(index.begin(), index.end(), std::pair(one, std::size_t{0}));
             at != index.end() && at->first == one; ++at) {
          ++candidates;
          hit = hit || compared.shared(texts[at->second].symbols).has_value();
        }
    }
    hits += hit ? 1 : 0;
  }
  RecordProperty("hits", static_cast<int>(hits));
  RecordProperty("candidates", static_cast<int>(candidates));
  EXPECT_LE(hits, kDrafts / 1'000) << candidates << " looked at";
}

}  // namespace
}  // namespace chancery::quotation
