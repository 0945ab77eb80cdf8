// SPDX-License-Identifier: MIT
#include "read_addresses.hpp"

#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"

#include <string>

namespace tandem::scenarios {
namespace {

constexpr std::uint64_t each_max = 64;
constexpr std::uint64_t behind_one_max = 10'000;  // each has a port
constexpr std::uint64_t subnets_max = 1'000'000;

void read_range(const yaml_value& value, address_spec& out) {
  const auto range = parse_address_range(value.as_text());
  if (!range)
    value.fail(quoted(value.path()) +
               " must be a network, as in 10.1.0.0/16 or 2001:db8::/32, or one address, not " +
               quoted(value.as_text()));
  out.in.push_back(*range);
}

void read_ranges(const yaml_value& value, address_spec& out) {
  if (!value.node().IsSequence()) return read_range(value, out);
  if (value.as_list().empty())
    value.fail(quoted(value.path()) + " is empty: name at least one network");
  value.each([&](const yaml_value& entry) { read_range(entry, out); });
  if (out.in.size() * out.each > addresses_max)
    value.fail("a node has at most " + std::to_string(addresses_max) + " addresses");
}

std::string text_of(const address_range& range) {
  auto text = to_string(range.first);  // 10.1.0.0:0, [2001:db8::]:0
  text.resize(text.rfind(':'));
  if (range.first.v6) text = text.substr(1, text.size() - 2);
  return text + "/" + std::to_string(range.prefix);
}

// What depends on what the networks are.
void check_room(const yaml_value& value, const address_spec& of, std::uint32_t nodes) {
  for (const auto& range : of.in) {
    const auto text = text_of(range);
    const auto prefix = subnet_prefix(range.first.v6);
    const auto spare = prefix < range.prefix ? 0 : std::uint64_t{1} << (prefix - range.prefix);
    if (of.subnets > spare)
      value.fail(text + " has " + counted(spare, "subnet") + " of /" + std::to_string(prefix) +
                 ", not " + std::to_string(of.subnets));
    if (nodes_in(range, of) < nodes)
      value.fail(text + " has addresses for " + counted(nodes_in(range, of), "node") +
                 ", and the group has " + std::to_string(nodes));
  }
}

}  // namespace

std::shared_ptr<const address_spec> read_addresses(const yaml_value& value, std::uint32_t nodes) {
  auto out = std::make_shared<address_spec>();
  if (value.is_mapping()) {
    const yaml_mapping given(value, "addresses", {"in", "each", "behind_one", "subnets"});
    const auto count = [](const yaml_value& of, std::uint64_t most) {
      return static_cast<std::uint32_t>(of.as_count(1, most));
    };
    given.read("each", [&](const auto& v) { out->each = count(v, each_max); });
    given.read("behind_one", [&](const auto& v) { out->behind_one = count(v, behind_one_max); });
    given.read("subnets", [&](const auto& v) { out->subnets = count(v, subnets_max); });
    if (!given.require("in", [&](const auto& v) { read_ranges(v, *out); })) return out;
  } else {
    read_ranges(value, *out);
  }
  check_room(value, *out, nodes);
  return out;
}

}  // namespace tandem::scenarios
