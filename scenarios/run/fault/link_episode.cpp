// SPDX-License-Identifier: MIT
#include "read/read_network.hpp"
#include "run/fault/changed_links.hpp"
#include "run/fault/fault_plan.hpp"
#include "run/fault/reading.hpp"
#include "run/link_table.hpp"

#include <algorithm>
#include <iterator>

namespace tandem::scenarios {
namespace {

/// Links are otherwise: those of some nodes, or those between two sets of them.
struct link_episode final : fault {
  std::unique_ptr<ongoing_fault> start(fault_plan& in, std::size_t index) const override;

  fault_nodes nodes;
  std::optional<fault_nodes> to;  ///< none: everybody
  bool one_way = false;
  link_spec change;
};

/// Whose access link of a path a change is about.
struct ends_changed {
  bool sender = true;
  bool receiver = true;
};

void set_delays(sim::link& link, const link_spec& change) {
  if (!change.jitter) return;
  link.jitter = {};
  link.delays = {*change.jitter};
  link.delays_most = most_of(*change.jitter);
}

void set_rates(sim::link& link, const link_spec& change, ends_changed ends) {
  if (ends.sender && change.up && !link.down) link.down = link.bandwidth;  // was of both
  if (ends.sender) {
    link.bandwidth = change.up.value_or(link.bandwidth);
    if (change.queue) link.queue = change.queue;
  }
  if (ends.receiver) {
    if (change.down) link.down = change.down;
    if (change.queue) link.down_queue = change.queue;
  }
}

void set_losses(sim::link& link, const link_spec& change) {
  if (change.loss) {
    link.loss = *change.loss;
    link.mean_burst = change.mean_burst;
  }
  if (change.reorder) {
    link.reorder = *change.reorder;
    link.reorder_by = change.reorder_by;
  }
  link.duplicate = change.duplicate.value_or(link.duplicate);
}

class changing_links final : public ongoing_fault {
 public:
  changing_links(const link_episode& what, fault_plan& in, std::size_t index)
      : what_(what), seed_(random_stream::of(in.seed(), "link fault", index).next()) {
    using others = node_pairs::others;
    if (what.to) {
      add(in, index, node_pairs(in, what.nodes, *what.to, what.one_way), {});
      return;
    }
    add(in, index, node_pairs(in, what.nodes, others::all, true), {true, false});
    if (!what.one_way)
      add(in, index, node_pairs(in, what.nodes, others::all, true).turned(), {false, true});
  }

  void begin() override {
    for (auto& part : parts_) part->begin();
  }
  void end() override {
    for (auto& part : parts_) part->end();
  }
  bool concerns(node_index one, node_index other) const override {
    return std::ranges::any_of(parts_, [&](const auto& p) { return p->concerns(one, other); });
  }

 private:
  void add(fault_plan& in, std::size_t index, node_pairs where, ends_changed ends) {
    const auto change = [this, ends](sim::link& link, sim::host_index from, sim::host_index to) {
      if (what_.change.latency) link.latency = latency_of(from, to);
      set_delays(link, what_.change);
      set_rates(link, what_.change, ends);
      set_losses(link, what_.change);
    };
    parts_.push_back(std::make_unique<changed_links>(in, index, std::move(where), change,
                                                     what_.change.latency.has_value()));
  }
  // Drawn once for each pair, the same in both directions.
  duration latency_of(sim::host_index from, sim::host_index to) const {
    const auto [low, high] = std::minmax(from, to);
    auto random = random_stream::of(seed_ + low, "latency", high);
    return duration(what_.change.latency->draw(random));
  }

  const link_episode& what_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<changed_links>> parts_;
};

std::unique_ptr<ongoing_fault> link_episode::start(fault_plan& in, std::size_t index) const {
  return std::make_unique<changing_links>(*this, in, index);
}

void read_ends(const yaml_mapping& given, const scenario& of, link_episode& out) {
  const auto* between = given.find("between");
  if (between == nullptr) {
    given.require("nodes", [&](const auto& v) { out.nodes = read_fault_nodes(v, of); });
    return;
  }
  given.read("between", [&](const auto& v) {
    if (given.find("nodes") != nullptr)
      v.fail_key("a link fault is of the links of `nodes` or `between` two, not both");
    const auto pair = v.as_list();
    if (pair.size() != 2) v.fail(quoted(v.path()) + " must name the nodes of both ends");
    out.nodes = read_fault_nodes(pair[0], of);
    out.to = read_fault_nodes(pair[1], of);
  });
}

}  // namespace

std::unique_ptr<fault> read_link_episode(const yaml_value& value, const scenario& of) {
  auto keys = link_keys();
  keys.emplace_back("like");
  const auto changes = keys;
  keys.insert(keys.end(), {"nodes", "between", "one_way"});
  const yaml_mapping given(value, "link", with_fault_keys(keys));
  auto out = std::make_unique<link_episode>();
  read_ends(given, of, *out);
  given.read("one_way", [&](const auto& v) { out->one_way = v.as_bool(); });
  given.read("like", [&](const auto& v) { out->change = read_link(v); });
  out->change = out->change.with(read_link_fields(given));
  given.self().source().attempt([&] {
    if (std::ranges::none_of(changes, [&](const auto& key) { return given.find(key) != nullptr; }))
      given.self().fail(
          "a link fault must change something: latency, jitter, bandwidth, up, down, "
          "loss, queue, reorder, duplicate, or all that a named link says (`like`)");
  });
  const std::string ends =
      out->to ? "between " + out->nodes.text + " and " + out->to->text : "of " + out->nodes.text;
  read_fault(given, of, "other links " + ends, *out);
  return out;
}

}  // namespace tandem::scenarios
