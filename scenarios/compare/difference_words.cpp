// SPDX-License-Identifier: MIT
#include "tandem/command/json_text.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/compare/difference.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;

std::string_view help_of_named(const std::string& name) {
  for (std::size_t i = 0; i < layers_count; ++i)
    if (name == name_of(static_cast<layer>(i))) return help_of(static_cast<layer>(i));
  return "";
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

constexpr const char* ordinals[] = {"first", "second", "third",   "fourth",
                                    "fifth", "sixth",  "seventh", "last"};

std::string or_nothing(const std::string& text) { return text.empty() ? "nothing more" : text; }

void say_first(std::string& out, const first_difference& what, const std::string& pad) {
  out += fmt::format("{}first difference, after {}:\n", pad, counted(what.row, "equal event"));
  if (!what.before.empty()) out += fmt::format("{}  both  {}\n", pad, what.before);
  out +=
      fmt::format("{}  A     {}\n{}  B     {}\n", pad, or_nothing(what.a), pad, or_nothing(what.b));
}

void say_layers(std::string& out, const difference& what, const std::string& pad) {
  for (const auto& layer : what.layers)
    out += fmt::format("{}{} differs from the {} eighth on: {}\n", pad, layer.name,
                       ordinals[layer.eighth], help_of_named(layer.name));
  if (!what.same_layers.empty())
    out += fmt::format("{}the same: {}\n", pad, joined(what.same_layers));
  if (!what.layers_known) out += pad + "layers are not known of both\n";
  if (what.layers.empty() && what.layers_known && what.traces_differ)
    out += pad + "the traces differ all the same: in what no layer looks at\n";
}

// How much it is now of what it was.
std::string change_of(const number_difference& number) {
  const double by = number.b - number.a;
  if (number.a == 0) return fmt::format("{:+g}", by);
  return fmt::format("{:+g}, {:+.3g} %", by, by / number.a * 100);
}

}  // namespace

std::string_view help_of(layer what) noexcept {
  static constexpr std::string_view texts[] = {
      "whom each node admitted, refused and evicted, in order",
      "failures, ceilings, waits and circuits of each node, in order",
      "when each node attempted, probed and ended something",
      "how often each group had each cause of a refusal, failure or close",
      "what each group sent and received",
      "how many random numbers each manager drew, step by step"};
  static_assert(std::size(texts) == layers_count);
  return texts[static_cast<std::size_t>(what)];
}

std::string in_words(const difference& what, std::size_t indent) {
  if (what.same) return {};
  const std::string pad(indent, ' ');
  std::string out;
  if (what.first) say_first(out, *what.first, pad);
  say_layers(out, what, pad);
  for (const auto& line : what.lines)
    out += fmt::format("{}{}: {} -> {}\n", pad, line.text, line.a.empty() ? "no such line" : line.a,
                       line.b.empty() ? "no such line" : line.b);
  for (const auto& number : what.numbers)
    out += fmt::format("{}{}: {:.10g} -> {:.10g} ({})\n", pad, number.name, number.a, number.b,
                       change_of(number));
  return out + fmt::format("{}{} the same\n", pad,
                           counted(what.same_numbers, "other number is", "other numbers are"));
}

std::string to_json(const outcome& a, const outcome& b, const difference& what) {
  const auto head = [](const outcome& of) {
    return json::object{{"name", of.name},
                        {"scenario", of.scenario},
                        {"level", of.level},
                        {"seed", of.seed},
                        {"commit", of.commit},
                        {"verdict", of.verdict},
                        {"trace_hash", of.trace_hash}};
  };
  json::object out{{"same", what.same}, {"a", head(a)}, {"b", head(b)}};
  if (what.first)
    out["first"] = {{"equal_events", what.first->row},
                    {"a", what.first->a},
                    {"b", what.first->b},
                    {"before", what.first->before}};
  else
    out["first"] = nullptr;
  json::object layers;
  for (const auto& name : what.same_layers) layers[name] = nullptr;
  for (const auto& layer : what.layers) layers[layer.name] = layer.eighth;
  out["layers"] = std::move(layers);
  json::array lines, numbers;
  for (const auto& line : what.lines)
    lines.push_back({{"text", line.text}, {"a", line.a}, {"b", line.b}});
  for (const auto& number : what.numbers)
    numbers.push_back({{"name", number.name}, {"a", number.a}, {"b", number.b}});
  out["expectations"] = std::move(lines);
  out["numbers"] = std::move(numbers);
  return json_text(out) + "\n";
}

}  // namespace tandem::scenarios
