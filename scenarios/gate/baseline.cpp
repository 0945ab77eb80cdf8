// SPDX-License-Identifier: MIT
#include "tandem/scenarios/gate/baseline.hpp"

#include "results/whole_file.hpp"
#include "tandem/command/bad_input.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;

// The shortest text that is read as the same number: what a tool writes must not move by itself.
std::string text_of(double value) { return fmt::format("{}", value); }

std::string group_of(const std::string& number) { return number.substr(0, number.find('.')); }
std::string rest_of(const std::string& number) { return number.substr(number.find('.') + 1); }

// `  server: {a: 1, b: 2}`, wrapped at 100 columns: a line per group is what a person can review.
std::string mapping(const std::string& key,
                    const std::vector<std::pair<std::string, std::string>>& entries) {
  constexpr std::size_t width = 100;
  std::string out = fmt::format("    {}: {{", key);
  std::size_t column = out.size();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto entry = fmt::format("{}: {}{}", entries[i].first, entries[i].second,
                                   i + 1 < entries.size() ? "," : "}");
    if (column + entry.size() + 1 > width) {
      out += "\n      ";
      column = 6;
    } else if (i > 0) {
      out += " ";
      ++column;
    }
    out += entry;
    column += entry.size();
  }
  return out + (entries.empty() ? "}\n" : "\n");
}

// One mapping per group, in the order in which groups come.
template <class Numbers, class TextOf>
std::string by_group(const Numbers& numbers, TextOf text) {
  std::vector<std::string> groups;
  for (const auto& [name, value] : numbers)
    if (std::ranges::find(groups, group_of(name)) == groups.end()) groups.push_back(group_of(name));
  std::string out;
  for (const auto& group : groups) {
    std::vector<std::pair<std::string, std::string>> entries;
    for (const auto& [name, value] : numbers)
      if (group_of(name) == group) entries.emplace_back(rest_of(name), text(value));
    out += mapping(group, entries);
  }
  return out;
}

std::string text_of(const baseline& of) {
  std::string out = fmt::format("  seed: {}\n", of.seed);
  for (const auto& [layer, print] : of.layers) out += fmt::format("  {}: {}\n", layer, print);
  out += "  numbers:\n" + by_group(of.numbers, [](double v) { return text_of(v); });
  if (of.spread)
    out += "  spread:" + std::string(of.spread->empty() ? " {}\n" : "\n") +
           by_group(*of.spread, [](const sample& s) {
             return fmt::format("[{}, {}]", text_of(s.mean), text_of(s.deviation));
           });
  return out;
}

samples constants_of(const baseline& of) {
  samples all;
  for (const auto& [name, value] : of.numbers) all.emplace(name, sample{rounded(value), 0});
  return all;
}

std::string place(const std::string& file, const YAML::Mark& mark) {
  return fmt::format("{}:{}:{}", file, mark.line + 1, mark.column + 1);
}

void each_number(const YAML::Node& groups, auto use) {
  for (const auto& group : groups)
    for (const auto& number : group.second)
      use(group.first.as<std::string>() + "." + number.first.as<std::string>(), number.second);
}

baseline read_one(const YAML::Node& from) {
  baseline made;
  for (const auto& entry : from) {
    const auto key = entry.first.as<std::string>();
    if (key == "seed") {
      made.seed = entry.second.as<std::uint64_t>();
    } else if (key == "numbers") {
      each_number(entry.second, [&](const std::string& name, const YAML::Node& value) {
        made.numbers.emplace_back(name, value.as<double>());
      });
    } else if (key == "spread") {
      made.spread.emplace();
      each_number(entry.second, [&](const std::string& name, const YAML::Node& value) {
        made.spread->emplace(name, sample{value[0].as<double>(), value[1].as<double>()});
      });
    } else {
      made.layers.emplace_back(key, entry.second.as<std::string>());
    }
  }
  return made;
}

}  // namespace

baseline baseline_of(const outcome& found) {
  baseline made{found.seed, found.layers, {}, {}};
  for (const auto& number : found.numbers)
    if (number.second != 0) made.numbers.push_back(number);
  return made;
}

// Most numbers are the same with every seed: a line for those would say nothing.
void keep_spread(baseline& in, const std::optional<samples>& of) {
  in.spread.reset();
  if (!of) return;
  in.spread.emplace();
  const auto constant = constants_of(in);
  for (const auto& [name, found] : *of)
    if (const auto it = constant.find(name); it == constant.end() || it->second != found)
      in.spread->emplace(name, found);
}

std::optional<samples> spread_of(const baseline& of) {
  if (!of.spread) return {};
  auto all = *of.spread;
  all.merge(constants_of(of));
  return all;
}

outcome outcome_of(const baseline& of, const outcome& like) {
  auto made = like;
  made.name = "the baseline";
  made.has_events = false;
  made.seed = of.seed;
  made.layers = of.layers;
  made.numbers = of.numbers;
  return made;
}

std::string baseline_file_of(const std::string& scenario_file) {
  const fs::path file(scenario_file);
  return (file.parent_path() / "baselines" / file.filename()).string();
}

baselines read_baselines(const std::string& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  try {
    baselines all;
    for (const auto& level : YAML::LoadFile(file))
      all.emplace(level.first.as<std::string>(), read_one(level.second));
    return all;
  } catch (const YAML::Exception& e) {
    throw bad_input(place(file, e.mark), "this is no baseline of `tandem ci`: " + e.msg +
                                             "; `tandem ci --review` writes it anew");
  }
}

void write_baselines(const std::string& file, const std::string& scenario, const baselines& all) {
  std::string text = fmt::format(
      "# What `tandem ci` holds {} to: `tandem ci --review` shows what changed and writes this.\n",
      scenario);
  for (const auto& [level, one] : all) text += level + ":\n" + text_of(one);
  std::error_code ignored;
  fs::create_directories(fs::path(file).parent_path(), ignored);
  try {
    write_whole(file, text);
  } catch (const std::system_error& e) {
    throw bad_input(file, "this baseline cannot be written: " + e.code().message());
  }
}

}  // namespace tandem::scenarios
