// SPDX-License-Identifier: MIT
// Results between processes, and for programs.
#include "judging.hpp"
#include "tandem/command/json_text.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;

json::array array_of(const std::vector<complaint>& all) {
  json::array out;
  for (const auto& each : all)
    out.push_back({{"text", each.text}, {"file", each.file}, {"line", each.line}});
  return out;
}

json::value value_of(const std::optional<baseline>& of) {
  if (!of) return nullptr;
  json::object layers, numbers;
  for (const auto& [name, print] : of->layers) layers[name] = print;
  for (const auto& [name, value] : of->numbers) numbers[name] = value;
  json::value spread;
  if (of->spread) {
    json::object all;
    for (const auto& [name, s] : *of->spread) all[name] = json::array{s.mean, s.deviation};
    spread = std::move(all);
  }
  return {{"seed", of->seed},
          {"layers", std::move(layers)},
          {"numbers", std::move(numbers)},
          {"spread", std::move(spread)}};
}

std::optional<baseline> baseline_in(const json::value& from) {
  if (from.is_null()) return {};
  baseline made;
  made.seed = from.at("seed").to_number<std::uint64_t>();
  for (const auto& [name, print] : from.at("layers").as_object())
    made.layers.emplace_back(name, print.as_string());
  for (const auto& [name, value] : from.at("numbers").as_object())
    made.numbers.emplace_back(name, value.to_number<double>());
  if (const auto* spread = from.at("spread").if_object()) {
    made.spread.emplace();
    for (const auto& [name, s] : *spread)
      made.spread->emplace(name, sample{s.at(0).to_number<double>(), s.at(1).to_number<double>()});
  }
  return made;
}

json::object object_of(const gate_result& r) {
  return {{"scenario", r.what.name},     {"file", r.what.file},
          {"level", r.what.level},       {"seed", r.what.seed},
          {"status", name_of(r.status)}, {"complaints", array_of(r.complaints)},
          {"changes", r.changes},        {"wall_s", r.wall_s},
          {"reproduce", r.reproduce}};
}

gate_status status_named(std::string_view name) {
  for (auto status = gate_status::broken; status < gate_status::ok;
       status = static_cast<gate_status>(static_cast<int>(status) + 1))
    if (name == name_of(status)) return status;
  return gate_status::ok;
}

}  // namespace

std::string told(const gate_result& of) {
  auto out = object_of(of);
  out["found"] = value_of(of.found);
  return json_text(out);
}

gate_result heard(const std::string& text, const gate_case& what) {
  const auto from = json::parse(text);
  gate_result made;
  made.what = what;
  made.status = status_named(from.at("status").as_string());
  for (const auto& each : from.at("complaints").as_array())
    made.complaints.push_back({std::string(each.at("text").as_string()),
                               std::string(each.at("file").as_string()),
                               each.at("line").to_number<std::size_t>()});
  made.changes = from.at("changes").as_string();
  made.found = baseline_in(from.at("found"));
  made.wall_s = from.at("wall_s").to_number<double>();
  made.reproduce = from.at("reproduce").as_string();
  return made;
}

std::string gate_json(const std::vector<gate_result>& results) {
  json::array all;
  for (const auto& each : results) all.push_back(object_of(each));
  return json_text(all) + "\n";
}

}  // namespace tandem::scenarios
