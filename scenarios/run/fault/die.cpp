// SPDX-License-Identifier: MIT
#include "run/fault/changed_links.hpp"
#include "run/fault/fault_plan.hpp"
#include "run/fault/reading.hpp"

namespace tandem::scenarios {
namespace {

/// Nodes are dead, and live again afterwards. Silent: a power cut, of which nobody is told.
struct death final : fault {
  std::unique_ptr<ongoing_fault> start(fault_plan& in, std::size_t index) const override;

  fault_nodes nodes;
  bool silent = true;
};

class dying final : public ongoing_fault {
 public:
  dying(const death& what, fault_plan& in, std::size_t index)
      : in_(in), index_(index), nodes_(in, what.nodes) {
    // What a dead host sends is lost, its resets too, and what is sent to it.
    if (what.silent)
      cut_.emplace(in, index, node_pairs(in, what.nodes, node_pairs::others::all, false),
                   [](sim::link& link, auto, auto) { link.cut = true; });
  }

  void begin() override {
    if (cut_) cut_->begin();
    for (const auto node : nodes_.nodes())
      if (in_.power_off(node)) in_.touched(index_, touch::nodes);
  }
  void end() override {
    if (cut_) cut_->end();
    for (const auto node : nodes_.nodes()) in_.power_on(node);
  }
  bool concerns(node_index one, node_index other) const override {
    return nodes_.has(one) || nodes_.has(other);
  }

 private:
  fault_plan& in_;
  std::size_t index_;
  node_set nodes_;
  std::optional<changed_links> cut_;
};

std::unique_ptr<ongoing_fault> death::start(fault_plan& in, std::size_t index) const {
  return std::make_unique<dying>(*this, in, index);
}

}  // namespace

std::unique_ptr<fault> read_die(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "die", with_fault_keys({"nodes", "silent"}));
  auto out = std::make_unique<death>();
  given.require("nodes", [&](const auto& v) { out->nodes = read_fault_nodes(v, of); });
  given.read("silent", [&](const auto& v) { out->silent = v.as_bool(); });
  read_fault(given, of, (out->silent ? "silent death of " : "death of ") + out->nodes.text, *out);
  return out;
}

}  // namespace tandem::scenarios
