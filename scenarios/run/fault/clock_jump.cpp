// SPDX-License-Identifier: MIT
#include "run/fault/changed_links.hpp"
#include "run/fault/fault_plan.hpp"
#include "run/fault/reading.hpp"
#include "tandem/command/units.hpp"

namespace tandem::scenarios {
namespace {

/// The clock that the timers of some nodes follow jumps ahead: what was due in between is due now.
struct clock_jump final : fault {
  std::unique_ptr<ongoing_fault> start(fault_plan& in, std::size_t index) const override;
  const fault_nodes* sufferers() const override { return &nodes; }

  fault_nodes nodes;
  duration by{};
};

class jumping final : public ongoing_fault {
 public:
  jumping(const clock_jump& what, fault_plan& in, std::size_t index)
      : what_(what), in_(in), index_(index), nodes_(in, what.nodes) {}

  void begin() override {
    for (const auto node : nodes_.nodes()) {
      if (in_.lives(node)) in_.touched(index_, touch::nodes);
      in_.advance_clock(node, what_.by);
    }
  }
  void end() override {}
  bool concerns(node_index one, node_index other) const override {
    return nodes_.has(one) || nodes_.has(other);
  }

 private:
  const clock_jump& what_;
  fault_plan& in_;
  std::size_t index_;
  node_set nodes_;
};

std::unique_ptr<ongoing_fault> clock_jump::start(fault_plan& in, std::size_t index) const {
  return std::make_unique<jumping>(*this, in, index);
}

}  // namespace

std::unique_ptr<fault> read_clock_jump(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "clock_jump", with_moment_keys({"nodes", "by"}));
  auto out = std::make_unique<clock_jump>();
  given.require("nodes", [&](const auto& v) { out->nodes = read_fault_nodes(v, of); });
  given.require("by", [&](const auto& v) { out->by = v.as_duration(duration{1}); });
  out->when.moment = true;
  read_fault(given, of, "clock of " + out->nodes.text + " jumps by " + format_duration(out->by),
             *out);
  return out;
}

}  // namespace tandem::scenarios
