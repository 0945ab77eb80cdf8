// SPDX-License-Identifier: MIT
#include "tandem/core/cause.hpp"

#include <algorithm>
#include <array>

namespace tandem {
namespace {

// Wire codes are part of the protocol: a published one never changes and is never given again.
constexpr std::array<cause_row, causes_count> table{{
    {cause::none, "None", 0, "nothing happened"},

    {cause::limit_reached, "LimitReached", 0x1001, "the node has all the connections it may have"},
    {cause::per_peer_limit_reached, "PerPeerLimitReached", 0x1002,
     "the peer has all the connections one peer may have"},
    {cause::pending_limit_reached, "PendingLimitReached", 0x1003,
     "too many connections or requests are still in progress"},
    {cause::backing_off, "BackingOff", 0x1004, "earlier dials failed and the next is not due yet"},
    {cause::circuit_open, "CircuitOpen", 0x1005,
     "the peer failed too often in a row and is left alone for a while"},
    {cause::shutting_down, "ShuttingDown", 0x1006, "the node is shutting down"},
    {cause::denied, "Denied", 0x1007, "the peer is on the deny list"},
    {cause::duplicate, "Duplicate", 0x1008,
     "both ends dialled at once and the other connection is kept"},
    {cause::self_dial, "SelfDial", 0x1009, "the peer is this node itself"},
    {cause::no_address, "NoAddress", 0, "no address of the peer is known"},
    {cause::unknown_request, "UnknownRequest", 0, "there is no such request"},
    {cause::inbound_limit_reached, "InboundLimitReached", 0x100a,
     "the node has all the inbound connections it may have"},
    {cause::outbound_limit_reached, "OutboundLimitReached", 0x100b,
     "the node has all the outbound connections it may have"},
    {cause::subnet_limit_reached, "SubnetLimitReached", 0x100c,
     "the subnet has all the connections one subnet may have"},
    {cause::rate_limited, "RateLimited", 0x100d, "connections arrive faster than they may"},
    {cause::memory_limit_reached, "MemoryLimitReached", 0x100e,
     "another connection would take more memory than there may be used"},
    {cause::offline, "Offline", 0, "this node itself seems to be offline"},

    {cause::requested, "Requested", 0, "the application asked for it"},
    {cause::idle_timeout, "IdleTimeout", 0x1101, "no application byte for connection_timeout"},
    {cause::liveness_lost, "LivenessLost", 0x1102, "the peer answered no probe"},
    {cause::remote_closed, "RemoteClosed", 0, "the peer closed the connection"},
    {cause::reset, "Reset", 0, "the connection was reset"},
    {cause::transport_timeout, "TransportTimeout", 0, "the transport gave the connection up"},
    {cause::protocol_error, "ProtocolError", 0x1103, "the peer broke a protocol"},
    {cause::handshake_timeout, "HandshakeTimeout", 0x1104,
     "the handshake took longer than handshake_timeout"},
    {cause::aborted, "Aborted", 0x1105, "the connection was aborted"},
    {cause::evicted, "Evicted", 0x1106, "another connection took its place"},

    {cause::connection_refused, "ConnectionRefused", 0, "nobody listens at the address"},
    {cause::connect_timeout, "ConnectTimeout", 0, "the transport got no answer from the address"},
    {cause::attempt_timeout, "AttemptTimeout", 0,
     "the address did not connect within attempt_timeout"},
    {cause::dial_deadline, "DialDeadline", 0, "the dial was not over by its deadline"},
    {cause::unreachable, "Unreachable", 0, "there is no route to the address"},
    {cause::abandoned, "Abandoned", 0, "whoever asked for the dial gave it up"},
    {cause::wrong_peer, "WrongPeer", 0x1201, "another peer than the one dialled answered"},
    {cause::handshake_failed, "HandshakeFailed", 0x1202, "the handshake failed"},
    {cause::local_resource, "LocalResource", 0x1203, "this host lacks a resource"},
    {cause::remote_refused, "RemoteRefused", 0, "the peer refused without a reason we know"},

    {cause::name_unknown, "NameUnknown", 0, "the name of the peer's host has no address"},
    {cause::name_timeout, "NameTimeout", 0, "no name server answered in time"},
    {cause::name_failed, "NameFailed", 0, "no name server could say what the name's addresses are"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (static_cast<std::size_t>(table[i].value) != i) return false;
  return true;
}
static_assert(in_order(), "a row per cause, in the order of the enumeration");

// The upper half of a GoAway's code.
constexpr duration retry_unit = std::chrono::milliseconds(100);
constexpr unsigned retry_shift = 16;
constexpr std::uint32_t half_mask = 0xffff;

const cause_row& row_of(cause c) noexcept {
  const auto i = static_cast<std::size_t>(c);
  return table[i < table.size() ? i : 0];
}

}  // namespace

std::span<const cause_row> causes() noexcept { return table; }
std::string_view name_of(cause c) noexcept { return row_of(c).name; }
std::string_view sentence_of(cause c) noexcept { return row_of(c).sentence; }
std::uint32_t wire_code_of(cause c) noexcept { return row_of(c).wire_code; }

std::optional<cause> cause_named(std::string_view name) noexcept {
  for (const cause_row& row : table)
    if (row.name == name) return row.value;
  return std::nullopt;
}

std::optional<cause> cause_of_wire_code(std::uint32_t code) noexcept {
  if (code == 0) return std::nullopt;
  for (const cause_row& row : table)
    if (row.wire_code == code) return row.value;
  return std::nullopt;
}

std::uint32_t go_away_code(cause reason, duration retry_after) noexcept {
  const std::uint32_t code = wire_code_of(reason);
  if (code == 0 || retry_after <= duration::zero()) return code;
  const auto units =
      std::min<std::int64_t>((retry_after - duration(1)) / retry_unit + 1, half_mask);
  return code | static_cast<std::uint32_t>(units) << retry_shift;
}

go_away_reason parse_go_away(std::uint32_t code) noexcept {
  const auto reason = cause_of_wire_code(code & half_mask);
  if (!reason) return {};
  return {reason, (code >> retry_shift) * retry_unit};
}

}  // namespace tandem
