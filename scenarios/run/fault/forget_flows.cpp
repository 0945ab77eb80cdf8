// SPDX-License-Identifier: MIT
#include "run/fault/changed_links.hpp"
#include "run/fault/fault_plan.hpp"
#include "run/fault/reading.hpp"

namespace tandem::scenarios {
namespace {

/// The NAT in front of some nodes forgets: packets of connections that are there vanish from now
/// on, both ways, and new connections pass.
struct forgetting : fault {
  std::unique_ptr<ongoing_fault> start(fault_plan& in, std::size_t index) const override;

  fault_nodes nodes;
};

class forgotten final : public ongoing_fault {
 public:
  forgotten(const forgetting& what, fault_plan& in) : in_(in), nodes_(in, what.nodes) {}

  void begin() override {
    for (const auto node : nodes_.nodes()) in_.forget_flows(node);
  }
  void end() override {}  // what was forgotten stays so
  bool concerns(node_index one, node_index other) const override {
    return nodes_.has(one) || nodes_.has(other);
  }

 private:
  fault_plan& in_;
  node_set nodes_;
};

std::unique_ptr<ongoing_fault> forgetting::start(fault_plan& in, std::size_t) const {
  return std::make_unique<forgotten>(*this, in);
}

}  // namespace

std::unique_ptr<fault> read_forget_flows(const yaml_value& value, const scenario& of) {
  const yaml_mapping given(value, "forget_flows", with_moment_keys({"nodes"}));
  auto out = std::make_unique<forgetting>();
  given.require("nodes", [&](const auto& v) { out->nodes = read_fault_nodes(v, of); });
  out->when.moment = true;
  read_fault(given, of, "forgotten flows of " + out->nodes.text, *out);
  return out;
}

}  // namespace tandem::scenarios
