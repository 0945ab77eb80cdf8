// SPDX-License-Identifier: MIT
#pragma once

#include "read/yaml_value.hpp"
#include "tandem/core/random.hpp"
#include "tandem/scenarios/duration_distribution.hpp"
#include "tandem/scenarios/nodes.hpp"
#include "tandem/scenarios/scenario.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {

class workload;

/// When the nodes of a selection have their turns. In a file: `at` or `when`, `until` or `for`,
/// `count`, and `arrivals`, which is `at_once`, `{every: 5ms}`, `{poisson: 20/s}`, `{burst: 50,
/// every: 10s}`,
/// `{trace: file.csv}`, `{spread: 10s}` or `{think: 10s}`.
struct schedule {
  enum class kind : std::uint8_t { at_once, every, poisson, burst, trace, spread, think };
  /// One line of a trace: when, counted from `at`, and which node of the selection.
  struct turn {
    duration at{};
    std::optional<std::uint32_t> node{};  ///< none: its nodes take turns
  };

  bool once() const noexcept { return how == kind::at_once; }
  /// Turns are of one node each, and come at it. One that is of the very moment of another entry,
  /// as a constant `think` may be, does not keep the file's order with it at `message`: what is
  /// done to all comes before it.
  bool at_random() const noexcept {
    return how == kind::poisson || how == kind::spread || how == kind::think;
  }

  kind how = kind::at_once;
  bool per_node = false;  ///< each node has arrivals of its own; else they are the selection's
  duration every{};       ///< between two arrivals, or two bursts; or the length of a spread
  double per_second = 0;
  std::uint64_t burst = 1;
  std::vector<turn> trace;
  std::optional<duration_distribution> think;  ///< from the end of one turn to the next
  std::uint64_t count = 1;                     ///< turns of each node; 0: as many as there are
  duration at{};
  std::optional<expectation> on{};  ///< `at` is when this first holds
  std::string allow_untested;       ///< why it need never hold
  duration until = duration::max();
};

/// The keys that read_schedule() understands.
inline constexpr const char* schedule_keys[] = {"at",  "when",     "allow_untested", "until",
                                                "for", "arrivals", "every",          "count"};

/// What a verb allows of a schedule.
struct schedule_rules {
  bool at_required = false;
  std::uint64_t at_once_max = 10'000'000;  ///< turns of one instant are all in memory at once
  bool think = false;                      ///< the verb says when a turn is over
};

/// Of them `at`, or `when` and `allow_untested`: true when it was `when`.
bool read_beginning(const yaml_mapping& given, const scenario& of, bool at_required, schedule& out);

/// Reads them for `nodes` nodes.
void read_schedule(const yaml_mapping& given, const scenario& of, std::uint64_t nodes,
                   const schedule_rules& rules, schedule& out);

/// Hands out the turns of a schedule as time passes.
class arrival_process {
 public:
  /// The k-th turn, counted over all nodes, is `who`'s.
  using handler = std::function<void(std::uint64_t k, node_index who)>;
  enum class whose : std::uint8_t {
    process,  ///< a turn of a node whose process stands still waits until that goes on
    host,     ///< what is done to a node comes when it comes
    itself,   ///< as `process`, and about this node alone: at_random(), it comes at its node
  };
  /// `when` and `in` outlive it.
  arrival_process(workload& in, const schedule& when, node_list nodes, std::uint64_t index,
                  handler act, whose turns = whose::process);

  void begin();
  /// The turn of this node is over, or it begins anew: it thinks, and has the next one, in place of
  /// any that it waited for. Only with `think`, and once it began.
  void over(node_index who);

 private:
  struct own {
    random_stream random;
    time_point next{};
    std::uint64_t done = 0;
    std::uint64_t planned = 0;  ///< the number of the turn that it waits for
  };
  void start();
  bool ended(std::uint64_t done, std::uint64_t nodes, time_point next) const;
  duration gap(random_stream& random) const;
  void next_of_all();
  void next_of(std::uint64_t member);
  void next_round();
  void next_of_trace();
  void turns(std::uint64_t many);
  void plan_ahead();
  void at(node_index who, time_point when, std::function<void()> what);

  workload& in_;
  const schedule& when_;
  node_list nodes_;
  std::uint64_t index_;
  time_point origin_;  ///< from which its times count
  handler act_;
  bool apart_;  ///< turns come at their nodes, which are places of the world
  own all_;
  std::vector<own> each_;
};

}  // namespace tandem::scenarios
