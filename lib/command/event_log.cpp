// SPDX-License-Identifier: MIT
#include "event_log.hpp"

#include "printable.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/core/counted.hpp"
#include "tandem/net/identity.hpp"

#include <boost/json.hpp>

#include <chrono>

namespace tandem::cli {
namespace {

// More than a person reads and than a healthy node says; 10 kB a second at most.
constexpr std::uint64_t lines_a_second = 100;

double seconds(time_point now) {
  return std::chrono::duration<double>(now.time_since_epoch()).count();
}

}  // namespace

void event_log::on_notification(time_point now, const notification& what) {
  const auto name = name_of(what.kind);
  if (level_of(what.kind) < least_ || !admit(now, name)) return;
  print(now, {name, what.conn, what.peer, what.where,
              what.why == cause::none ? std::string() : describe(what), what.why});
}

void event_log::on_message(time_point now, const received_message& message) {
  if (least_ > log_level::debug || !admit(now, "message")) return;
  print(now, {"message", message.conn, message.peer, {}, counted(message.bytes.size(), "byte")});
}

void event_log::on_identified(time_point now, connection_id conn, const peer_id& peer,
                              const peer_facts& facts) {
  if (least_ > log_level::info || !admit(now, "identified")) return;
  auto more = printable(facts.agent);
  if (facts.observed.port != 0) more += ", sees us at " + to_multiaddr(facts.observed);
  print(now, {"identified", conn, peer, {}, std::move(more)});
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
    to_.line(json_text(boost::json::object{
        {"time", wall_time()}, {"at", seconds(now)}, {"what", name}, {"left_out", of.left_out}}));
  else if (of.left_out > 0)
    to_.line(wall_time().append(" ").append(name) + ": " + counted(of.left_out, "line") +
             " more left out");
  of = {};
}

void event_log::look(time_point now) {
  for (auto& [name, of] : kinds_)
    if (of.left_out > 0 && now - of.since >= std::chrono::seconds(1)) end_second(now, name, of);
}

void event_log::end(time_point now) {
  for (auto& [name, of] : kinds_) end_second(now, name, of);
}

void event_log::print(time_point now, const line& of) {
  const bool has_conn = of.conn != connection_id::none, has_address = of.where.port != 0;
  if (json_) {
    boost::json::object told{{"time", wall_time()}, {"at", seconds(now)}, {"what", of.what}};
    if (has_conn) told["connection"] = static_cast<std::uint64_t>(of.conn);
    if (!of.peer.empty()) told["peer"] = to_string(of.peer);
    if (has_address) told["address"] = to_multiaddr(of.where);
    if (of.why != cause::none) told["cause"] = tandem::name_of(of.why);
    if (!of.more.empty()) told["more"] = of.more;
    return to_.line(json_text(told));
  }
  auto text = wall_time().append(" ").append(of.what);
  if (has_conn) text += " #" + std::to_string(static_cast<std::uint64_t>(of.conn));
  if (!of.peer.empty()) text += " " + to_string(of.peer);
  if (has_address) text += " " + to_multiaddr(of.where);
  if (!of.more.empty()) text += " " + of.more;
  to_.line(text);
}

}  // namespace tandem::cli
