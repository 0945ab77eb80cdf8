// SPDX-License-Identifier: MIT
#include "read/csv.hpp"
#include "read/read_distribution.hpp"
#include "read/read_scenario.hpp"
#include "run/verbs/arrivals.hpp"
#include "run/verbs/reading.hpp"
#include "tandem/command/units.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace tandem::scenarios {
namespace {

constexpr duration above_zero{1};
constexpr std::uint64_t count_max = 1'000'000'000;

using kind = schedule::kind;

// The key that says how they come, and what stands there; `every` goes with `burst` as well.
std::pair<std::string, const yaml_value*> read_how(const yaml_mapping& given) {
  std::pair<std::string, const yaml_value*> found{};
  for (const char* word : {"burst", "every", "poisson", "trace", "spread", "think"}) {
    const auto* value = given.find(word);
    if (value == nullptr || (found.first == "burst" && word == std::string_view("every"))) continue;
    if (found.second != nullptr)
      value->fail_key("arrivals come in one way only: " + quoted(found.first) + " and " +
                      quoted(word) + " do not go together");
    found = {word, value};
  }
  if (found.second == nullptr)
    given.self().fail(
        "arrivals must be at_once, or have one of the keys every, poisson, burst, trace, "
        "spread, think");
  return found;
}

// Lines of `TIME` or `TIME,NODE`, in the order of their times.
std::vector<schedule::turn> read_trace(const yaml_value& named, std::uint64_t nodes) {
  const auto table = read_csv(named);
  std::vector<schedule::turn> turns;
  for (const auto& row : table.rows) {
    auto& turn = turns.emplace_back();
    const auto wrong = [&](const std::string& what) {
      named.fail("in line " + std::to_string(row.line) + " of " + table.file + ": " + what);
    };
    if (row.cells.size() > 2) wrong("a line is TIME or TIME,NODE");
    read_cell(named, table, row, row.cells[0], [&](const auto& v) { turn.at = v.as_duration(); });
    if (turns.size() > 1 && turn.at < turns[turns.size() - 2].at)
      wrong("times must not go back, as does " + row.cells[0]);
    if (row.cells.size() == 2)
      read_cell(named, table, row, row.cells[1], [&](const auto& v) {
        turn.node = static_cast<std::uint32_t>(v.as_count(0, nodes - 1));
      });
  }
  return turns;
}

void read_arrivals(const yaml_value& value, std::uint64_t nodes, const schedule_rules& rules,
                   schedule& out) {
  if (!value.is_mapping()) {
    value.as_one_of({"at_once"}, "way to arrive");
    return;
  }
  const yaml_mapping given(value, "arrivals",
                           {"every", "poisson", "burst", "trace", "spread", "think", "per"});
  const auto& [word, how] = read_how(given);
  if (word == "every") {
    out.how = kind::every;
    out.every = how->as_duration(above_zero);
  } else if (word == "poisson") {
    out.how = kind::poisson;
    out.per_second = how->as_rate();
  } else if (word == "burst") {
    out.how = kind::burst;
    out.burst = how->as_count(1, rules.at_once_max);
    given.require("every", [&](const auto& v) { out.every = v.as_duration(above_zero); });
  } else if (word == "spread") {
    out.how = kind::spread;
    out.every = how->as_duration(above_zero);
  } else if (word == "trace") {
    out.how = kind::trace;
    out.trace = read_trace(*how, nodes);
  } else {
    if (!rules.think)
      how->fail_key("`think` is for `dial` and `request`: nothing here is ever over");
    out.how = kind::think;
    out.think = read_duration_distribution(*how, above_zero);
  }
  given.read("per", [&](const auto& v) {
    if (v.as_text() != "node")
      v.fail(quoted(v.path()) +
             " must be `node`: each node has its own; leave it out for all "
             "together, not " +
             quoted(v.as_text()));
    out.per_node = true;
  });
}

}  // namespace

duration read_time(const yaml_value& value, const scenario& of) {
  const auto at = value.as_duration();
  if (at > of.length)
    value.fail("`" + value.path() + "` lies beyond the scenario's duration of " +
               format_duration(of.length));
  return at;
}

bool read_beginning(const yaml_mapping& given, const scenario& of, bool at_required,
                    schedule& out) {
  const auto read_at = [&](const auto& v) { out.at = read_time(v, of); };
  const bool on = given.find("when") != nullptr;
  given.read("when", [&](const auto& v) {
    if (given.find("at") != nullptr)
      v.fail_key("turns begin `at` a time or `when` something holds, not both");
    out.on = read_condition(v, of);
  });
  at_required && !on ? given.require("at", read_at) : given.read("at", read_at);
  given.read("allow_untested", [&](const auto& v) {
    if (!on) v.fail_key("`allow_untested` says why a `when` need never hold; here is none");
    out.allow_untested = read_reason(v);
  });
  return on;
}

void read_schedule(const yaml_mapping& given, const scenario& of, std::uint64_t nodes,
                   const schedule_rules& rules, schedule& out) {
  const bool on = read_beginning(given, of, rules.at_required, out);
  given.read("arrivals", [&](const auto& v) { read_arrivals(v, nodes, rules, out); });
  const auto* arrivals = given.find("arrivals");
  // `every: 5s` is short for arrivals of each node.
  given.read("every", [&](const auto& v) {
    if (arrivals != nullptr) v.fail_key("`every` and `arrivals` say the same; leave one out");
    out.how = kind::every;
    out.per_node = true;
    out.every = v.as_duration(above_zero);
  });
  // What is said is what counts here, not whether it could be read.
  const bool spread =
      given.find("every") != nullptr || (arrivals != nullptr && arrivals->is_mapping());
  given.read("count", [&](const auto& v) {
    out.count = v.as_count(1, count_max);
    if (!spread && out.count * nodes > rules.at_once_max)
      v.fail("more than " + std::to_string(rules.at_once_max) +
             " turns at once; spread them with `arrivals`");
  });
  const auto unlimited = [&] {
    if (given.find("count") == nullptr) out.count = 0;
  };
  // Whoever has arrivals of its own has them for as long as the run lasts.
  if (out.how == kind::think || out.how == kind::trace || out.per_node) unlimited();
  if (out.how == kind::spread && out.count * nodes > rules.at_once_max)
    given.self().fail("more than " + std::to_string(rules.at_once_max) + " turns in one spread");
  given.read("until", [&](const auto& v) {
    if (on) v.fail_key("`until` is a time from the start; with `when` say `for`");
    if (out.how == kind::spread) v.fail_key("a `spread` ends by itself; leave `until` out");
    if (!spread) v.fail("`until` needs `arrivals`: without them all come at once");
    out.until = read_time(v, of);
    if (out.until <= out.at) v.fail("`until` must be after `at`");
    unlimited();
  });
  given.read("for", [&](const auto& v) {
    if (out.how == kind::spread) v.fail_key("a `spread` ends by itself; leave `for` out");
    if (given.find("until") != nullptr) v.fail_key("`for` and `until` say the same; leave one out");
    if (!spread) v.fail("`for` needs `arrivals`: without them all come at once");
    out.until = later(time_point{} + out.at, v.as_duration(above_zero)).time_since_epoch();
    unlimited();
  });
}

}  // namespace tandem::scenarios
