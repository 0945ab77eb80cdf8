// SPDX-License-Identifier: MIT
#include "stepped_run.hpp"

#include "evaluate.hpp"
#include "link_table.hpp"
#include "run_threads.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/version.hpp"
#include "tandem/scenarios/rerun.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

// In real time a close may be noticed this late on a busy machine; in virtual time only what the
// ledger works out in floating point is not exact.
constexpr duration patience_virtual = std::chrono::milliseconds(1);
constexpr duration patience_real = std::chrono::seconds(5);

std::vector<fault_head> heads_of(const scenario& what) {
  std::vector<fault_head> heads;
  for (const auto& fault : what.faults) heads.push_back(*fault);
  return heads;
}

std::set<node_index> sufferers_of(const scenario& what, std::uint64_t seed) {
  std::set<node_index> found;
  for (const auto& fault : what.faults) {
    const auto* nodes = fault->sufferers();
    if (nodes == nullptr) continue;
    for (const auto& which : nodes->which) {
      node_index first = 0;
      for (group_index g = 0; g < which.group; ++g) first += what.groups[g].count;
      const auto list = nodes_of(which, first, what.groups[which.group].count, seed);
      for (std::uint64_t k = 0; k < list.size(); ++k) found.insert(list[k]);
    }
  }
  return found;
}

sim::link_map links_under(weather& sky) {
  return [&sky](sim::host_index from, sim::host_index to) -> const sim::link& {
    return sky.between(from, to);
  };
}

run_result head_of(const scenario& what, const level& on, std::uint64_t seed) {
  run_result r;
  r.scenario = what.name;
  r.level = on.name;
  r.seed = seed;
  r.version = build_version();
  r.commit = build_commit();
  r.engine = on.engine;
  r.scenario_text = what.text;
  r.scenario_flat = what.flat;
  r.sets = what.sets;
  r.parameters = what.parameters;
  r.scenario_hash = hash_of(what);
  r.reproduce = rerun_line(what.file, on.name, seed, what.sets);
  return r;
}

// How many nodes there are when some have addresses of their own, now or later; else 0.
std::uint32_t named_nodes(const scenario& what) {
  std::uint32_t nodes = 0;
  for (const auto& group : what.groups) nodes += group.count;
  return has_named_nodes(what) ? nodes : 0;
}

// Far from the ports that nodes have who share an address.
constexpr std::uint16_t closed_ports_of_the_shared = 50'000;

stale_addresses stale_of(const group& of) {
  const bool shared = of.addresses && of.addresses->behind_one > 1;
  return {of.silent_addresses, of.refusing_addresses,
          shared ? closed_ports_of_the_shared : std::uint16_t{0}};
}

verdict worst_of(const run_result& r) {
  const auto any = [&](verdict which) {
    const auto is = [which](const auto& found) { return found.verdict == which; };
    return std::ranges::any_of(r.checks, is) || std::ranges::any_of(r.faults, is);
  };
  return any(verdict::failed)     ? verdict::failed
         : any(verdict::untested) ? verdict::untested
                                  : verdict::ok;
}

std::unique_ptr<world> world_of(const scenario& what, const level& on, std::uint64_t seed,
                                const run_options& options, bool open_ended, sim::link_map links,
                                const run_threads& threads, world_observer* hears) {
  try {
    auto routers = what.routers ? std::make_shared<sim::topology>(what.routers->made) : nullptr;
    auto place = on.make_world({seed, what.tcp, std::move(links), routers, named_nodes(what),
                                on.virtual_time, options.traces_to, options.captures_to, hears,
                                threads.number, threads.least_latency});
    const auto suffers = sufferers_of(what, seed);
    for (const auto& group : what.groups)
      for (std::uint32_t i = 0; i < group.count; ++i)
        place->add_node({group.manager, group.listen, group.buffers, group.misbehaves,
                         stale_of(group),
                         open_ended || suffers.contains(static_cast<node_index>(place->size())),
                         group.addresses, group.secured});
    return place;
  } catch (const std::invalid_argument& e) {
    throw bad_input(what.file, "level " + on.name + ": " + e.what());
  }
}

}  // namespace

// Hands what the world tells to the fingerprints, the tracker, the recorder and the workload, in
// this order.
class stepped_run::listener final : public world_observer {
 public:
  tracker* ledger = nullptr;  ///< null: not listening yet, or no more
  fingerprinter* prints = nullptr;
  recorder* rows = nullptr;
  workload* work = nullptr;
  ear who{};

  void on_notification(node_index node, time_point now, const notification& what) override {
    if (!ledger) return;
    prints->on_notification(node, now, what);
    ledger->on_notification(node, now, what);
    rows->on_notification(node, now, what);
    work->on_notification(node, now, what);
    if (who) who(node, now, what);
  }
  void on_step(node_index node, time_point now, const connection_manager& manager) override {
    if (!ledger) return;
    prints->on_step(node, now, manager);
    ledger->on_step(node, now, manager);
  }
  void on_send(node_index node, time_point now, send_result result, std::uint64_t number) override {
    if (!ledger) return;
    ledger->on_send(node, now, result);
    work->on_send(number, result);
  }
  void on_message(node_index node, time_point now, std::uint64_t number) override {
    if (!ledger) return;
    ledger->on_message(node, now);
    work->on_message(node, number);
  }
  void on_syn(node_index node) override {
    if (ledger) ledger->on_syn(node);
  }
  void on_queue(node_index node, sim::queue_event what) override {
    if (ledger) ledger->on_queue(node, what);
  }
  void on_window(bool side_by_side) override {
    if (!ledger) return;
    if (side_by_side) {
      ledger->side_by_side();
      rows->side_by_side();
    } else {
      ledger->in_order();
      rows->in_order();
    }
  }
  void on_action(node_index node, time_point now, const action& what) override {
    if (!ledger) return;
    prints->on_action(node, now, what);
    ledger->on_action(node, now, what);
    rows->on_action(node, now, what);
  }
  void on_event(node_index node, time_point now, const event& what) override {
    if (!ledger) return;
    prints->cut_before(now);
    ledger->on_event(node, now, what);
    rows->on_event(node, now, what);
  }
};

struct stepped_run::parts {
  parts(const scenario& of, const level& level, const run_options& given, bool open_ended)
      : what(of),
        on(level),
        options(given),
        seed(given.seed.value_or(of.seed)),
        threads(open_ended ? run_threads{} : threads_of(of, level, given.threads)),
        result(head_of(of, level, seed)),
        ledger(of, level.virtual_time ? patience_virtual : patience_real, {threads.number}),
        links(link_map_of(of, seed, threads.number)),
        sky(links),
        place(world_of(of, level, seed, options, open_ended,
                       of.faults.empty() && !open_ended ? links : links_under(sky), threads,
                       &hears)),
        start(place->now()),
        prints(of, ledger, start),
        rows(of, options, ledger, start, result, {threads.number}),
        faults(heads_of(of)),
        lines(of, options.also, ledger, faults, start),
        work(of, *place, ledger, lines, seed, start, {threads.number}),
        eyes(of, lines, rows, start),
        watch(options, *place, ledger, start, of.length) {
    ledger.begin(*place);
    hears.ledger = &ledger;
    hears.prints = &prints;
    hears.rows = &rows;
    hears.work = &work;
    lines.begin();
    ledger.tell(&lines);
    faults.on_change([this](time_point now) { lines.on_fault(now); });
    auto made = std::make_unique<fault_plan>(work, faults, sky, open_ended);
    plan = made.get();
    work.begin(std::move(made));
  }

  const scenario& what;
  const level& on;
  run_options options;
  std::uint64_t seed;
  run_threads threads;
  run_result result;
  listener hears{};
  tracker ledger;
  sim::link_map links;
  weather sky;
  std::unique_ptr<world> place;
  time_point start;
  fingerprinter prints;
  recorder rows;
  fault_book faults;
  judge lines;
  workload work;
  fault_plan* plan = nullptr;
  observations eyes;
  run_supervisor watch;
};

stepped_run::stepped_run(const scenario& what, const level& on, const run_options& options,
                         bool open_ended) {
  check_level(what, on);
  parts_ = std::make_unique<parts>(what, on, options, open_ended);
}

stepped_run::~stepped_run() {
  if (parts_) parts_->hears.ledger = nullptr;
}

void stepped_run::listen(ear who) { parts_->hears.who = std::move(who); }

// Runs the world up to there, and looks at it wherever it should be looked at.
void stepped_run::run_until(duration since_start) {
  auto& p = *parts_;
  const auto end = p.start + since_start;
  // Real time passes between two events, and when threads run side by side; virtual ones come by
  // the million.
  const bool seldom = p.on.virtual_time && p.threads.number == 1;
  const std::function<bool()> stop = [&p, seldom] {
    return seldom ? p.watch.ask_seldom() : p.watch.ask();
  };
  for (;;) {
    const auto until = std::min(p.eyes.next(), end);
    // No thread takes a fingerprint of all nodes.
    while (p.threads.number > 1 && p.prints.next_cut() <= until && !p.watch.stopped()) {
      const auto cut = p.prints.next_cut();
      if (cut > p.place->now()) p.place->run_until(cut - duration{1}, stop);
      if (!p.watch.stopped()) p.prints.cut_before(cut);
    }
    if (!p.watch.stopped()) p.place->run_until(until, stop);
    if (p.watch.stopped()) break;
    if (until == p.eyes.next()) p.eyes.look();
    if (until == end && p.eyes.next() > end) break;
    if (p.watch.ask()) break;
  }
  p.watch.rethrow();
}

run_result stepped_run::finish() {
  auto& p = *parts_;
  p.hears.ledger = nullptr;
  p.ledger.finish(p.place->now());
  auto& result = p.result;
  result.stopped = p.watch.stopped();
  result.reached = p.place->now() - p.start;
  result.trace_hash = p.on.virtual_time ? p.place->trace_hash() : std::string();
  if (p.on.virtual_time) result.prints = p.prints.finish();
  result.checks = p.lines.verdicts(p.place->now());
  p.work.add_untested(result.checks);
  result.also = p.lines.also(p.place->now());
  result.invariants = p.ledger.looked();
  result.groups = summarize(p.what, p.ledger);
  result.events = p.ledger.steps();
  result.wall_s = p.watch.wall_s();
  result.faults = p.faults.results();
  result.warnings = p.what.warnings;
  p.work.add_warnings(result.warnings);
  if (!p.threads.why_one.empty())
    result.warnings.push_back("it had one thread: " + p.threads.why_one);
  result.verdict = worst_of(result);
  result.ok = result.verdict == verdict::ok && !result.stopped;
  return std::move(result);
}

workload& stepped_run::work() noexcept { return parts_->work; }
fault_plan& stepped_run::faults() noexcept { return *parts_->plan; }
const tracker& stepped_run::ledger() const noexcept { return parts_->ledger; }
const world& stepped_run::place() const noexcept { return *parts_->place; }
run_supervisor& stepped_run::supervisor() noexcept { return parts_->watch; }
time_point stepped_run::start() const noexcept { return parts_->start; }
const run_result& stepped_run::so_far() const noexcept { return parts_->result; }

}  // namespace tandem::scenarios
