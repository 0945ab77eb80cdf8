// SPDX-License-Identifier: MIT
#include "text.hpp"

#include "tandem/core/option_table.hpp"

#include <cstdio>
#include <type_traits>

namespace tandem::reference {
namespace {

std::string word(cause c) { return std::string(name_of(c)); }
std::string word(bool b) { return b ? "yes" : "no"; }
std::string word(mark m) {
  static constexpr const char* names[] = {"protect", "tag", "keep_alive", "allow", "deny"};
  return names[static_cast<std::size_t>(m)];
}
std::string list_of(std::span<const endpoint> list) {
  std::string out = "[";
  for (const endpoint& e : list) out += (out.size() > 1 ? " " : "") + text_of(e);
  return out + "]";
}

struct event_text {
  using s = std::string;
  s operator()(const events::dial_wanted& e) const {
    return "dial_wanted " + text_of(e.request) + " to " + text_of(e.peer) + " " +
           list_of(e.addresses) + (e.mode == dial_mode::join ? " join" : " additional") +
           " priority " + std::to_string(e.priority) + " deadline " + text_of(e.deadline);
  }
  s operator()(const events::dial_abandoned& e) const {
    return "dial_abandoned " + text_of(e.request);
  }
  s operator()(const events::disconnect_wanted& e) const {
    return "disconnect_wanted " + text_of(e.peer) + " " + text_of(e.conn) + " " + word(e.reason);
  }
  s operator()(const events::peer_marked& e) const {
    return "peer_marked " + text_of(e.peer) + " " + word(e.what) + (e.on ? " on" : " off") +
           " until " + text_of(e.until) + " weight " + std::to_string(e.weight);
  }
  s operator()(const events::subnet_marked& e) const {
    return "subnet_marked " + text_of(e.network) + "/" + std::to_string(e.prefix) + " " +
           word(e.what) + (e.on ? " on" : " off") + " until " + text_of(e.until);
  }
  s operator()(const events::backoff_overridden& e) const {
    return "backoff_overridden " + text_of(e.peer);
  }
  s operator()(const events::configured& e) const { return "configured " + text_of(e.options); }
  s operator()(const events::shutdown_wanted& e) const {
    return "shutdown_wanted by " + text_of(e.deadline);
  }
  s operator()(const events::addresses_found& e) const {
    return "addresses_found " + text_of(e.request) + " " + list_of(e.list) +
           (e.final ? " final" : "") + (e.why == cause::none ? "" : " " + word(e.why));
  }
  s operator()(const events::attempt_connected& e) const {
    return "attempt_connected " + text_of(e.attempt);
  }
  s operator()(const events::attempt_failed& e) const {
    return "attempt_failed " + text_of(e.attempt) + " " + word(e.why) + (e.local ? " local" : "") +
           " retry_after " + text_of(e.retry_after);
  }
  s operator()(const events::arrived& e) const {
    return "arrived " + text_of(e.conn) + " from " + text_of(e.remote);
  }
  s operator()(const events::authenticated& e) const {
    return "authenticated " + text_of(e.conn) + " as " + text_of(e.peer);
  }
  s operator()(const events::ready& e) const { return "ready " + text_of(e.conn); }
  s operator()(const events::traffic& e) const {
    return "traffic " + text_of(e.conn) + " sent " + std::to_string(e.sent) + " received " +
           std::to_string(e.received) + " at " + text_of(e.last_received_at) + " app " +
           std::to_string(e.app_bytes) + " at " + text_of(e.last_app_at);
  }
  s operator()(const events::rtt_sampled& e) const {
    return "rtt_sampled " + text_of(e.conn) + " " + text_of(e.rtt);
  }
  s operator()(const events::progressed& e) const {
    return "progressed " + text_of(e.conn) + " at " + text_of(e.at) + (e.more ? " more" : "");
  }
  s operator()(const events::probe_answered& e) const {
    return "probe_answered " + text_of(e.conn) + " " + std::to_string(e.nonce);
  }
  s operator()(const events::stream_opened& e) const {
    return "stream_opened " + text_of(e.conn) + (e.app ? " app" : "");
  }
  s operator()(const events::stream_closed& e) const {
    return "stream_closed " + text_of(e.conn) + (e.app ? " app" : "");
  }
  s operator()(const events::remote_refused& e) const {
    return "remote_refused " + text_of(e.conn) + " " + word(e.reason) + " retry_after " +
           text_of(e.retry_after);
  }
  s operator()(const events::closed& e) const {
    return "closed " + text_of(e.conn) + " " + word(e.why);
  }
  s operator()(const events::network_changed&) const { return "network_changed"; }
  s operator()(const events::pressure& e) const {
    return "pressure memory " + word(e.memory) + " descriptors " + word(e.descriptors);
  }
  s operator()(const events::accept_failed&) const { return "accept_failed"; }
};

struct action_text {
  using s = std::string;
  s operator()(const actions::resolve& a) const {
    return "resolve " + text_of(a.request) + " " + text_of(a.peer);
  }
  s operator()(const actions::start_attempt& a) const {
    return "start_attempt " + text_of(a.attempt) + " to " + text_of(a.peer) + " at " +
           text_of(a.address);
  }
  s operator()(const actions::cancel_attempt& a) const {
    return "cancel_attempt " + text_of(a.attempt);
  }
  s operator()(const actions::admit& a) const {
    return "admit " + text_of(a.conn) +
           (a.stage == stage::handshake ? " to the handshake" : " established");
  }
  s operator()(const actions::refuse& a) const {
    return "refuse " + text_of(a.conn) + " " + word(a.refusal) +
           (a.how == refuse_how::tell ? " tell" : " reset");
  }
  s operator()(const actions::ask_progress& a) const { return "ask_progress " + text_of(a.conn); }
  s operator()(const actions::probe& a) const {
    return "probe " + text_of(a.conn) + " " + std::to_string(a.nonce);
  }
  s operator()(const actions::close& a) const {
    return "close " + text_of(a.conn) + " " + word(a.reason) + " until " + text_of(a.drain_until);
  }
  s operator()(const actions::abort& a) const {
    return "abort " + text_of(a.conn) + " " + word(a.reason);
  }
  s operator()(const actions::listen_pause&) const { return "listen_pause"; }
  s operator()(const actions::listen_resume&) const { return "listen_resume"; }
  s operator()(const actions::notify& a) const {
    const notification& n = a.what;
    s out = s("notify ") + s(name_of(n.kind)) + " " + word(n.why);
    if (n.conn != connection_id::none) out += " " + text_of(n.conn);
    if (n.request != request_id::none) out += " " + text_of(n.request);
    if (!n.peer.empty()) out += " " + text_of(n.peer);
    if (n.limit > 0) out += " " + std::to_string(n.current) + " of " + std::to_string(n.limit);
    if (n.failures > 0) out += " failures " + std::to_string(n.failures);
    if (n.ceiling > duration::zero()) out += " ceiling " + text_of(n.ceiling);
    if (n.until != never) out += " until " + text_of(n.until);
    return out;
  }
  s operator()(const actions::shutdown_complete& a) const {
    return "shutdown_complete, " + std::to_string(a.left) + " left";
  }
};

}  // namespace

std::string text_of(duration d) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.9g s", std::chrono::duration<double>(d).count());
  return buffer;
}
std::string text_of(time_point at) {
  return at == never ? "never" : text_of(at.time_since_epoch());
}
std::string text_of(const endpoint& e) {
  std::string out;
  char buffer[8];
  if (!e.v6) {
    for (std::size_t i = 0; i < 4; ++i) out += (i ? "." : "") + std::to_string(e.address[i]);
  } else {
    for (std::size_t i = 0; i < 16; i += 2) {
      std::snprintf(buffer, sizeof buffer, "%x", e.address[i] << 8 | e.address[i + 1]);
      out += (i ? ":" : "[") + std::string(buffer);
    }
    out += "]";
  }
  return out + ":" + std::to_string(e.port);
}
std::string text_of(const peer_id& p) {
  return p.empty() ? "anybody" : "peer " + std::to_string(p.bytes().back());
}
std::string text_of(const event& what) { return std::visit(event_text{}, what); }
std::string text_of(const action& what) { return std::visit(action_text{}, what); }

std::string text_of(const manager_options& options) {
  const manager_options usual;
  std::string out = "{";
  for (const option_row& row : option_table())
    std::visit(
        [&](auto field) {
          const auto value = [&](const manager_options& of) -> std::string {
            if constexpr (std::is_same_v<decltype(field), option_choice>)
              return std::string(field.names[field.get(of)]);
            else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(of.*field)>, duration>)
              return text_of(of.*field);
            else
              return std::to_string(of.*field);
          };
          if (value(options) == value(usual)) return;
          out += (out.size() > 1 ? ", " : "") + std::string(row.name) + ": " + value(options);
        },
        row.field);
  return out + "}";
}

}  // namespace tandem::reference
