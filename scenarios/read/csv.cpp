// SPDX-License-Identifier: MIT
#include "csv.hpp"

#include "extends.hpp"

#include <filesystem>
#include <sstream>

namespace tandem::scenarios {
namespace {

constexpr std::size_t rows_max = 1'000'000;
constexpr const char* blanks = " \t\r";

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(blanks);
  if (from == std::string::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

}  // namespace

csv_table read_csv(const yaml_value& named) {
  csv_table table{named.as_text(), {}};
  std::istringstream text;
  try {
    text.str(
        text_of_file((std::filesystem::path(named.file()).parent_path() / table.file).string()));
  } catch (const bad_input& e) {
    named.fail("a file that cannot be used: " + std::string(e.what()));
  }
  named.source().bases += text.str();
  std::string line;
  for (std::size_t number = 1; std::getline(text, line); ++number) {
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    if (table.rows.size() == rows_max)
      named.fail(table.file + " has more than " + std::to_string(rows_max) + " lines");
    auto& row = table.rows.emplace_back(csv_table::row{number, {}});
    for (std::size_t from = 0; from != std::string::npos;) {
      const auto comma = line.find(',', from);
      row.cells.push_back(trimmed(line.substr(from, comma - from)));
      from = comma == std::string::npos ? comma : comma + 1;
    }
  }
  if (table.rows.empty()) named.fail(table.file + " has no values");
  return table;
}

void read_cell(const yaml_value& named, const csv_table& table, const csv_table::row& row,
               const std::string& cell, const std::function<void(const yaml_value&)>& read) {
  yaml_source alone{.name = table.file};
  try {
    read(yaml_value(alone, YAML::Node(cell), named.path()));
  } catch (const mistake& e) {
    const std::string said = e.what();
    named.fail("in line " + std::to_string(row.line) + " of " + said);
  }
}

}  // namespace tandem::scenarios
