// What no statement survives, whatever its kind: the table that every parser is held against.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/result.h"

namespace chancery::core {

struct Mutation {
  std::string what;
  std::string text;
};

// Every line missing, doubled, swapped, ended or begun wrongly, with foreign bytes, followed by an unknown one; every
// digest in capitals; the whole too large. Lines that may be repeated (so one fewer is as good) are named.
std::vector<Mutation> common_mutations(const std::string& text, const std::vector<std::string>& repeated = {});

// The sample with one place changed. A place that is not there is a mistake in the table.
using Replacement = std::pair<std::string_view, std::string_view>;
std::string replaced(const std::string& text, const Replacement& replacement);

template <class T>
bool malformed(const Result<T>& result) {
  return !result.has_value() && result.error().code == Errc::malformed;
}

template <class T>
void expect_all_malformed(const std::vector<Mutation>& mutations) {
  EXPECT_FALSE(mutations.empty());
  for (const auto& mutation : mutations)
    EXPECT_TRUE(malformed(T::parse(mutation.text))) << mutation.what << "\n" << mutation.text.substr(0, 4096);
}

template <class T>
void expect_malformed(const std::string& sample, const std::vector<Replacement>& table) {
  for (const auto& row : table)
    EXPECT_TRUE(malformed(T::parse(replaced(sample, row)))) << "`" << row.first << "` -> `" << row.second << "`";
}

template <class T>
void expect_parses(const std::string& sample, const std::vector<Replacement>& table) {
  for (const auto& row : table) {
    const auto text = replaced(sample, row);
    const auto value = T::parse(text);
    ASSERT_TRUE(value.has_value()) << "`" << row.first << "` -> `" << row.second << "`: " << value.error().detail;
    EXPECT_EQ(value->to_text(), text);
  }
}

}  // namespace chancery::core
