// SPDX-License-Identifier: MIT
// Each file of bad/ ends with what must be said about it, `# says LINE:COLUMN: message`, a line for
// each mistake, in the order of the file, and nothing else.
#include "source_dir.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/read.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {
namespace {

std::vector<std::string> bad_files() {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_dir() + "/tests/scenarios/bad"))
    names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

std::string text_of(const std::string& name) {
  std::ifstream in(source_dir() + "/tests/scenarios/bad/" + name + ".yaml");
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The messages, `FILE` standing for the file where one is named again.
std::vector<std::string> promised_by(std::string_view text) {
  static constexpr std::string_view mark = "# says ";
  std::vector<std::string> lines;
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at)) {
    at += mark.size();
    lines.push_back("FILE:" + std::string(text.substr(at, text.find('\n', at) - at)));
  }
  return lines;
}

class bad_file : public testing::TestWithParam<std::string> {};

TEST_P(bad_file, is_told_every_mistake_with_its_place) {
  const std::string text = text_of(GetParam());
  const auto promised = promised_by(text);
  ASSERT_FALSE(promised.empty());
  try {
    parse_scenario(text, "FILE");
    FAIL() << "it was taken";
  } catch (const bad_inputs& e) {
    EXPECT_EQ(e.lines(), promised);
  } catch (const bad_input& e) {
    EXPECT_THAT(promised, testing::ElementsAre(e.what()));
  }
}

INSTANTIATE_TEST_SUITE_P(each, bad_file, testing::ValuesIn(bad_files()),
                         [](const auto& info) { return info.param; });

TEST(bad_files, are_many) { EXPECT_GE(bad_files().size(), 60u); }

}  // namespace
}  // namespace tandem::scenarios
