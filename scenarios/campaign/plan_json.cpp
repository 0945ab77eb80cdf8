// SPDX-License-Identifier: MIT
#include "tandem/command/json_text.hpp"
#include "tandem/scenarios/campaign/plan.hpp"

#include <boost/json.hpp>

#include <stdexcept>

namespace tandem::scenarios {
namespace {

std::string text_of(const boost::json::value& from) { return std::string(from.as_string()); }

std::vector<std::string> texts_of(const boost::json::value& from) {
  return boost::json::value_to<std::vector<std::string>>(from);
}

seed_count seeds_of(const boost::json::object& from) {
  seed_count out{from.at("least").to_number<std::uint64_t>(),
                 from.at("most").to_number<std::uint64_t>()};
  if (!out.until()) return out;
  out.width = from.at("width").to_number<double>();
  out.relative = from.at("relative").as_bool();
  out.number = text_of(from.at("number"));
  return out;
}

}  // namespace

std::string plan_json(const campaign_plan& plan) {
  namespace json = boost::json;
  json::array axes;
  for (const auto& axis : plan.axes) {
    json::array values;
    for (const auto& value : axis.values) values.emplace_back(value.text);
    axes.push_back({{"path", axis.path}, {"values", std::move(values)}});
  }
  json::array settings;
  for (const auto& one : plan.settings)
    settings.push_back({{"values", json::value_from(one.values)},
                        {"hash", one.hash},
                        {"nodes", one.nodes},
                        {"length_ns", one.length.count()}});
  json::object seeds{
      {"first", plan.first_seed}, {"least", plan.seeds.least}, {"most", plan.seeds.most}};
  if (plan.seeds.until()) {
    seeds["width"] = plan.seeds.width;
    seeds["relative"] = plan.seeds.relative;
    seeds["number"] = plan.seeds.number;
  }
  const json::object out{{"scenario", plan.scenario},
                         {"file", plan.file},
                         {"commit", plan.commit},
                         {"sets", json::value_from(plan.sets)},
                         {"axes", std::move(axes)},
                         {"settings", std::move(settings)},
                         {"levels", json::value_from(plan.levels)},
                         {"seeds", std::move(seeds)},
                         {"also", json::value_from(plan.also)},
                         {"scenario_text", plan.text},
                         {"scenario_flat", plan.flat}};
  return json_text(out) + "\n";
}

campaign_plan plan_of_json(std::string_view text) try {
  const auto all = boost::json::parse(boost::json::string_view(text.data(), text.size()));
  const auto& from = all.as_object();
  campaign_plan out;
  out.scenario = text_of(from.at("scenario"));
  out.file = text_of(from.at("file"));
  out.commit = text_of(from.at("commit"));
  out.sets = texts_of(from.at("sets"));
  for (const auto& each : from.at("axes").as_array()) {
    axis one{text_of(each.at("path")), {}, {}};
    for (auto& value : texts_of(each.at("values"))) one.values.push_back({std::move(value), {}});
    out.axes.push_back(std::move(one));
  }
  for (const auto& each : from.at("settings").as_array())
    out.settings.push_back({texts_of(each.at("values")), text_of(each.at("hash")),
                            each.at("nodes").to_number<std::uint64_t>(),
                            duration(each.at("length_ns").to_number<std::int64_t>())});
  out.levels = texts_of(from.at("levels"));
  out.seeds = seeds_of(from.at("seeds").as_object());
  out.first_seed = from.at("seeds").at("first").to_number<std::uint64_t>();
  out.also = texts_of(from.at("also"));
  out.text = text_of(from.at("scenario_text"));
  out.flat = text_of(from.at("scenario_flat"));
  return out;
} catch (const std::exception& e) {
  throw std::invalid_argument("no plan of a campaign: " + std::string(e.what()));
}

}  // namespace tandem::scenarios
