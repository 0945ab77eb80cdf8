// SPDX-License-Identifier: MIT
// scenarios/reference/numbers.md is what the registration of numbers says.
#include "source_dir.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/scenarios/expectation.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace tandem::scenarios {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "`" : ", `") + name + "`";
  return out;
}

std::string rows() {
  std::string out =
      "| number | other names | kind | what | 0 means something once there was |\n"
      "|---|---|---|---|---|\n";
  for (const auto& m : measures()) {
    const auto dot = m.name.find('.');
    const auto why = dot == std::string::npos ? "" : m.name.substr(dot + 1);
    if (!why.empty() && why != name_of(cause::none)) continue;  // one row for a family
    const auto* kind = m.kind == measure_kind::gauge   ? "gauge"
                       : m.kind == measure_kind::total ? "total"
                       : m.unit == unit::seconds       ? "times"
                                                       : "values";
    out += "| `" + m.name.substr(0, dot) + (why.empty() ? "" : ".CAUSE") + "` | " + listed(m.also) +
           " | " + kind + " | " + m.help + " | " + listed(m.causes) + " |\n";
  }
  return out;
}

TEST(numbers_page, has_a_row_for_each_number) {
  std::ifstream in(source_dir() + "/scenarios/reference/numbers.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(page.find(rows()), std::string::npos) << rows();
}

}  // namespace
}  // namespace tandem::scenarios
