// SPDX-License-Identifier: MIT
#include "run/fault/ailing.hpp"

namespace tandem::scenarios {
namespace {

class ailing_nodes final : public ongoing_fault {
 public:
  ailing_nodes(const ailing_fault& what, fault_plan& in, std::size_t index)
      : what_(what), in_(in), index_(index), nodes_(in, what.nodes) {}

  void begin() override {
    for (const auto node : nodes_.nodes()) {
      if (what_.touches_nodes && in_.lives(node)) in_.touched(index_, touch::nodes);
      in_.ail(node, what_.what, true);
    }
  }
  void end() override {
    for (const auto node : nodes_.nodes()) in_.ail(node, what_.what, false);
  }
  bool concerns(node_index one, node_index other) const override {
    return nodes_.has(one) || nodes_.has(other);
  }
  bool concerns_connections() const override { return what_.touches_connections; }

 private:
  const ailing_fault& what_;
  fault_plan& in_;
  std::size_t index_;
  node_set nodes_;
};

}  // namespace

std::unique_ptr<ongoing_fault> ailing_fault::start(fault_plan& in, std::size_t index) const {
  return std::make_unique<ailing_nodes>(*this, in, index);
}

std::unique_ptr<ailing_fault> read_ailing(const yaml_value& value, const scenario& of,
                                          const char* word, const std::string& what) {
  const yaml_mapping given(value, word, with_fault_keys({"nodes"}));
  auto out = std::make_unique<ailing_fault>();
  given.require("nodes", [&](const auto& v) { out->nodes = read_fault_nodes(v, of); });
  read_fault(given, of, what + out->nodes.text, *out);
  return out;
}

}  // namespace tandem::scenarios
