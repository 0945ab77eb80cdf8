// SPDX-License-Identifier: MIT
// The native half of Manager: the connection manager alone, its events from Python and its actions
// there.
#include "native.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/recording.hpp"
#include "tandem/core/connection_manager.hpp"
#include "tandem/core/trace.hpp"
#include "values.hpp"
#include "words.hpp"

#include <pybind11/stl.h>

#include <optional>
#include <string>
#include <unordered_set>

namespace py = pybind11;

namespace tandem::bindings {
namespace {

class native_manager {
 public:
  native_manager(const py::dict& options, const std::string& self, std::uint64_t seed)
      : options_(options_of(options)), manager_(options_, peer_of(self), seed) {}

  py::list handle(const std::string& name, py::handle event, double at) {
    const auto now = moment(at);
    bool known = false;
    each_event([&](auto made) {
      constexpr auto word = word_of<decltype(made)>();
      if (known || name != word.name) return;
      known = true;
      field_reader reader;
      std::apply(
          [&](const auto&... each) {
            (reader.read(event.attr(each.name), each.name, made.*each.member), ...);
          },
          word.fields);
      check(made);
      manager_.handle(now, made);
    });
    if (!known) throw bad_input(tandem::quoted(name) + " is no event; see tandem.events");
    return actions();
  }
  py::list advance(double to) {
    manager_.advance(moment(to));
    return actions();
  }
  py::object next_deadline() const { return to_python(manager_.next_deadline()); }
  double now() const { return seconds_of(now_.time_since_epoch()); }
  const connection_manager& core() const { return manager_; }
  time_point at() const { return now_; }

 private:
  template <class Do, std::size_t... I>
  static void each_event(Do&& act, std::index_sequence<I...>) {
    (act(std::variant_alternative_t<I, event>{}), ...);
  }
  template <class Do>
  static void each_event(Do&& act) {
    each_event(act, std::make_index_sequence<std::variant_size_v<event>>{});
  }

  // What the contract asks of a driver and the manager cannot see.
  void check(const events::arrived& what) {
    const auto id = static_cast<std::uint64_t>(what.conn);
    if (id == 0 || is_outbound(what.conn) || !arrived_.insert(id).second)
      throw bad_input("conn of an arrival is an even number that was never used, not " +
                      std::to_string(id));
  }
  void check(const events::subnet_marked& what) {
    if (what.prefix > (what.network.v6 ? 128 : 32))
      throw bad_input("prefix must be at most 32, or 128 of IPv6, not " +
                      std::to_string(what.prefix));
  }
  template <class Other>
  void check(const Other&) {}

  time_point moment(double seconds) {
    field_reader reader;
    time_point at{};
    reader.read(py::float_(seconds), "at", at);
    if (at < now_)
      throw bad_input("time does not go back: the manager is at " + std::to_string(now()) + " s");
    return now_ = at;
  }
  py::list actions() {
    py::list out;
    while (const auto next = manager_.poll_action())
      std::visit(
          [&](const auto& what) {
            const auto word = word_of<std::remove_cvref_t<decltype(what)>>();
            py::dict fields;
            std::apply(
                [&](const auto&... each) {
                  ((fields[each.name] = to_python(what.*each.member)), ...);
                },
                word.fields);
            out.append(py::make_tuple(word.name, fields));
          },
          *next);
    return out;
  }

  manager_options options_;
  connection_manager manager_;
  time_point now_{};
  std::unordered_set<std::uint64_t> arrived_;
};

}  // namespace

void add_manager(py::module_& m) {
  py::class_<native_manager>(m, "Manager")
      .def(py::init<const py::dict&, const std::string&, std::uint64_t>())
      .def("handle", &native_manager::handle)
      .def("advance", &native_manager::advance)
      .def_property_readonly("next_deadline", &native_manager::next_deadline)
      .def_property_readonly("now", &native_manager::now)
      .def_property_readonly(
          "metrics", [](const native_manager& n) { return metrics_of(n.core().counters()); })
      .def_property_readonly(
          "refusals", [](const native_manager& n) { return refusals_of(n.core().counters()); })
      .def("explain", [](const native_manager& n, const std::string& peer) {
        return object_of(to_json(n.core().explain(peer_of(peer), n.at())));
      });
}

}  // namespace tandem::bindings
