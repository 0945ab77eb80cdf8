// SPDX-License-Identifier: MIT
#include "core/trace/trace_text.hpp"

#include "tandem/core/replay.hpp"

namespace tandem {
namespace {

std::string number(auto id) { return " #" + std::to_string(static_cast<std::uint64_t>(id)); }
std::string named(cause why) { return " " + std::string(name_of(why)); }

struct describer {
  std::string operator()(const actions::resolve& a) const { return "resolve" + number(a.request); }
  std::string operator()(const actions::start_attempt& a) const {
    return "start_attempt" + number(a.attempt) + " port " + std::to_string(a.address.port);
  }
  std::string operator()(const actions::cancel_attempt& a) const {
    return "cancel_attempt" + number(a.attempt);
  }
  std::string operator()(const actions::admit& a) const {
    return "admit" + number(a.conn) + (a.stage == stage::handshake ? " handshake" : " established");
  }
  std::string operator()(const actions::refuse& a) const {
    return "refuse" + number(a.conn) + named(a.refusal) +
           (a.how == refuse_how::reset ? " (reset)" : " (tell)");
  }
  std::string operator()(const actions::probe& a) const { return "probe" + number(a.conn); }
  std::string operator()(const actions::close& a) const {
    return "close" + number(a.conn) + named(a.reason);
  }
  std::string operator()(const actions::abort& a) const {
    return "abort" + number(a.conn) + named(a.reason);
  }
  std::string operator()(const actions::listen_pause&) const { return "listen_pause"; }
  std::string operator()(const actions::listen_resume&) const { return "listen_resume"; }
  std::string operator()(const actions::notify& a) const {
    std::string text = "notify " + std::string(name_of(a.what.kind));
    if (a.what.conn != connection_id::none) text += number(a.what.conn);
    if (a.what.request != request_id::none) text += " request" + number(a.what.request);
    return a.what.why == cause::none ? text : text + " " + describe(a.what);
  }
  std::string operator()(const actions::shutdown_complete& a) const {
    return "shutdown_complete left " + std::to_string(a.left);
  }
};

constexpr std::array<std::string_view, std::variant_size_v<event>> names{
    "dial_wanted",       "dial_abandoned",  "disconnect_wanted",
    "peer_marked",       "subnet_marked",   "backoff_overridden",
    "configured",        "shutdown_wanted", "addresses_found",
    "attempt_connected", "attempt_failed",  "arrived",
    "authenticated",     "ready",           "traffic",
    "rtt_sampled",       "probe_answered",  "stream_opened",
    "stream_closed",     "remote_refused",  "closed",
    "network_changed",   "pressure",        "accept_failed"};

using c = manager_counters;
constexpr auto counters = std::to_array<counter_row>({
    {"active_connections", &c::active_connections},
    {"connected_peers", &c::connected_peers},
    {"connection_limit", &c::connection_limit},
    {"bytes_sent", &c::bytes_sent},
    {"bytes_received", &c::bytes_received},
    {"established_total", &c::established_total},
    {"failed_total", &c::failed_total},
    {"closed_total", &c::closed_total},
    {"permits_issued", &c::permits_issued},
    {"permits_released", &c::permits_released},
    {"permits_live", &c::permits_live},
    {"permits_inbound", &c::permits_inbound},
    {"permits_outbound", &c::permits_outbound},
    {"slot_drift", &c::slot_drift},
    {"pending_inbound", &c::pending_inbound},
    {"pending_outbound", &c::pending_outbound},
    {"lingering", &c::lingering},
    {"remembered_peers", &c::remembered_peers},
    {"remembered_addresses", &c::remembered_addresses},
    {"records_dropped", &c::records_dropped},
    {"evicted_total", &c::evicted_total},
    {"offline", &c::offline},
    {"ignored_events", &c::ignored_events},
});
static_assert(sizeof(manager_counters) == (counters.size() + causes_count) * sizeof(std::uint64_t));

}  // namespace

std::span<const counter_row> counter_table() noexcept { return counters; }

std::string detail::describe(const action& what) { return std::visit(describer{}, what); }

std::string describe(const replay_decision& what) {
  if (what.what.empty()) return "nothing";
  std::string text(what.what);
  if (what.why != cause::none) text.append(" ").append(name_of(what.why));
  return text;
}

std::span<const std::string_view> event_names() noexcept { return names; }

}  // namespace tandem
