// SPDX-License-Identifier: MIT
#include "table_text.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/scenarios/campaign/search.hpp"

#include <algorithm>
#include <cmath>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;

std::string left_of(const search_plan& plan) {
  const auto& text = plan.line.text;
  static constexpr const char* signs[] = {
      "<=", ">=", "==", "!=", "~=", "<", ">", " in ", " reaches "};
  for (const auto* sign : signs)
    if (const auto at = text.find(sign); at != std::string::npos)
      return text.substr(0, text.find_last_not_of(' ', at - 1) + 1);
  return text;
}

std::string number_text(const search_plan& plan, const tried_value& of) {
  if (of.number.count == 0) return "-";
  if (plan.line.left.seconds != 1) return text_of(of.number);
  auto out = format_value(of.number.mean, unit::seconds);
  if (std::isfinite(of.number.half_width) && of.number.half_width > 0)
    out += " +- " + format_value(of.number.half_width, unit::seconds);
  return out;
}

std::string held_text(const search_plan& plan, const tried_value& of) {
  std::string out = of.holds ? "yes" : "no";
  if (!plan.of_mean && of.failed > 0)
    out += ", failed in " + std::to_string(of.failed) + " of " + std::to_string(of.seeds);
  if (!of.significant) out += ", perhaps by chance";
  if (of.untested > 0)
    out += ", UNTESTED in " + std::to_string(of.untested) + " of " + std::to_string(of.seeds);
  return out;
}

/// Where the answer lies, as far as is known: no, yes.
std::string between_text(const search_plan& plan, const search_report& report) {
  const tried_value* yes = nullptr;
  const tried_value* no = nullptr;
  const auto take = [&](const tried_value& one) {
    if (yes == nullptr && one.holds) yes = &one;
    if (yes == nullptr && !one.holds) no = &one;
  };
  if (plan.asked.smallest)
    for (const auto& one : report.tried) take(one);
  else
    for (auto it = report.tried.rbegin(); it != report.tried.rend(); ++it) take(*it);
  std::string out;
  if (no) out += "it does not hold with " + no->value;
  if (yes) out += (no ? ", and holds with " : "it holds with ") + yes->value;
  return out.empty() ? "nothing is known" : out;
}

std::string question_text(const search_plan& plan) {
  return std::string(plan.asked.smallest ? "Smallest " : "Largest ") + plan.asked.path +
         " such that " + plan.asked.such_that;
}

std::string range_text(const search_plan& plan) {
  return plan.values.text(0) + ".." + plan.values.text(plan.values.size() - 1);
}

std::string answer_text(const search_plan& plan, const search_report& report) {
  if (report.stopped) return "not found yet: " + between_text(plan, report);
  if (const auto* with = report.answer()) {
    if (!report.found.at_the_end) return with->value;
    return with->value + ", the " + (plan.asked.smallest ? "smallest" : "largest") +
           " that was looked at: it may hold beyond";
  }
  return std::string("none") + (report.found.all_tried ? "" : " found") + " in " + range_text(plan);
}

std::string how_text(const search_report& report) {
  const auto& found = report.found;
  if (found.not_monotone.empty()) return {};
  const std::string how = found.all_tried ? "every value was tried."
                                          : "a grid of values was tried; between two of them it "
                                            "may hold as well.";
  return "Bisection would be wrong: " + found.not_monotone + ". Instead " + how + "\n";
}

std::string table_of(const search_plan& plan, const search_report& report) {
  std::vector<table_row> rows{{plan.asked.path, "seeds", left_of(plan), "holds"}};
  for (const auto& one : report.tried)
    rows.push_back(
        {one.value, std::to_string(one.seeds), number_text(plan, one), held_text(plan, one)});
  return aligned(rows);
}

std::string cost_text(const search_report& report) {
  std::string out;
  for (const auto& [group, needs, pending_has_limit] : report.cost) {
    out += "A node of " + group;
    if (!needs) {
      out += " has no limit on its connections, nor on what they take.\n";
      continue;
    }
    out += " then has at most " + counted(needs->connections, "connection") +
           ", for which it reckons with " + format_bytes(needs->memory) + " and " +
           counted(needs->descriptors, "file descriptor") +
           (pending_has_limit ? "" : "; what is pending beside them has no limit") + ".\n";
  }
  return out;
}

std::string doubts_text(const search_plan& plan, const search_report& report) {
  std::string out;
  const auto* with = report.answer();
  if (with == nullptr) return out;
  for (const auto& one : report.tried)
    if (!one.holds && !one.why.empty() &&
        std::max(one.index, with->index) - std::min(one.index, with->index) == 1)
      out += "With " + one.value + ": " + one.why + "\n";
  if (report.certain()) return out;
  if (with->untested > 0)
    return out + "UNTESTED: with the answer nothing happened that could have broken it.\n";
  return out + "Chance may have decided: more seeds tell, as in --seeds " +
         std::to_string(plan.asked.seeds_least) + ".." + std::to_string(4 * plan.asked.seeds_most) +
         ".\n";
}

json::object object_of(const tried_value& of) {
  return {{"value", of.value},
          {"holds", of.holds},
          {"significant", of.significant},
          {"seeds", of.seeds},
          {"failed", of.failed},
          {"untested", of.untested},
          {"number", object_of(of.number)},
          {"why", of.why}};
}

}  // namespace

std::string to_text(const search_plan& plan, const search_report& report) {
  auto out = question_text(plan) + ": " + answer_text(plan, report) + "\n\n";
  if (!report.tried.empty()) out += table_of(plan, report) + "\n";
  return out + how_text(report) + doubts_text(plan, report) + cost_text(report);
}

std::string to_json(const search_plan& plan, const search_report& report) {
  json::array tried;
  for (const auto& one : report.tried) tried.push_back(object_of(one));
  json::array cost;
  for (const auto& one : report.cost) {
    const auto number = [&one](auto member) {
      return one.needs ? json::value((*one.needs).*member) : json::value();
    };
    cost.push_back({{"group", one.group},
                    {"connections", number(&machine_needs::connections)},
                    {"memory", number(&machine_needs::memory)},
                    {"descriptors", number(&machine_needs::descriptors)},
                    {"pending_has_limit", one.pending_has_limit}});
  }
  const auto* with = report.answer();
  return json_text(json::object{
             {"scenario", plan.scenario},
             {"commit", plan.commit},
             {"level", plan.level},
             {"path", plan.asked.path},
             {"wanted", plan.asked.smallest ? "smallest" : "largest"},
             {"such_that", plan.asked.such_that},
             {"between", {plan.values.text(0), plan.values.text(plan.values.size() - 1)}},
             {"answer", with ? json::value(with->value) : json::value()},
             {"certain", report.certain()},
             {"at_the_end", report.found.at_the_end},
             {"not_monotone", report.found.not_monotone},
             {"all_tried", report.found.all_tried},
             {"stopped", report.stopped},
             {"tried", std::move(tried)},
             {"cost", std::move(cost)},
             {"cells_run", report.ran},
             {"cells_reused", report.reused}}) +
         "\n";
}

}  // namespace tandem::scenarios
