// SPDX-License-Identifier: MIT
#include "happening.hpp"

#include "tandem/command/units.hpp"
#include "tandem/core/events.hpp"

#include <boost/type_index.hpp>

#include <utility>
#include <variant>

namespace tandem::scenarios {
namespace {

// The name of alternative `at` of a variant of events or actions.
template <class Variant, std::size_t... I>
std::string name_in(std::size_t at, std::index_sequence<I...>) {
  static const std::string names[] = {
      boost::typeindex::type_id<std::variant_alternative_t<I, Variant>>().pretty_name()...};
  return names[at].substr(names[at].rfind(':') + 1);
}
template <class Variant>
std::string name_in(std::size_t at) {
  return name_in<Variant>(at, std::make_index_sequence<std::variant_size_v<Variant>>());
}

}  // namespace

happening happening_of(node_index node, time_point now, const event& what) {
  happening out{now, node, happening::source::event, static_cast<std::uint8_t>(what.index())};
  std::visit(
      [&]<class Event>(const Event& e) {
        if constexpr (requires { e.conn; }) out.conn = static_cast<std::uint64_t>(e.conn);
        if constexpr (requires { e.attempt; }) out.conn = static_cast<std::uint64_t>(e.attempt);
        if constexpr (requires { e.why; }) out.why = e.why;
      },
      what);
  return out;
}

std::string name_of_node(const scenario& of, node_index node) {
  for (const auto& group : of.groups) {
    if (node < group.count) return group.name + "[" + std::to_string(node) + "]";
    node -= group.count;
  }
  return "nobody";
}

std::string text_of(const happening& of, const scenario& in, time_point start) {
  using source = happening::source;
  const auto when = format_moment(of.at - start);
  if (of.from == source::nothing) return when;
  std::string out = when + " on " + name_of_node(in, of.node) + ": ";
  switch (of.from) {
    case source::event:
      out += name_in<event>(of.what);
      break;
    case source::notification:
      out += name_of(static_cast<notice>(of.what));
      break;
    case source::action:
      out += name_in<action>(of.what);
      break;
    case source::work:
      out += "the scenario's work";
      break;
    default:
      out += "a deadline of its manager";
  }
  if (of.why != cause::none) out += " (" + std::string(name_of(of.why)) + ")";
  if (of.conn != 0) out += ", connection " + std::to_string(of.conn);
  if (of.peer >= 0) out += " with " + name_of_node(in, static_cast<node_index>(of.peer));
  return out;
}

}  // namespace tandem::scenarios
