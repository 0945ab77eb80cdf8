// SPDX-License-Identifier: MIT
#include "native.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/command/version.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/core/counter_table.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/scenarios/find.hpp"
#include "tandem/sim/tcp_profile.hpp"
#include "values.hpp"

#include <pybind11/stl.h>

#include <string>

namespace py = pybind11;

namespace tandem::bindings {

using namespace scenarios;

namespace {

template <class Row>
std::vector<std::string> names_until(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(name_of(static_cast<Row>(i)));
  return names;
}

py::list options_rows() {
  const manager_options defaults;
  py::list rows;
  for (const auto& row : option_table()) {
    const py::object value = std::visit(
        [&](auto field) -> py::object {
          if constexpr (std::is_same_v<decltype(field), option_choice>) {
            return py::str(std::string(field.names[field.get(defaults)]));
          } else {
            const auto raw = defaults.*field;
            if constexpr (std::is_same_v<decltype(raw), const duration>)
              return py::float_(seconds_of(raw));
            else
              return py::cast(raw);
          }
        },
        row.field);
    rows.append(
        py::make_tuple(std::string(row.name), value, row.least, row.most, std::string(row.doc)));
  }
  return rows;
}

}  // namespace

py::dict metrics_of(const manager_counters& of) {
  py::dict out;
  for (const auto& row : counter_table())
    out[py::str(std::string(row.metric.empty() ? row.name : row.metric))] = of.*row.field;
  return out;
}

py::dict refusals_of(const manager_counters& of) {
  py::dict out;
  for (std::size_t c = 0; c < causes_count; ++c)
    if (of.refused[c] != 0)
      out[py::str(std::string(name_of(static_cast<cause>(c))))] = of.refused[c];
  return out;
}

void add_names(py::module_& m) {
  m.def("levels", [] {
    std::vector<std::string> names;
    for (const auto& level : levels_here()) names.push_back(level.name);
    return names;
  });
  m.def("find_scenario", &find_scenario);
  m.def("refuse_name", [](const std::string& kind, const std::string& name,
                          const std::vector<std::string>& known) {
    throw bad_input("no " + kind + " is called " + quoted(name) + suggestion(name, known));
  });
  m.def("commit", [] { return build_commit(); });
  m.def("version", [] { return build_version(); });
  m.def("options", &options_rows);
  m.def("syn_profiles", [] {
    py::dict times;
    for (const auto& profile : sim::tcp_profiles()) {
      py::list at;
      for (const auto time : profile.syn_at) at.append(seconds_of(time));
      times[py::str(profile.name)] = at;
    }
    return times;
  });
  // `/ip4/127.0.0.1/tcp/4001/p2p/ID` as address and peer.
  m.def("read_address", [](const std::string& text) {
    const auto read = parse_dial_address(text);
    if (!read) address_of(text);
    return py::make_tuple(to_multiaddr(*read), read->peer.empty() ? "" : to_string(read->peer));
  });
  m.attr("causes") = names_until<cause>(causes_count);
  m.attr("notices") = names_until<notice>(notices_count);
}

}  // namespace tandem::bindings
