// SPDX-License-Identifier: MIT
#include "evaluate.hpp"
#include "fingerprint.hpp"
#include "link_table.hpp"
#include "observations.hpp"
#include "run/fault/fault_plan.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/version.hpp"
#include "tandem/core/trace.hpp"
#include "tandem/scenarios/rerun.hpp"
#include "tandem/scenarios/run.hpp"
#include "workload.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <set>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

using wall_clock = std::chrono::steady_clock;

// In real time a close may be noticed this late on a busy machine; in virtual time only what the
// ledger works out in floating point is not exact.
constexpr duration patience_virtual = std::chrono::milliseconds(1);
constexpr duration patience_real = std::chrono::seconds(5);

// Hands what the world tells to the fingerprints, the tracker, the recorder and the workload, in
// this order.
class listener final : public world_observer {
 public:
  tracker* ledger = nullptr;  ///< null: not listening yet, or no more
  fingerprinter* prints = nullptr;
  recorder* rows = nullptr;
  workload* work = nullptr;

  void on_notification(node_index node, time_point now, const notification& what) override {
    if (!ledger) return;
    prints->on_notification(node, now, what);
    ledger->on_notification(node, now, what);
    rows->on_notification(node, now, what);
    work->on_notification(node, now, what);
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
  void on_action(node_index node, time_point now, const action& what) override {
    if (!ledger) return;
    prints->on_action(node, now, what);
    ledger->on_action(node, now, what);
    rows->on_action(node, now, what);
  }
  void on_event(node_index node, time_point now, const event& what) override {
    if (!ledger) return;
    ledger->on_event(node, now, what);
    rows->on_event(node, now, what);
  }
};

// Reports progress and asks whether to stop. An exception of a callback must not pass through the
// network: it is kept, and thrown when the network has returned.
class supervisor {
 public:
  supervisor(const run_options& options, const world& in, const tracker& ledger, time_point start,
             duration length)
      : options_(options), world_(in), tracker_(ledger), start_(start), length_(length) {}

  bool ask() noexcept {
    try {
      if (options_.on_progress && wall_clock::now() - reported_ >= options_.progress_every) {
        reported_ = wall_clock::now();
        options_.on_progress(
            {world_.now() - start_, length_, reported_ - began_, tracker_.steps()});
      }
      stopped_ = stopped_ || (options_.stop && options_.stop());
    } catch (...) {
      failure_ = std::current_exception();
      stopped_ = true;
    }
    return stopped_;
  }
  bool stopped() const noexcept { return stopped_; }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  double wall_s() const {
    return std::chrono::duration<double>(wall_clock::now() - began_).count();
  }

 private:
  const run_options& options_;
  const world& world_;
  const tracker& tracker_;
  time_point start_;
  duration length_;
  wall_clock::time_point began_ = wall_clock::now();
  wall_clock::time_point reported_ = began_;
  bool stopped_ = false;
  std::exception_ptr failure_;
};

// Runs the world up to `end`, and looks at it wherever it should be looked at.
void run_observed(world& in, observations& eyes, supervisor& watch, time_point end) {
  for (;;) {
    const auto until = std::min(eyes.next(), end);
    in.run_until(until, [&watch] { return watch.ask(); });
    if (watch.stopped()) return;
    if (until == eyes.next()) eyes.look();
    if (until == end && eyes.next() > end) return;
    if (watch.ask()) return;
  }
}

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
  bool any = what.nodes_move;
  for (const auto& group : what.groups) {
    nodes += group.count;
    any = any || group.addresses;
  }
  return any ? nodes : 0;
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

}  // namespace

std::string_view name_of(verdict what) noexcept {
  static constexpr std::string_view names[] = {"ok", "failed", "untested"};
  return names[static_cast<std::size_t>(what)];
}

std::string_view name_of(life_stage what) noexcept {
  static constexpr std::string_view names[] = {"dialled", "arrived", "connected", "authenticated",
                                               "ended"};
  return names[static_cast<std::size_t>(what)];
}

std::string hash_of(const scenario& what) {
  trace_hash hash;
  hash.add(std::as_bytes(std::span(what.text)));
  hash.add(std::as_bytes(std::span(what.bases)));
  // Each with its final zero: `a=1`, `b=2` is not `a=1b=2`.
  for (const auto& set : what.sets) hash.add(std::as_bytes(std::span(set.c_str(), set.size() + 1)));
  return hash.text();
}

run_result run(const scenario& what, const level& on, const run_options& options) {
  check_level(what, on);
  const auto seed = options.seed.value_or(what.seed);
  auto result = head_of(what, on, seed);

  listener hears;
  tracker ledger(what, on.virtual_time ? patience_virtual : patience_real);
  const auto links = link_map_of(what, seed);
  weather sky(links);
  std::unique_ptr<world> place;
  try {
    place = on.make_world({seed, what.tcp, what.faults.empty() ? links : links_under(sky),
                           named_nodes(what), on.virtual_time, options.traces_to,
                           options.captures_to, &hears});
    const auto suffers = sufferers_of(what, seed);
    for (const auto& group : what.groups)
      for (std::uint32_t i = 0; i < group.count; ++i)
        place->add_node({group.manager, group.listen, group.buffers, group.misbehaves,
                         stale_of(group), suffers.contains(static_cast<node_index>(place->size())),
                         group.addresses, group.secured});
  } catch (const std::invalid_argument& e) {
    throw bad_input(what.file, "level " + on.name + ": " + e.what());
  }
  ledger.begin(*place);

  const auto start = place->now();
  fingerprinter prints(what, ledger, start);
  recorder rows(what, options, ledger, start, result);
  fault_book faults(heads_of(what));
  judge lines(what, options.also, ledger, faults, start);
  workload work(what, *place, ledger, lines, seed, start);
  hears.ledger = &ledger;
  hears.prints = &prints;
  hears.rows = &rows;
  hears.work = &work;

  lines.begin();
  ledger.tell(&lines);
  faults.on_change([&](time_point now) { lines.on_fault(now); });
  work.begin(std::make_unique<fault_plan>(work, faults, sky));
  observations eyes(what, lines, rows, start);
  supervisor watch(options, *place, ledger, start, what.length);
  run_observed(*place, eyes, watch, start + what.length);
  hears.ledger = nullptr;
  watch.rethrow();

  ledger.finish(place->now());
  result.stopped = watch.stopped();
  result.reached = place->now() - start;
  result.trace_hash = on.virtual_time ? place->trace_hash() : std::string();
  if (on.virtual_time) result.prints = prints.finish();
  result.checks = lines.verdicts(place->now());
  work.add_untested(result.checks);
  result.also = lines.also(place->now());
  result.invariants = ledger.looked();
  result.groups = summarize(what, ledger);
  result.events = ledger.steps();
  result.wall_s = watch.wall_s();
  result.faults = faults.results();
  result.warnings = what.warnings;
  work.add_warnings(result.warnings);
  result.verdict = worst_of(result);
  result.ok = result.verdict == verdict::ok && !result.stopped;
  return result;
}

}  // namespace tandem::scenarios
