// SPDX-License-Identifier: MIT
#include "subnet.hpp"

namespace tandem::detail {

namespace {

// The queue holds one kind of deadline.
constexpr timer_kind blank_kind = timer_kind::host;

constexpr bool within(const network& address, const network& range) noexcept {
  return first_bits(address, range.length) == range;
}

constexpr network v4_range(std::uint8_t a, std::uint8_t b, unsigned bits) noexcept {
  return first_bits(network_of(endpoint::v4(a, b, 0, 0, 0)), network::v4_from + bits);
}

constexpr network v6_range(std::uint64_t first_16_bits, unsigned length) noexcept {
  return first_bits({first_16_bits << 48, 0}, length);
}

constexpr network v4_loopback = v4_range(127, 0, 8);                        // RFC 1122, 3.2.1.3
constexpr network v6_loopback{0, 1, 128};                                   // RFC 4291, 2.5.3
constexpr std::array v4_private{v4_range(10, 0, 8), v4_range(172, 16, 12),  // RFC 1918
                                v4_range(192, 168, 16), v4_range(169, 254, 16)};  // RFC 3927
constexpr std::array v6_private{v6_range(0xfc00, 7), v6_range(0xfe80, 10)};       // RFC 4193, 4291

std::uint64_t hash_of(const network& net, subnet_width width) noexcept {
  return mix(hash_of(net) + static_cast<std::uint64_t>(width));
}

}  // namespace

bool is_exempt(const network& address, subnet_exemption which) noexcept {
  if (which == subnet_exemption::none) return false;
  const bool v4 = is_v4(address);
  if (within(address, v4 ? v4_loopback : v6_loopback)) return true;
  if (which == subnet_exemption::loopback) return false;
  for (const network& range : v4 ? std::span<const network>(v4_private) : v6_private)
    if (within(address, range)) return true;
  return false;
}

std::optional<network> subnet_of(const endpoint& where, subnet_width width,
                                 const subnet_options& options) noexcept {
  const network address = network_of(where);
  if (is_exempt(address, options.subnet_exempt)) return std::nullopt;
  const bool narrow = width == subnet_width::narrow;
  const std::uint64_t length =
      is_v4(address)
          ? network::v4_from + (narrow ? options.subnet_v4_narrow : options.subnet_v4_wide)
          : (narrow ? options.subnet_v6_narrow : options.subnet_v6_wide);
  return first_bits(address, static_cast<unsigned>(length));
}

slot_index subnet_table::find(const network& net, subnet_width width) const noexcept {
  return by_network_.find(hash_of(net, width), [&](slot_index s) {
    return subnets_[s].net == net && subnets_[s].width == width;
  });
}

slot_index subnet_table::intern(const network& net, subnet_width width) {
  slot_index subnet = find(net, width);
  if (subnet == no_slot) {
    subnet = subnets_.take();
    subnets_[subnet].net = net;
    subnets_[subnet].width = width;
    by_network_.insert(hash_of(net, width), subnet);
  }
  return subnet;
}

void subnet_table::forget(slot_index subnet) noexcept {
  blank_order_.disarm(blank_kind, subnet);
  by_network_.erase(hash_of(subnets_[subnet].net, subnets_[subnet].width), subnet);
  subnets_.release(subnet);
}

void subnet_table::settle(slot_index subnet, time_point now,
                          std::uint64_t remembered_max) noexcept {
  if (subnet == no_slot) return;
  const subnet_entry& s = subnets_[subnet];
  if (s.permits > 0)
    blank_order_.disarm(blank_kind, subnet);
  else if (s.blank_at() <= now)
    forget(subnet);
  else
    blank_order_.arm(blank_kind, subnet, s.blank_at());
  // At most one entry is added at a time, so two keep up.
  for (int n = 0; n < 2 && blank_order_.next() <= now; ++n) forget(blank_order_.pop().slot);
  while (blank_order_.size() > remembered_max) forget(blank_order_.pop().slot);
}

void subnet_table::forgive(time_point since, time_point now,
                           std::uint64_t remembered_max) noexcept {
  for (slot_index s = 0; s < subnets_.bound(); ++s) {
    subnet_entry& x = subnets_[s];
    if (!x.used || x.circuit.last_failure() <= since) continue;
    x.circuit.restore({});
    if (x.circuit.trials() == 0) x.circuit_blank = time_point::min();
    settle(s, now, remembered_max);
  }
}

}  // namespace tandem::detail
