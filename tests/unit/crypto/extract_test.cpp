#include "crypto/extract.h"

#include <gtest/gtest.h>

#include "tests/unit/crypto/samples.h"

namespace chancery::crypto {
namespace {

using Numbers = std::vector<std::uint32_t>;

class ExtractTest : public testing::Test {
 protected:
  SeededRandom random_{7};
  Digest header_ = sha256(as_bytes("header"));
  std::vector<Bytes> parts_ = {to_bytes("title"), to_bytes("text"), Bytes(5000, 9), {}, to_bytes("number")};
  SealedBody body_ = seal_body(parts_, header_, random_).value();
  KeyedExtract whole_ = extract_all(body_.ciphertexts, body_.content_key.view());

  KeyedExtract cut(const Numbers& numbers) {
    return std::move(narrow(whole_, body_.commitments, header_, numbers).value());
  }
  Result<std::vector<OpenedPart>> open(const KeyedExtract& it) {
    return open_extract(it.extract, body_.commitments, it.keys.view(), header_);
  }
  void expect_shut(const KeyedExtract& it) {
    const auto opened = open(it);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Errc::unauthenticated);
  }
};

// Written down by a second path: tests/vectors/make_part_wrap.py knows the protocol and nothing of this code.
TEST(PartWrap, OpensWhatAnotherProgramMadeOfTheSameWords) {
  const auto v = vectors("part_wrap.json");
  const auto field = [&](const char* name) { return hex(v[name].get<std::string>()); };
  const auto numbers = v["extent"].get<Numbers>();
  EXPECT_EQ(to_hex(part_keys(field("content_key"), numbers).view()), v["part_keys"].get<std::string>());

  const auto wraps = parse_wraps(field("wrap")).value();
  ASSERT_EQ(wraps.size(), 1U);
  const auto grant = field("grant"), carrier = field("carrier"), original = field("original");
  const auto originator = v["originator"].get<std::string>();
  const auto keys = unwrap_rewrapped(kem_key(Suite::p256, field("recipient")), wraps[0],
                                     {originator, grant, carrier, original, "0,2"})
                        .value();
  EXPECT_EQ(to_hex(keys.view()), v["part_keys"].get<std::string>());

  Extract extract;
  extract.parts = numbers;
  for (const auto& one : v["ciphertexts"]) extract.ciphertexts.push_back(hex(one.get<std::string>()));
  for (const auto& one : v["omitted"])
    extract.omitted.push_back(
        {to_digest(hex(one[0].get<std::string>())).value(), to_digest(hex(one[1].get<std::string>())).value()});
  const BodyCommitments body{4, to_digest(field("body_root")).value(), to_digest(field("cek_commit")).value(),
                             to_digest(field("cipher_root")).value()};
  const auto opened = open_extract(extract, body, keys.view(), to_digest(field("header")).value()).value();
  ASSERT_EQ(opened.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(to_hex(opened[i].content), v["parts"][i].get<std::string>());
}

// For the terms of a grant and no carrier; it opens under no other words.
TEST(DetachedWrap, OpensWhatAnotherProgramMadeAndNothingElse) {
  const auto v = vectors("part_wrap.json");
  const auto field = [&](const char* name) { return hex(v[name].get<std::string>()); };
  const auto wraps = parse_wraps(field("detached_wrap")).value();
  ASSERT_EQ(wraps.size(), 1U);
  const auto terms = field("terms"), original = field("original"), grant = field("grant"), carrier = field("carrier");
  const auto open = [&](const RewrapContext& context) {
    return unwrap_rewrapped(kem_key(Suite::p256, field("recipient")), wraps[0], context);
  };
  EXPECT_EQ(to_hex(open({"cn-example", terms, {}, original, "0,2"}).value().view()), v["part_keys"].get<std::string>());
  EXPECT_FALSE(open({"ru-example", terms, {}, original, "0,2"}).has_value());
  EXPECT_FALSE(open({"cn-example", grant, {}, original, "0,2"}).has_value()) << "of other terms";
  EXPECT_FALSE(open({"cn-example", terms, carrier, original, "0,2"}).has_value()) << "nor as a permit's";
  EXPECT_FALSE(open({"cn-example", terms, {}, grant, "0,2"}).has_value()) << "of another original";
  EXPECT_FALSE(open({"cn-example", terms, {}, original, "all"}).has_value());
}

TEST_F(ExtractTest, OpensItsPartsUnderBothRootsOfTheWhole) {
  for (const auto& numbers : {Numbers{0}, Numbers{4}, Numbers{0, 2}, Numbers{1, 3, 4}, Numbers{0, 1, 2, 3, 4}}) {
    const auto some = cut(numbers);
    EXPECT_EQ(some.extract.parts, numbers);
    EXPECT_EQ(some.keys.size(), 32 * numbers.size());
    const auto opened = open(some).value();
    ASSERT_EQ(opened.size(), numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(opened[i].content, parts_[numbers[i]]);
  }
}

TEST_F(ExtractTest, KeyOfOnePartOpensNoOther) {
  const auto some = cut({0, 2});
  for (std::uint32_t other : {1U, 3U, 4U})
    for (std::size_t at : {0U, 1U})
      EXPECT_FALSE(
          open_part(body_.ciphertexts[other], some.keys.view().subspan(at * 32, 32), header_, other).has_value());
  // Nor what HKDF makes of a part key as if it were the content key.
  const auto derived = part_keys(some.keys.view().first(32), Numbers{1});
  EXPECT_FALSE(open_part(body_.ciphertexts[1], derived.view(), header_, 1).has_value());
}

TEST_F(ExtractTest, WithTheContentKeyInPlaceOfThePartKeysStaysShut) {
  auto one = cut({0});
  one.keys = body_.content_key.clone();
  expect_shut(one);
  auto two = cut({0, 2});
  two.keys = body_.content_key.clone();
  expect_shut(two);
}

TEST_F(ExtractTest, WithMoreOtherOrFewerPartsOrOtherLeavesIsOfNoBody) {
  const auto change = [&](auto what) {
    auto some = cut({0, 2});
    what(some.extract);
    EXPECT_FALSE(is_extract_of(some.extract, body_.commitments));
    expect_shut(some);
  };
  change([&](Extract& e) { e.ciphertexts.push_back(body_.ciphertexts[3]); });
  change([&](Extract& e) { e.ciphertexts.pop_back(); });
  change([&](Extract& e) { e.ciphertexts[1] = body_.ciphertexts[3]; });
  change([](Extract& e) { e.parts = {0, 3}; });
  change([](Extract& e) { e.parts = {0, 9}; });
  change([](Extract& e) { e.parts = {2, 0}; });
  change([](Extract& e) { e.parts = {2, 2}; });
  change([](Extract& e) { e.parts = {}; });
  change([](Extract& e) { e.omitted.pop_back(); });
  change([](Extract& e) { e.omitted.push_back(e.omitted.back()); });
  change([](Extract& e) { std::swap(e.omitted[0], e.omitted[1]); });
  change([](Extract& e) { e.omitted[1].cipher.value[0] ^= 1; });
}

TEST_F(ExtractTest, WithAnotherBodyLeafStaysShut) {
  auto some = cut({0, 2});
  some.extract.omitted[1].body.value[0] ^= 1;
  EXPECT_TRUE(is_extract_of(some.extract, body_.commitments)) << "only the opened parts tell";
  expect_shut(some);
}

TEST_F(ExtractTest, IsCutFurtherAsIfFromTheWholeAndNeverWidened) {
  const auto first = cut({0, 2, 4});
  const auto second = std::move(narrow(first, body_.commitments, header_, Numbers{0, 4}).value());
  EXPECT_EQ(second.extract, cut({0, 4}).extract);
  EXPECT_EQ(to_hex(second.keys.view()), to_hex(cut({0, 4}).keys.view()));
  EXPECT_EQ(narrow(first, body_.commitments, header_, Numbers{0, 1}).error().code, Errc::not_found);
  EXPECT_EQ(narrow(whole_, body_.commitments, header_, Numbers{0, 5}).error().code, Errc::not_found);
}

TEST_F(ExtractTest, TwoOfOneBodyAreUnitedInEitherOrder) {
  const auto expected = cut({0, 2, 3});
  for (const auto& [a, b] : {std::pair(Numbers{0, 2}, Numbers{2, 3}), std::pair(Numbers{3}, Numbers{0, 2})}) {
    const auto both = unite(cut(a), cut(b));
    EXPECT_EQ(both.extract, expected.extract);
    EXPECT_EQ(to_hex(both.keys.view()), to_hex(expected.keys.view()));
    EXPECT_TRUE(open(both).has_value());
  }
}

}  // namespace
}  // namespace chancery::crypto
