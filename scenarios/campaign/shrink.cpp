// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/shrink.hpp"

#include "results/whole_file.hpp"
#include "scenario_tree.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/read.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;
using wall_clock = std::chrono::steady_clock;

struct shrink_over {};

/// How a run fails.
struct failing {
  std::string broke;  ///< why it did not come to its end; empty: a line did not hold
  cell_line line;

  bool operator()(const cell_result& other) const {
    if (!broke.empty() || !other.ran()) return broke == other.broke;
    return std::ranges::any_of(other.lines, [&](const cell_line& each) {
      return each.text == line.text && each.verdict == verdict::failed &&
             is_something(each) == is_something(line) && has_moment(each) == has_moment(line);
    });
  }

 private:
  // A scenario in which nobody does anything misses most of its aims: that is no smaller example.
  static bool is_something(const cell_line& of) { return of.value && *of.value != 0; }
  // `not within 15m of heal (2m)`: it is no smaller example when nothing ever heals.
  static bool has_moment(const cell_line& of) { return of.value || of.why.ends_with(')'); }
};

std::optional<failing> failure_of(const cell_result& run) {
  if (!run.ran()) return failing{run.broke, {}};
  for (const auto& each : run.lines)
    if (each.verdict == verdict::failed && !each.text.starts_with("fault: "))
      return failing{{}, each};
  return {};
}

class shrinking {
 public:
  shrinking(const shrink_request& of, const campaign_options& options, std::string level,
            std::uint64_t seed)
      : asked_(of), options_(options), level_(std::move(level)), seed_(seed) {}

  ~shrinking() {
    std::error_code ignored;
    for (const auto& path : files_) fs::remove(path, ignored);
  }

  void begin(const YAML::Node& whole) {
    tree_ = without(whole, {});
    write_whole(file_for(0), scenario_text(tree_));
    try {
      read_scenario(file_for(0));
    } catch (const bad_input& e) {
      throw bad_input(asked_.out, "is no place for it, tables are looked for beside it: " +
                                      std::string(e.what()));
    }
    const auto run = results({scenario_text(tree_)}).front();
    const auto found = failure_of(run);
    if (!found)
      throw bad_input(asked_.file, "holds with seed " + std::to_string(seed_) + " at " + level_ +
                                       ": there is nothing to shrink; name a seed that fails");
    fails_ = *found;
  }

  /// The lines of a scenario that hold are no part of why another one fails.
  void keep_line(const scenario& of) {
    std::set<tree_path> gone;
    for (std::size_t i = 0; i < of.expectations.size(); ++i)
      if (of.expectations[i].text != fails_.line.text)
        gone.insert({"expectations", std::to_string(i)});
    attempt({without(tree_, gone)});
  }

  void run() {
    for (std::string before; before != scenario_text(tree_);) {
      before = scenario_text(tree_);
      for (std::size_t depth = 1; !spots_at(tree_, depth).empty() || depth < 3; ++depth)
        remove_at(depth);
      for (const auto& place : values_named(tree_, "count")) lower(place);
      shorten();
    }
  }

  const YAML::Node& tree() const { return tree_; }
  const failing& how() const { return fails_; }
  std::uint64_t tried() const { return tried_; }
  bool out_of_time() const { return out_of_time_; }

 private:
  /// Of what stands at one depth all, then halves, quarters and so on, down to each alone.
  void remove_at(std::size_t depth) {
    const auto base = tree_;
    auto spots = spots_at(base, depth);
    std::set<tree_path> gone;
    for (std::size_t size = spots.size(); size > 0; size /= 2) {
      std::erase_if(spots, [&](const tree_path& spot) { return gone.contains(spot); });
      for (std::size_t at = 0; at < spots.size();) {
        std::vector<YAML::Node> candidates;
        std::vector<std::set<tree_path>> sets;
        for (auto i = at; i < spots.size() && sets.size() < ahead(); i += size) {
          sets.push_back(gone);
          for (auto k = i; k < std::min(i + size, spots.size()); ++k) sets.back().insert(spots[k]);
          candidates.push_back(without(base, sets.back()));
        }
        const auto taken = attempt(candidates);
        if (taken) gone = sets[*taken];
        at += (taken ? *taken + 1 : sets.size()) * size;
      }
    }
  }

  void lower(const tree_path& place) {
    const auto now = parse_count(value_of(tree_, place));
    if (!now) return;
    std::vector<YAML::Node> candidates;
    for (std::uint64_t less = 1; less < *now; less = less < 16 ? less + 1 : less + less / 2)
      candidates.push_back(with(tree_, place, std::to_string(less)));
    attempt(candidates);
  }

  void shorten() {
    using namespace std::chrono_literals;
    static constexpr duration lengths[] = {1s,   2s,   5s,   10s,   20s,   30s,   1min,
                                           2min, 3min, 5min, 10min, 20min, 30min, 1h,
                                           2h,   5h,   10h,  24h,   48h};
    const auto now = parse_duration(value_of(tree_, {"duration"}));
    std::vector<YAML::Node> candidates;
    for (const auto length : lengths)
      if (now && length < *now)
        candidates.push_back(with(tree_, {"duration"}, format_duration(length)));
    attempt(candidates);
  }

  std::size_t ahead() const { return std::max<std::size_t>(1, options_.workers.jobs); }

  /// The first of them that fails alike becomes the scenario.
  std::optional<std::size_t> attempt(const std::vector<YAML::Node>& candidates) {
    for (std::size_t at = 0; at < candidates.size(); at += ahead()) {
      std::vector<std::string> texts;
      for (auto i = at; i < std::min(at + ahead(), candidates.size()); ++i)
        texts.push_back(scenario_text(candidates[i]));
      const auto runs = results(texts);
      for (std::size_t i = 0; i < runs.size(); ++i)
        if (fails_(runs[i])) {
          tree_ = candidates[at + i];
          return at + i;
        }
    }
    return {};
  }

  std::string file_for(std::size_t number) {
    while (files_.size() <= number)
      files_.push_back(asked_.out + ".try-" + std::to_string(files_.size()) + ".yaml");
    return files_[number];
  }

  std::vector<cell_result> results(const std::vector<std::string>& texts) {
    std::vector<cell> cells;
    for (const auto& text : texts) {
      if (known_.contains(text) || std::ranges::find(running_, text) != running_.end()) continue;
      const auto path = file_for(cells.size());
      write_whole(path, text);
      cells.push_back({path, {}, level_, seed_, {}, {}});
      running_.push_back(text);
    }
    const auto done = [&](const cell_done& one) {
      known_[running_[one.index]] = slim(one.result);
      ++tried_;
    };
    if (!run_cells(cells, options_.workers, done, [&] { return ask(); })) throw shrink_over{};
    running_.clear();
    std::vector<cell_result> out;
    for (const auto& text : texts) out.push_back(known_.at(text));
    return out;
  }
  static cell_result slim(cell_result of) {
    of.numbers.clear();
    return of;
  }

  bool ask() {
    const std::chrono::duration<double> wall = wall_clock::now() - began_;
    campaign_progress at{.done = tried_, .total = tried_ + running_.size(), .failed = 0};
    at.wall = wall;
    if (options_.on_progress) options_.on_progress(at);
    out_of_time_ = wall >= asked_.budget;
    return out_of_time_ || (options_.stop && options_.stop());
  }

  const shrink_request& asked_;
  const campaign_options& options_;
  std::string level_;
  std::uint64_t seed_;
  YAML::Node tree_;
  failing fails_;
  std::map<std::string, cell_result> known_;  ///< by the text of the scenario
  std::vector<std::string> running_;
  std::vector<std::string> files_;
  std::uint64_t tried_ = 0;
  bool out_of_time_ = false;
  wall_clock::time_point began_ = wall_clock::now();
};

scenario_size size_of(const scenario& of) {
  scenario_size out;
  for (const auto& group : of.groups) out.nodes += group.count;
  out.entries = of.workload.size() + of.faults.size();
  out.lines = static_cast<std::uint64_t>(std::ranges::count(of.flat, '\n'));
  out.length = of.length;
  return out;
}

}  // namespace

shrink_report shrink(const shrink_request& of, const std::vector<level>& known,
                     const campaign_options& options) {
  const auto base = read_scenario(of.file, of.sets);
  const auto level = of.level.empty() ? levels_of(base, known).front() : of.level;
  check_level(base, level_named(known, level));
  const auto seed = of.seed.value_or(base.seed);
  YAML::Node whole = YAML::Load(base.flat);
  whole["seed"] = std::to_string(seed);
  whole["levels"] = YAML::Load("[" + level + "]");
  shrink_report report;
  report.before = size_of(base);
  shrinking work(of, options, level, seed);
  try {
    work.begin(whole);
    work.keep_line(base);
    work.run();
  } catch (const shrink_over&) {
    report.out_of_time = work.out_of_time();
    report.stopped = !report.out_of_time;
  }
  report.tried = work.tried();
  if (work.how().broke.empty() && work.how().line.text.empty()) return report;  // nothing is known
  report.line = work.how().broke.empty() ? work.how().line.text : work.how().broke;
  report.why = work.how().line.why;
  report.text = head_of(of, report, level) + scenario_text(work.tree());
  report.after = size_of(parse_scenario(report.text, of.out));
  write_whole(of.out, report.text);
  return report;
}

}  // namespace tandem::scenarios
