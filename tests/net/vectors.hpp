// SPDX-License-Identifier: MIT
#pragma once

#include "net/hex.hpp"
#include "source_dir.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace tandem {

/// The lines of a file under tests/net/vectors without comments, split at blanks.
inline std::vector<std::vector<std::string>> rows_of(const std::string& name) {
  std::ifstream in(source_dir() + "/tests/net/vectors/" + name);
  EXPECT_TRUE(in) << name;
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words(line);
    rows.emplace_back(std::istream_iterator<std::string>(words),
                      std::istream_iterator<std::string>());
  }
  EXPECT_FALSE(rows.empty()) << name;
  return rows;
}

/// The reads of one direction (`C>S` or `S>C`) of a recorded session.
inline std::vector<std::vector<std::uint8_t>> reads_of(const std::string& name,
                                                       const std::string& way) {
  std::vector<std::vector<std::uint8_t>> reads;
  for (const auto& row : rows_of(name))
    if (row[0] == way) reads.push_back(from_hex(row[1]));
  EXPECT_FALSE(reads.empty()) << name << way;
  return reads;
}

}  // namespace tandem
