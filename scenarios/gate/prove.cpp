// SPDX-License-Identifier: MIT
#include "tandem/scenarios/gate/prove.hpp"

#include "judging.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/scenarios/read.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;

/// A run that takes so much longer than without a mistake will never end.
constexpr double much_longer = 20;
constexpr double least_patience_s = 30;

/// What a child says of its run.
struct said {
  bool held = false;
  bool stopped = false;
  bool flaky = false;
  std::string broken;               ///< the first line that did not hold
  std::vector<std::string> prints;  ///< of layers, in their order
  double wall_s = 0;
};

/// `usual`: what it is like without a mistake; a run that is another is run twice.
std::string run_and_say(const gate_case& of, const gate_options& options, double patience_s,
                        const said* usual = nullptr) {
  const auto what = read_scenario(of.file);
  const auto began = std::chrono::steady_clock::now();
  run_options how;
  how.record_events = false;
  how.stop = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count() >
           patience_s;
  };
  const auto& on = level_named(options.levels, of.level);
  const auto result = run(what, on, how);
  json::object out{{"held", result.verdict != verdict::failed},
                   {"stopped", result.stopped},
                   {"wall_s", result.wall_s}};
  for (const auto& check : result.checks)
    if (check.verdict == verdict::failed && !out.contains("broken"))
      out["broken"] = fmt::format("{}: measured {}", check.text, check.measured);
  std::vector<std::string> prints;
  if (result.prints)
    for (const auto& print : *result.prints) prints.push_back(text_of(print));
  out["flaky"] =
      usual && prints != usual->prints && run(what, on, how).trace_hash != result.trace_hash;
  out["prints"] = json::value_from(prints);
  return json_text(out);
}

said heard_from(const std::string& text) {
  const auto from = json::parse(text).as_object();
  said made;
  made.held = from.at("held").as_bool();
  made.stopped = from.at("stopped").as_bool();
  made.flaky = from.at("flaky").as_bool();
  made.wall_s = from.at("wall_s").to_number<double>();
  if (const auto* broken = from.if_contains("broken")) made.broken = broken->as_string();
  for (const auto& print : from.at("prints").as_array())
    made.prints.emplace_back(print.as_string());
  return made;
}

/// A case, and what it is like without a mistake.
struct sound_case {
  gate_case what;
  said usual;
};

std::vector<sound_case> sound_cases(const std::vector<gate_case>& cases,
                                    const gate_options& options) {
  std::vector<sound_case> sound;
  constexpr double patience_s = 1e9;
  const auto run = [&](std::size_t i) {
    return child_process([&, i] { return run_and_say(cases[i], options, patience_s); });
  };
  const auto hear = [&](const task_end& task) {
    if (!task.end.good()) return;
    auto usual = heard_from(task.told);
    if (usual.held) sound.push_back({cases[task.index], std::move(usual)});
  };
  process_pool{cases.size(), options.jobs, run, {}, hear, options.stop}.run();
  std::ranges::stable_sort(sound, {}, [](const auto& c) { return c.usual.wall_s; });
  return sound;
}

std::string layers_moved(const said& usual, const said& now) {
  std::string names;
  for (std::size_t i = 0; i < std::min(usual.prints.size(), now.prints.size()); ++i)
    if (usual.prints[i] != now.prints[i])
      names += (names.empty() ? "" : ", ") + std::string(name_of(static_cast<layer>(i)));
  return names;
}

/// What the end of a run with a mistake shows, if it shows more than is known.
void look_at(const task_end& task, const sound_case& in, proof& known) {
  const auto note = [&](proof::how by, const std::string& what) {
    if (by > known.by) known = {known.mutant, by, in.what.id(), what};
  };
  if (!task.end.good()) return note(proof::how::crash, why_broken(task));
  const auto now = heard_from(task.told);
  if (!now.held) return note(proof::how::line, now.broken);
  if (now.stopped) return note(proof::how::crash, "it never ended");
  if (now.flaky) return note(proof::how::flaky, "flaky: run twice, its traces differ");
  if (const auto moved = layers_moved(in.usual, now); !moved.empty())
    note(proof::how::fingerprint, moved + " moved");
}

}  // namespace

std::vector<proof> prove(const std::vector<gate_case>& cases, const gate_options& options,
                         const mutant_list& mutants) {
  std::vector<proof> proofs;
  for (const auto& name : mutants.names) proofs.push_back({.mutant = name});
  for (const auto& in : sound_cases(cases, options)) {
    if (options.stop && options.stop()) break;
    std::vector<std::size_t> open;
    for (std::size_t m = 1; m < proofs.size(); ++m)
      if (proofs[m].by < proof::how::flaky) open.push_back(m);
    const double patience = std::max(least_patience_s, much_longer * in.usual.wall_s);
    const auto run = [&](std::size_t i) {
      return child_process([&, i] {
        mutants.choose(open[i]);
        return run_and_say(in.what, options, patience, &in.usual);
      });
    };
    const auto hear = [&](const task_end& task) { look_at(task, in, proofs[open[task.index]]); };
    process_pool{open.size(), options.jobs, run, {}, hear, options.stop}.run();
  }
  proofs.erase(proofs.begin());
  return proofs;
}

std::string proof_table(const std::vector<proof>& proofs) {
  std::string out;
  std::size_t caught = 0, by_baselines = 0, widest = 0;
  for (const auto& each : proofs) widest = std::max(widest, each.mutant.size());
  for (const auto& each : proofs) {
    const bool any = each.by != proof::how::nothing;
    caught += any ? 1 : 0;
    by_baselines += each.by == proof::how::fingerprint ? 1 : 0;
    out += fmt::format("{:<{}}  {}\n", each.mutant, widest,
                       any ? each.where + ": " + each.what : "NOBODY CAUGHT IT");
  }
  return out + fmt::format("{} of {} mutants caught, {} of them by baselines alone\n", caught,
                           proofs.size(), by_baselines);
}

std::string proof_json(const std::vector<proof>& proofs) {
  static constexpr const char* names[] = {"nothing", "fingerprint", "flaky", "crash", "line"};
  json::array all;
  for (const auto& each : proofs)
    all.push_back({{"mutant", each.mutant},
                   {"by", names[static_cast<std::size_t>(each.by)]},
                   {"where", each.where},
                   {"what", each.what}});
  return json_text(all) + "\n";
}

}  // namespace tandem::scenarios
