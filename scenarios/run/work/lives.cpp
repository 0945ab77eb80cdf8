// SPDX-License-Identifier: MIT
#include "run/work/reading.hpp"
#include "run/work/work.hpp"
#include "run/workload.hpp"

namespace tandem::scenarios {
namespace {

using life_change = void (workload::*)(node_index);

/// The end of nodes, or a new beginning.
struct life_work final : work {
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;

  life_change change{};
  node_selection nodes;
  schedule when;
};

class changing_lives final : public doing {
 public:
  changing_lives(const life_work& what, workload& in, std::uint64_t index)
      : arrivals_(
            in, what.when, in.nodes_of(what.nodes), index,
            [&in, change = what.change](std::uint64_t, node_index node) { (in.*change)(node); }) {}
  void begin() override { arrivals_.begin(); }

 private:
  arrival_process arrivals_;
};

std::unique_ptr<doing> life_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<changing_lives>(*this, in, index);
}

std::unique_ptr<work> read_life(const yaml_value& value, const scenario& of, const char* word,
                                life_change change) {
  const yaml_mapping given(value, word, {"nodes", "group", "at", "arrivals"});
  auto out = std::make_unique<life_work>();
  out->change = change;
  // `group` is the older word for it.
  const char* key = given.find("group") != nullptr ? "group" : "nodes";
  given.require(key, [&](const auto& v) { out->nodes = read_nodes(v, of); });
  read_schedule(given, of, out->nodes.count, {.at_required = true}, out->when);
  return out;
}

}  // namespace

std::unique_ptr<work> read_shutdown(const yaml_value& value, scenario& of) {
  return read_life(value, of, "shutdown", &workload::shutdown);
}
std::unique_ptr<work> read_kill(const yaml_value& value, scenario& of) {
  return read_life(value, of, "kill", &workload::kill);
}
std::unique_ptr<work> read_restart(const yaml_value& value, scenario& of) {
  return read_life(value, of, "restart", &workload::restart);
}

}  // namespace tandem::scenarios
