// SPDX-License-Identifier: MIT
#include "core/trace/trace_text.hpp"

#include "tandem/core/replay.hpp"

#include <boost/core/type_name.hpp>
#include <boost/pfr/core.hpp>

namespace tandem {
namespace {

/// The unqualified names of the alternatives of a variant.
template <class... Types>
std::array<std::string, sizeof...(Types)> names_of(const std::variant<Types...>&) {
  const auto unqualified = [](const std::string& name) { return name.substr(name.rfind(':') + 1); };
  return {unqualified(boost::core::type_name<Types>())...};
}

/// What a person wants to know of an action.
struct describer {
  void operator()(connection_id id) { add("#", static_cast<std::uint64_t>(id)); }
  void operator()(request_id id) { add("#", static_cast<std::uint64_t>(id)); }
  void operator()(const endpoint& where) { add("port ", where.port); }
  void operator()(cause why) { text.append(" ").append(name_of(why)); }
  void operator()(stage to) { text += to == stage::handshake ? " handshake" : " established"; }
  void operator()(refuse_how how) { text += how == refuse_how::reset ? " (reset)" : " (tell)"; }
  void operator()(std::uint64_t left) { add("left ", left); }
  void operator()(const notification& n) {
    text.append(" ").append(name_of(n.kind));
    if (n.conn != connection_id::none) (*this)(n.conn);
    if (n.request != request_id::none) add("request #", static_cast<std::uint64_t>(n.request));
    if (n.why != cause::none) text.append(" ").append(describe(n));
  }
  void operator()(const auto&) {}
  void add(const char* what, std::uint64_t number) {
    text.append(" ").append(what).append(std::to_string(number));
  }
  std::string text;
};

}  // namespace

std::string detail::describe(const action& what) {
  static const auto names = names_of(action{});
  describer of{names[what.index()]};
  std::visit([&of](const auto& a) { boost::pfr::for_each_field(a, [&of](auto& f) { of(f); }); },
             what);
  return of.text;
}

std::string describe(const replay_decision& what) {
  if (what.what.empty()) return "nothing";
  std::string text(what.what);
  if (what.why != cause::none) text.append(" ").append(name_of(what.why));
  return text;
}

std::string_view event_name(std::size_t index) {
  static const auto names = names_of(event{});
  return names.at(index);
}

}  // namespace tandem
