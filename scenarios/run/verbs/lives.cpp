// SPDX-License-Identifier: MIT
#include "read/read_distribution.hpp"
#include "run/verbs/reading.hpp"
#include "run/verbs/verb.hpp"
#include "run/workload.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

enum class life_change : std::uint8_t { shutdown, kill, restart };

/// The end of nodes, or a new beginning.
struct life_work final : work {
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;
  std::string why_one_thread() const override { return why_one_thread_of(when); }

  life_change change{};
  new_life with{};                            ///< of a restarted node
  std::optional<duration_distribution> down;  ///< between the end of a restarted node and its start
  node_selection nodes;
  schedule when;
};

class changing_lives final : public doing {
 public:
  changing_lives(const life_work& what, workload& in, std::uint64_t index)
      : what_(what),
        in_(in),
        random_(random_stream::of(in.seed(), "down", index)),
        arrivals_(
            in, what.when, in.nodes_of(what.nodes), index,
            [this](std::uint64_t, node_index node) { change(node); },
            arrival_process::whose::host) {}
  void begin() override { arrivals_.begin(); }
  void turn(node_index node, node_index) override { change(node); }
  bool hears() const override { return false; }

 private:
  void change(node_index node) {
    if (what_.change == life_change::shutdown) return in_.shutdown(node);
    if (what_.change == life_change::kill) return in_.kill(node);
    if (!what_.down) return in_.restart(node, what_.with);
    in_.kill(node);
    in_.at(later(in_.now(), what_.down->draw(random_)), [this, node] {
      if (!in_.lives(node)) in_.restart(node, what_.with);
    });
  }

  const life_work& what_;
  workload& in_;
  random_stream random_;
  arrival_process arrivals_;
};

std::unique_ptr<doing> life_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<changing_lives>(*this, in, index);
}

std::unique_ptr<work> read_life(const yaml_value& value, scenario& of, const char* word,
                                life_change change) {
  auto keys = with_schedule_keys({"nodes", "group"});
  if (change == life_change::restart) keys.insert(keys.end(), {"down", "identity", "address"});
  const yaml_mapping given(value, word, keys);
  auto out = std::make_unique<life_work>();
  out->change = change;
  // `group` is the older word for it.
  const char* key = given.find("group") != nullptr ? "group" : "nodes";
  given.require(key, [&](const auto& v) { out->nodes = read_nodes(v, of); });
  read_schedule(given, of, out->nodes.count, {.at_required = true}, out->when);
  given.read("down", [&](const auto& v) { out->down = read_duration_distribution(v, duration{}); });
  given.read("identity", [&](const auto& v) {
    out->with.identity = v.as_one_of({"same", "new"}, "identity after a restart") == 1;
  });
  given.read("address", [&](const auto& v) {
    out->with.address = v.as_one_of({"same", "new"}, "address after a restart") == 1;
    of.nodes_move = of.nodes_move || out->with.address;
  });
  return out;
}

}  // namespace

std::unique_ptr<work> read_shutdown(const yaml_value& value, scenario& of) {
  return read_life(value, of, "shutdown", life_change::shutdown);
}
std::unique_ptr<work> read_kill(const yaml_value& value, scenario& of) {
  return read_life(value, of, "kill", life_change::kill);
}
std::unique_ptr<work> read_restart(const yaml_value& value, scenario& of) {
  return read_life(value, of, "restart", life_change::restart);
}

}  // namespace tandem::scenarios
