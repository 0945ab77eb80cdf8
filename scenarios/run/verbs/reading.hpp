// SPDX-License-Identifier: MIT
#pragma once

#include "read/read_nodes.hpp"
#include "read/yaml_value.hpp"
#include "run/verbs/arrivals.hpp"
#include "run/verbs/verb.hpp"
#include "tandem/scenarios/scenario.hpp"

#include <string>
#include <vector>

// What the verbs read alike.
namespace tandem::scenarios {

/// A time within the scenario, counted from its start.
duration read_time(const yaml_value& value, const scenario& of);

/// Whom of `to` the k-th turn of `from` means.
enum class pick : std::uint8_t {
  round_robin,  ///< one after the other
  random,
  all,
};

/// Who does something to whom.
struct ends {
  node_selection from;
  node_selection to;
};

struct ends_rules {
  bool to_listens = true;  ///< who is dialled must listen
  bool neighbours = false;
};

/// What an entry says in which some nodes have something to do with others, now and then.
struct work_between : work {
  ends who;
  schedule when;
  enum pick pick = pick::round_robin;
  /// Each turn moves bytes of the application, which is use of a connection.
  virtual bool is_use() const { return false; }
};

/// Of work::why_one_thread(), for what asks for nothing else.
inline std::string why_one_thread_of(const schedule& when) {
  return when.on ? "`when` looks at all nodes" : "";
}

/// The keys `from` and `to`.
void read_ends(const yaml_mapping& given, const scenario& of, const ends_rules& rules, ends& out);

/// The key `pick`; `all` is one of its words if so allowed.
void read_pick(const yaml_mapping& given, bool all_allowed, pick& out);

/// `own` and the keys that every scheduled verb has.
std::vector<std::string> with_schedule_keys(std::vector<std::string> own);

}  // namespace tandem::scenarios
