#include "daemon/quotation/fingerprint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace chancery::quotation {
namespace {

const Fingerprinter& by() {
  static const Fingerprinter it(as_bytes("a key of no daemon"));
  return it;
}

// So many symbols that look like nothing else, from `seed` on.
std::u32string text(std::size_t length, std::uint64_t seed) {
  std::u32string out;
  while (out.size() < length) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    out += U'a' + static_cast<char32_t>((seed >> 33) % 26);
  }
  return out;
}

bool share(std::u32string_view a, std::u32string_view b) {
  const auto here = by().fingerprints(a, {});
  const auto there = by().fingerprints(b, {});
  return std::any_of(here.begin(), here.end(),
                     [&](auto one) { return std::binary_search(there.begin(), there.end(), one); });
}

TEST(Fingerprints, MeetWhereverARunOfItsLengthStands) {
  const auto run = text(kRun, 1);
  for (std::size_t before = 0; before < 70; ++before)
    EXPECT_TRUE(share(text(before, 2) + run + text(90 - before, 3), text(35, 4) + run + text(7, 5))) << before;
}

TEST(Fingerprints, DoNotMeetInTextsThatShareLessThanAGram) {
  const auto run = text(kGram - 1, 1);
  EXPECT_FALSE(share(text(60, 2) + run + text(60, 3), text(60, 4) + run + text(60, 5)));
}

TEST(Fingerprints, AreNoneOfATextShorterThanARun) { EXPECT_TRUE(by().fingerprints(text(kRun - 1, 1), {}).empty()); }

TEST(Fingerprints, AreFewAndOfAnotherKeyOthers) {
  const auto all = by().fingerprints(text(10'000, 1), {});
  EXPECT_LT(all.size(), 10'000U * 2 / (kRun - kGram + 2) * 12 / 10);
  const auto other = Fingerprinter(as_bytes("another key")).fingerprints(text(10'000, 1), {});
  std::vector<std::uint64_t> both;
  std::set_intersection(all.begin(), all.end(), other.begin(), other.end(), std::back_inserter(both));
  EXPECT_TRUE(both.empty());
}

TEST(Fingerprints, LeaveOutWindowsOfTextsThatAreNobodys) {
  const auto common = text(200, 1);
  const auto windows = by().windows(common);
  const Windows left_out(windows.begin(), windows.end());
  EXPECT_TRUE(by().fingerprints(common, left_out).empty());
  EXPECT_FALSE(by().fingerprints(common + text(10, 2), left_out).empty());
}

TEST(Fingerprints, AreThoseOfEveryWindowByItself) {
  // It repeats itself, so that equal grams meet, and windows come again.
  const auto repeated = text(90, 1);
  const auto all = text(150, 2) + repeated + std::u32string(120, U'a') + repeated + text(40, 3) + repeated.substr(30);
  const auto nobodys = by().windows(repeated.substr(0, 70));
  const Windows left_out(nobodys.begin(), nobodys.end());
  std::set<std::uint64_t> expected;
  for (std::size_t at = 0; at + kRun <= all.size(); ++at)
    for (const auto one : by().fingerprints(all.substr(at, kRun), left_out)) expected.insert(one);
  EXPECT_EQ(by().fingerprints(all, left_out), std::vector(expected.begin(), expected.end()));
  EXPECT_NE(by().fingerprints(all, {}), std::vector(expected.begin(), expected.end()));
}

TEST(Fingerprints, OfAWindowAreWhereverItStands) {
  const auto run = text(kRun, 1);
  EXPECT_EQ(by().windows(text(1'000, 2) + run).back(), by().windows(run).front());
  EXPECT_EQ(by().windows(text(100, 2)).size(), 100 - kRun + 1);
}

TEST(Compared, FindsTheLongestRunAndWhereItStands) {
  const auto run = text(80, 1);
  const auto here = text(20, 2) + run + U"." + text(19, 3) + text(50, 9);
  const auto there = text(50, 9) + text(4, 4) + U"!" + run + text(20, 5);
  const Compared compared(by(), here, {});
  EXPECT_EQ(compared.shared(there), (SharedRun{20, 55, 80}));
  EXPECT_EQ(compared.shared(text(500, 6)), std::nullopt);
}

TEST(Compared, IsNotDeceivedByOneSymbolInEvery47) {
  auto there = text(500, 1);
  const auto here = there;
  for (std::size_t i = 47; i < there.size(); i += 48) there[i] = U'#';
  EXPECT_EQ(Compared(by(), here, {}).shared(there), std::nullopt);
}

TEST(Compared, ExcusesWhatAnotherTextHasToo) {
  const auto run = text(60, 1);
  const auto here = run + text(20, 2) + text(70, 3);
  Compared compared(by(), here, {});
  compared.excuse(text(30, 4) + run);
  EXPECT_EQ(compared.shared(run), std::nullopt);
  EXPECT_EQ(compared.shared(text(70, 3)), (SharedRun{80, 0, 70}));
}

TEST(Compared, EndsSoonOnTextsThatRepeatThemselves) {
  const std::u32string here(200'000, U'a');
  EXPECT_EQ(Compared(by(), here, {}).shared(here)->length, here.size());
}

}  // namespace
}  // namespace chancery::quotation
