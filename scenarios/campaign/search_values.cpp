// SPDX-License-Identifier: MIT
// The runs of a search: seeds of each value until chance does not decide.
#include "read/read_manager.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/campaign/search.hpp"
#include "tandem/scenarios/read.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <bit>
#include <map>
#include <set>

namespace tandem::scenarios {
namespace {

using wall_clock = std::chrono::steady_clock;

struct search_stopped {};

/// The values whose runs are known or under way.
struct value_runs {
  tried_value found;
  std::string hash;          ///< of the scenario
  std::uint64_t wanted = 0;  ///< seeds
  std::vector<cell> cells;   ///< those that were wanted so far, in the order of seeds
  bool decided = false;
};

class value_asker {
 public:
  value_asker(const search_plan& plan, const campaign_options& options, campaign_store& store)
      : plan_(plan), options_(options), store_(store) {}

  std::vector<const tried_value*> ask(const std::vector<std::size_t>& indices) {
    for (const auto index : indices) begin(index);
    for (std::vector<cell> missing;; missing.clear()) {
      bool all = true;
      for (const auto index : indices)
        if (!decide(values_.at(index), missing)) all = false;
      if (all) break;
      run(missing);
    }
    std::vector<const tried_value*> out;
    for (const auto index : indices) out.push_back(&values_.at(index).found);
    return out;
  }

  void tell(search_report& to) const {
    for (const auto& [index, one] : values_)
      if (one.decided) to.tried.push_back(one.found);
    to.ran = at_.done;
    to.reused = reused_;
  }

 private:
  void begin(std::size_t index) {
    const auto [it, fresh] = values_.try_emplace(index);
    if (!fresh) return;
    auto& of = it->second;
    of.found.index = index;
    of.found.value = plan_.values.text(index);
    of.hash = content_hash(read_scenario(plan_.asked.file, plan_.sets_of(index)));
    want(of, plan_.asked.seeds_least);
  }

  void want(value_runs& of, std::uint64_t more) {
    of.wanted = std::min(of.wanted + more, plan_.asked.seeds_most);
    while (of.cells.size() < of.wanted) {
      cell one{plan_.asked.file,
               plan_.sets_of(of.found.index),
               plan_.level,
               plan_.first_seed + of.cells.size(),
               {plan_.asked.such_that},
               {}};
      one.key = key_of(one, of.hash, plan_.commit);
      of.cells.push_back(std::move(one));
    }
  }

  /// True: no run of it is missing. When to look is settled beforehand: the same seeds are run
  /// after a crash and in any number of processes.
  bool decide(value_runs& of, std::vector<cell>& missing) {
    while (!of.decided) {
      std::vector<cell_result> runs;
      const auto before = missing.size();
      for (const auto& each : of.cells) {
        auto known = store_.find(each.key);
        if (known)
          runs.push_back(std::move(*known));
        else
          missing.push_back(each);
      }
      if (missing.size() > before) return false;
      of.decided = judge_value(plan_, runs, of.found);
      if (!of.decided) want(of, runs.size());  // twice as many
    }
    if (counted_.insert(of.found.index).second)
      reused_ += static_cast<std::uint64_t>(std::ranges::count_if(
          of.cells, [&](const cell& each) { return !ran_.contains(each.key); }));
    return true;
  }

  void run(const std::vector<cell>& cells) {
    at_.total = at_.done + cells.size() + expected();
    const auto done = [&](const cell_done& one) {
      const auto& of = cells[one.index];
      store_.add(of, one.result, one.wall_s);
      ran_.insert(of.key);
      ++at_.done;
      if (!one.result.ran()) ++at_.failed;
    };
    const auto stop = [&] {
      at_.wall = wall_clock::now() - began_;
      if (options_.on_progress) options_.on_progress(at_);
      return options_.stop && options_.stop();
    };
    if (!run_cells(cells, options_.workers, done, stop)) throw search_stopped{};
  }

  // As many values as a bisection asks for, and two neighbours.
  std::uint64_t expected() const {
    const auto values = static_cast<std::uint64_t>(std::bit_width(plan_.values.size())) + 3;
    return values > values_.size() ? (values - values_.size()) * plan_.asked.seeds_least : 0;
  }

  const search_plan& plan_;
  const campaign_options& options_;
  campaign_store& store_;
  std::map<std::size_t, value_runs> values_;
  std::set<std::string> ran_;
  std::set<std::size_t> counted_;
  campaign_progress at_;
  std::uint64_t reused_ = 0;
  wall_clock::time_point began_ = wall_clock::now();
};

/// What the folder is for: with other ends, more seeds or the other direction it goes on.
std::string question_json(const search_plan& plan) {
  const auto base = read_scenario(plan.asked.file, plan.asked.sets);
  return boost::json::serialize(
             boost::json::object{{"find", plan.asked.path},
                                 {"such_that", plan.asked.such_that},
                                 {"scenario", plan.scenario},
                                 {"file", plan.asked.file},
                                 {"level", plan.level},
                                 {"commit", plan.commit},
                                 {"sets", boost::json::value_from(plan.asked.sets)},
                                 {"scenario_hash", content_hash(base)}}) +
         "\n";
}

void check_folder(const search_plan& plan, const campaign_options& options, campaign_store& store) {
  const auto kept = store.plan();
  const auto question = question_json(plan);
  if (kept && *kept != question) {
    if (!options.overwrite)
      throw bad_input("--out " + options.out,
                      "holds what another question, scenario or program (this one is " +
                          plan.commit + ") has found; name another folder, or --overwrite it");
    store.clear();
  }
  store.keep_plan(question);
  store.forget_broken();
}

}  // namespace

search_report run_search(const search_plan& plan, const campaign_options& options) {
  campaign_store store(options.out);
  check_folder(plan, options, store);
  value_asker asker(plan, options, store);
  search_report report;
  try {
    report.found = search({plan.values, plan.start, plan.asked.smallest},
                          [&](const auto& indices) { return asker.ask(indices); });
  } catch (const search_stopped&) {
    report.stopped = true;
  }
  asker.tell(report);
  if (report.found.answer) {
    const auto with = read_scenario(plan.asked.file, plan.sets_of(*report.found.answer));
    for (const auto& group : with.groups)
      if (group.listen) report.cost.push_back(cost_of(group));
  }
  return report;
}

group_cost cost_of(const group& of) {
  auto limits = of.manager;
  group_cost found{of.name, {}, true};
  for (auto* pending : {&limits.max_pending_inbound, &limits.max_pending_outbound})
    if (*pending >= connections_most) {
      *pending = 0;
      found.pending_has_limit = false;
    }
  auto needs = needs_of(limits);
  // Where memory is the limit, nobody else needs a descriptor.
  needs.descriptors -= limits.max_connections - needs.connections;
  if (needs.connections < connections_most) found.needs = needs;
  return found;
}

const tried_value* search_report::answer() const {
  if (!found.answer) return nullptr;
  const auto it = std::ranges::find(tried, *found.answer, &tried_value::index);
  return it == tried.end() ? nullptr : &*it;
}

bool search_report::certain() const {
  const auto* with = answer();
  if (with == nullptr || !with->significant || with->untested == with->seeds) return false;
  return std::ranges::all_of(tried, [&](const tried_value& one) {
    const auto apart = std::max(one.index, with->index) - std::min(one.index, with->index);
    return apart != 1 || one.holds || one.significant;
  });
}

}  // namespace tandem::scenarios
