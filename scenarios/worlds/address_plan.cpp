// SPDX-License-Identifier: MIT
#include "address_plan.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace tandem::scenarios {
namespace {

__extension__ using wide = unsigned __int128;

// Connections that leave a shared address have ports from here on, as a NAT gives them.
constexpr std::uint16_t outside_first = 1024;

// A port of hosts that no node has.
constexpr std::uint16_t nobody_listens = 1;

constexpr unsigned bits_of(bool v6) noexcept { return v6 ? 128 : 32; }

wide number_of(const endpoint& at) noexcept {
  wide out = 0;
  for (unsigned i = 0; i < bits_of(at.v6) / 8; ++i) out = out << 8 | at.address[i];
  return out;
}

endpoint address_of(wide number, bool v6) noexcept {
  endpoint out;
  out.v6 = v6;
  for (unsigned i = bits_of(v6) / 8; i > 0; --i, number >>= 8)
    out.address[i - 1] = static_cast<std::uint8_t>(number);
  return out;
}

endpoint without_port(endpoint at) noexcept {
  at.port = 0;
  return at;
}

// Addresses of a network, at most 2^40; the first and the last of four and more are no hosts'.
std::uint64_t hosts_in(unsigned prefix, bool v6) noexcept {
  const auto all = std::uint64_t{1} << std::min(bits_of(v6) - prefix, 40U);
  return all > 2 ? all - 2 : all;
}

// Where a node without addresses of its own goes when it moves: half of 10.0.0.0/8.
const address_spec& elsewhere() {
  static const address_spec made{{{endpoint::v4(10, 128, 0, 0, 0), 9}}};
  return made;
}

}  // namespace

std::uint64_t nodes_in(const address_range& range, const address_spec& of) noexcept {
  const bool v6 = range.first.v6;
  const std::uint64_t networks = of.subnets == 0 ? 1 : of.subnets;
  const auto prefix = of.subnets == 0 ? range.prefix : subnet_prefix(v6);
  const auto nodes = wide{hosts_in(prefix, v6) / of.each} * networks * of.behind_one;
  return static_cast<std::uint64_t>(std::min<wide>(nodes, wide{1} << 32));
}

void address_plan::add(const endpoint& real, const address_spec* how) {
  const auto node = static_cast<node_index>(nodes_at_.size());
  const auto turn = how == nullptr ? 0 : members_[how]++;
  nodes_at_.push_back({real, how, turn});
  owners_.emplace(without_port(real), node);
  if (how == nullptr) return put(node, {without_port(real)}, real.port);
  const auto place = turn % how->behind_one;
  if (place == 0) shared_[how] = fresh(*how, turn / how->behind_one);
  put(node, shared_[how], static_cast<std::uint16_t>(real.port + place));
}

void address_plan::move(node_index node) {
  const auto& one = nodes_at_[node];
  const auto& how = one.how != nullptr ? *one.how : elsewhere();
  auto next = fresh(how, one.turn / how.behind_one);
  take_away(node);
  put(node, std::move(next), one.real.port);
}

std::vector<endpoint> address_plan::fresh(const address_spec& how, std::uint32_t turn) {
  std::vector<endpoint> out;
  for (address_range range : how.in) {
    if (how.subnets != 0) {
      const auto prefix = subnet_prefix(range.first.v6);
      const auto step = wide{turn % how.subnets} << (bits_of(range.first.v6) - prefix);
      range = {address_of(number_of(range.first) + step, range.first.v6),
               static_cast<std::uint8_t>(prefix)};
    }
    for (std::uint32_t i = 0; i < how.each; ++i) {
      out.push_back(next_of(range));
      ++users_[out.back()];  // not twice
    }
  }
  for (const auto& address : out)
    if (--users_[address] == 0) users_.erase(address);
  return out;
}

endpoint address_plan::next_of(const address_range& range) {
  const bool v6 = range.first.v6;
  const auto hosts = hosts_in(range.prefix, v6);
  const auto first = number_of(range.first) + (bits_of(v6) - range.prefix > 1 ? 1 : 0);
  auto& next = given_[{range.first, range.prefix}];
  for (std::uint64_t tries = 0; tries < hosts; ++tries) {
    const auto address = address_of(first + next, v6);
    next = (next + 1) % hosts;
    if (!is_taken(address)) return address;
  }
  throw std::invalid_argument("no address of " + to_string(range.first) + ", /" +
                              std::to_string(range.prefix) + ", is left; give a larger network");
}

// The network's own addresses, and those nobody ever has, count as taken.
bool address_plan::is_taken(const endpoint& address) const {
  if (users_.contains(address)) return true;
  if (address.v6 || address.address[0] != 10) return false;
  return address.address[1] == 255 || (number_of(address) & 0xffffff) <= nodes_;
}

void address_plan::put(node_index node, std::vector<endpoint> addresses, std::uint16_t port) {
  for (auto& address : addresses) {
    ++users_[address];
    at_.emplace(address, node);
    address.port = port;
    at_.emplace(address, node);
  }
  nodes_at_[node].addresses = std::move(addresses);
}

void address_plan::take_away(node_index node) {
  for (const auto& address : nodes_at_[node].addresses) {
    at_.erase(address);
    const auto alone = without_port(address);
    if (--users_[alone] > 0) continue;
    users_.erase(alone);
    at_.erase(alone);
  }
}

std::optional<endpoint> address_plan::find(const endpoint& at) const {
  auto it = at_.find(at);
  const bool listens = it != at_.end();
  if (!listens) it = at_.find(without_port(at));
  if (it == at_.end()) return {};
  auto out = real_of(it->second, at.v6);
  if (!listens) out.port = nobody_listens;
  return out;
}

endpoint address_plan::real_of(node_index node, bool v6) const {
  auto out = nodes_at_[node].real;
  if (v6) ++out.port;
  return out;
}

node_index address_plan::owner(const endpoint& real) const {
  return owners_.at(without_port(real));
}

endpoint address_plan::seen(node_index from, bool v6, std::uint16_t port) {
  const auto& all = nodes_at_[from].addresses;
  const auto same = std::ranges::find(all, v6, &endpoint::v6);
  auto out = without_port(same != all.end() ? *same : all.front());
  if (users_.at(out) > 1) {
    auto& last = outside_[out];
    last = std::max<std::uint16_t>(outside_first, static_cast<std::uint16_t>(last + 1));
    port = last;
  }
  out.port = port;
  return out;
}

}  // namespace tandem::scenarios
