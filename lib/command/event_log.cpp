// SPDX-License-Identifier: MIT
#include "event_log.hpp"

#include "tandem/net/identity.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <cstdio>

namespace tandem::cli {
namespace {

// More than a person reads and than a healthy node says; 10 kB a second at most.
constexpr std::uint64_t lines_a_second = 100;

double seconds(time_point now) {
  return std::chrono::duration<double>(now.time_since_epoch()).count();
}

std::string stamp(time_point now) {
  char text[32];
  std::snprintf(text, sizeof text, "%10.3f ", seconds(now));
  return text;
}

}  // namespace

void event_log::on_notification(time_point now, const notification& what) {
  const auto name = name_of(what.kind);
  if (admit(now, name))
    line(now, name, what.conn, what.peer,
         what.kind == notice::address_untried ? to_multiaddr(what.where)
         : what.why == cause::none            ? std::string()
                                              : describe(what));
}

void event_log::on_message(time_point now, const received_message& message) {
  if (admit(now, "message"))
    line(now, "message", message.conn, message.peer,
         std::to_string(message.bytes.size()) + " bytes");
}

bool event_log::admit(time_point now, std::string_view name) {
  auto& of = kinds_[name];
  if (now - of.since >= std::chrono::seconds(1)) {
    end_second(now, name, of);
    of.since = now;
  }
  if (of.lines < lines_a_second) {
    ++of.lines;
    return true;
  }
  ++of.left_out;
  ++left_out_;
  return false;
}

void event_log::end_second(time_point now, std::string_view name, kind& of) {
  if (of.left_out > 0 && json_)
    to_.line(boost::json::serialize(
        boost::json::object{{"at", seconds(now)}, {"what", name}, {"left_out", of.left_out}}));
  else if (of.left_out > 0)
    to_.line(stamp(now).append(name) + ": " + std::to_string(of.left_out) +
             " more lines were left out");
  of = {};
}

void event_log::look(time_point now) {
  for (auto& [name, of] : kinds_)
    if (of.left_out > 0 && now - of.since >= std::chrono::seconds(1)) end_second(now, name, of);
}

void event_log::end(time_point now) {
  for (auto& [name, of] : kinds_) end_second(now, name, of);
}

void event_log::line(time_point now, std::string_view what, connection_id conn, const peer_id& peer,
                     const std::string& more) {
  if (json_) {
    boost::json::object told{{"at", seconds(now)}, {"what", what}};
    if (conn != connection_id::none) told["connection"] = static_cast<std::uint64_t>(conn);
    if (!peer.empty()) told["peer"] = to_string(peer);
    if (!more.empty()) told["more"] = more;
    return to_.line(boost::json::serialize(told));
  }
  auto text = stamp(now).append(what);
  if (conn != connection_id::none) text += " #" + std::to_string(static_cast<std::uint64_t>(conn));
  if (!peer.empty()) text += " " + to_string(peer);
  if (!more.empty()) text += " " + more;
  to_.line(text);
}

}  // namespace tandem::cli
