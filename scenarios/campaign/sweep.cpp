// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/sweep.hpp"

#include "report.hpp"
#include "results/sqlite_file.hpp"
#include "schedule.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/core/counted.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;
using wall_clock = std::chrono::steady_clock;

/// How many of these cells are none of the plan, had it so many seeds.
std::uint64_t others_of(const campaign_plan& plan, std::uint64_t seeds,
                        const std::vector<std::string>& keys) {
  std::set<std::string> planned;
  for (std::size_t s = 0; s < plan.settings.size(); ++s)
    for (std::size_t l = 0; l < plan.levels.size(); ++l)
      for (std::uint64_t n = 0; n < seeds; ++n) planned.insert(plan.cell_of(s, l, n).key);
  return static_cast<std::uint64_t>(
      std::ranges::count_if(keys, [&](const auto& key) { return !planned.contains(key); }));
}

// A narrower plan must not cost results: nobody knows how long they took.
void check_cells(const campaign_plan& plan, const std::string& out, const campaign_store& store) {
  const auto keys = store.keys();
  const auto others = others_of(plan, plan.seeds.most, keys);
  if (others == 0) return;
  const auto more = store.plan() ? plan_in(out).seeds.most : 0;
  const bool fewer = more > plan.seeds.most && others_of(plan, more, keys) == 0;
  throw bad_input(
      "--out " + out,
      "holds " + counted(others, "cell") + " that this campaign does not have: " +
          (fewer ? "it has " + counted(plan.seeds.most, "seed") + " of a setting, the folder " +
                       std::to_string(more) + "; ask for as many"
                 : "its scenario, its values or the program (" + plan.commit + ") are others") +
          (fewer ? ", " : "; ") + "name another folder, or --overwrite them");
}

bool is_of_another(const campaign_plan& plan, const campaign_store& store) {
  const auto kept = store.plan();
  return kept && *kept != plan_json(plan);
}

class campaign {
 public:
  campaign(const campaign_plan& plan, const campaign_options& options, campaign_store& store)
      : plan_(plan), options_(options), store_(store), known_(known_in(plan, store)) {
    reused_ = known_.size();
  }

  /// In rounds while there are cells that nobody ran; false: it was stopped.
  bool run() {
    for (;;) {
      auto cells = wanted_cells(plan_, options_.part, known_);
      std::erase_if(cells, [&](const cell& each) { return known_.contains(each.key); });
      if (cells.empty()) return true;
      at_.total += cells.size();
      const auto done = [&](const cell_done& one) { add(cells[one.index], one); };
      if (!run_cells(cells, options_.workers, done, [&] { return ask(); })) return false;
    }
  }
  std::uint64_t ran() const { return at_.done; }
  std::uint64_t reused() const { return reused_; }

 private:
  void add(const cell& of, const cell_done& one) {
    store_.add(of, one.result, one.wall_s);
    known_[of.key] = width_value(plan_, one.result);
    ++at_.done;
    if (!one.result.ran() || one.result.verdict == verdict::failed) ++at_.failed;
  }
  bool ask() {
    at_.wall = wall_clock::now() - began_;
    if (options_.on_progress) options_.on_progress(at_);
    return options_.stop && options_.stop();
  }

  const campaign_plan& plan_;
  const campaign_options& options_;
  campaign_store& store_;
  known_cells known_;
  campaign_progress at_;
  std::uint64_t reused_ = 0;
  wall_clock::time_point began_ = wall_clock::now();
};

/// A folder that is there once it is whole: who is interrupted, or lacks a part, leaves none.
class unfinished_folder {
 public:
  explicit unfinished_folder(const std::string& wanted) : wanted_(fs::path(wanted) / "") {
    wanted_ = wanted_.lexically_normal().parent_path();
    if (fs::exists(wanted_) && !fs::is_directory(wanted_))
      throw bad_input("--out " + wanted, "is no folder");
    if (fs::exists(wanted_ / "plan.json"))
      throw bad_input("--out " + wanted, "holds a campaign already");
    if (fs::exists(wanted_) && !fs::is_empty(wanted_))
      throw bad_input("--out " + wanted, "is not empty; name a new folder");
    fs::remove_all(path());  // of one that was killed
  }
  ~unfinished_folder() {
    std::error_code ignored;
    fs::remove_all(path(), ignored);
  }
  unfinished_folder(const unfinished_folder&) = delete;
  unfinished_folder& operator=(const unfinished_folder&) = delete;

  std::string path() const { return wanted_.string() + ".part"; }
  void finish() const { fs::rename(path(), wanted_); }

 private:
  fs::path wanted_;
};

}  // namespace

campaign_report finish_campaign(const campaign_plan& plan, const shard& part,
                                campaign_store& store) {
  store.rewrite(wanted_cells(plan, part, known_in(plan, store)));
  return report_of(plan, part, store);
}

campaign_report run_campaign(const campaign_plan& plan, const campaign_options& options) {
  campaign_store store(options.out);
  if (!options.overwrite)
    check_cells(plan, options.out, store);
  else if (is_of_another(plan, store))
    store.clear();
  store.keep_plan(plan_json(plan));
  store.forget_broken();
  campaign work(plan, options, store);
  const bool all = work.run();
  auto report = finish_campaign(plan, options.part, store);
  report.ran = work.ran();
  report.reused = work.reused();
  report.stopped = !all;
  return report;
}

std::uint64_t cells_there(const campaign_plan& plan, const campaign_options& options) {
  if (!fs::exists(fs::path(options.out) / "cells.sqlite")) return 0;
  const campaign_store store(options.out);
  if (!options.overwrite)
    check_cells(plan, options.out, store);
  else if (is_of_another(plan, store))
    return 0;
  const auto keys = store.keys();
  return static_cast<std::uint64_t>(
      std::ranges::count_if(keys, [&](const auto& key) { return store.find(key)->ran(); }));
}

campaign_plan plan_in(const std::string& folder) {
  const auto path = std::filesystem::path(folder) / "plan.json";
  std::ifstream in(path);
  if (!in) throw bad_input(folder, "is no folder of a campaign: it has no plan.json");
  try {
    return plan_of_json(std::string(std::istreambuf_iterator<char>(in), {}));
  } catch (const std::invalid_argument& e) {
    throw bad_input(path.string(), e.what());
  }
}

campaign_report merge_campaigns(const std::vector<std::string>& folders, const std::string& out) {
  const auto plan = plan_in(folders.front());
  std::map<std::string, cell> cells;
  for (const auto& folder : folders)
    if (plan_json(plan_in(folder)) != plan_json(plan))
      throw bad_input(folder, "is of another campaign than " + folders.front());
  for (std::size_t s = 0; s < plan.settings.size(); ++s)
    for (std::size_t l = 0; l < plan.levels.size(); ++l)
      for (std::uint64_t n = 0; n < plan.seeds.most; ++n) {
        auto one = plan.cell_of(s, l, n);
        cells.emplace(one.key, std::move(one));
      }
  const unfinished_folder made(out);
  auto store = std::make_optional<campaign_store>(made.path());
  for (const auto& folder : folders) {
    const auto from = cells_in(folder);
    sqlite_statement rows(from, "SELECT key, result FROM cells ORDER BY cell");
    while (rows.next())
      if (const auto it = cells.find(rows.text(0)); it != cells.end())
        store->add(it->second, cell_result_of_line(rows.text(1)));
  }
  if (const auto missing = missing_cells(plan, {}, *store); !missing.empty())
    throw bad_input(folders.front(),
                    "and the others lack " + counted(missing.size(), "cell") + ", as of seed " +
                        std::to_string(missing.front().seed) + " with " +
                        (missing.front().sets.empty() ? std::string("no value set")
                                                      : missing.front().sets.back()) +
                        ": is a shard missing, or was one stopped?");
  store->keep_plan(plan_json(plan));
  auto report = finish_campaign(plan, {}, *store);
  store.reset();
  made.finish();
  return report;
}

}  // namespace tandem::scenarios
