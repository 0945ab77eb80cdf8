// SPDX-License-Identifier: MIT
// What callers of World say, as a scenario file says it.
#include "native.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/option_table.hpp"
#include "values.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string>
#include <string_view>

namespace py = pybind11;

namespace tandem::bindings {
namespace {

// Keys whose plain numbers are seconds; of the last four only within one of the others.
constexpr std::array durations = std::to_array<std::string_view>(
    {"at", "until", "for", "deadline", "hold", "down", "pause", "think", "by", "every", "spread",
     "latency", "jitter", "one_way", "sample_every", "duration"});
constexpr std::array schedules =
    std::to_array<std::string_view>({"uniform", "exponential", "constant", "fixed"});

bool is_duration(const std::string& key, bool within) {
  if (std::ranges::find(schedules, key) != schedules.end()) return within;
  if (std::ranges::find(durations, key) != durations.end()) return true;
  const auto* row = option_named(key);
  return row != nullptr && std::holds_alternative<duration manager_options::*>(row->field);
}

std::string word_of_yaml(const py::str& given) {
  static const std::regex plain(R"([A-Za-z_][\w./-]*|\d+(\.\d+)?[A-Za-z%][\w/%]*)");
  static const std::regex other("true|false|null|yes|no|on|off|y|n", std::regex::icase);
  const auto text = given.cast<std::string>();
  if (std::regex_match(text, plain) && !std::regex_match(text, other)) return text;
  const auto dumps = py::module_::import("json").attr("dumps");
  return dumps(given, py::arg("ensure_ascii") = false).cast<std::string>();
}

enum class as { said, written };  // by who calls World, or as a file has it

std::string line_of(as how, const std::string& key, py::handle given, bool within);

// What is None is not said; `for_` is `for`.
std::string mapping_of(as how, const py::dict& given, bool within) {
  std::string out;
  for (const auto& [key, value] : given) {
    auto name = py::str(key).cast<std::string>();
    if (how == as::said) {
      if (value.is_none()) continue;
      while (name.ends_with('_')) name.pop_back();
    }
    if (!out.empty()) out += ", ";
    out += word_of_yaml(py::str(name)) + ": " + line_of(how, name, value, within);
  }
  return "{" + out + "}";
}

std::string list_of(as how, const std::string& key, const py::sequence& given, bool within) {
  std::string out;
  for (const auto& each : given) out += (out.empty() ? "" : ", ") + line_of(how, key, each, within);
  return "[" + out + "]";
}

std::string line_of(as how, const std::string& key, py::handle given, bool within) {
  const bool timed = how == as::said && is_duration(key, within);
  if (given.is_none()) return "null";
  if (py::isinstance<py::bool_>(given)) return given.cast<bool>() ? "true" : "false";
  if (py::hasattr(given, "_text")) return word_of_yaml(given.attr("_text"));
  if (py::isinstance<py::dict>(given))
    return mapping_of(how, py::reinterpret_borrow<py::dict>(given), timed);
  if (py::isinstance<py::list>(given) || py::isinstance<py::tuple>(given))
    return list_of(how, key, py::reinterpret_borrow<py::sequence>(given), timed);
  if (py::isinstance<py::str>(given)) return word_of_yaml(py::reinterpret_borrow<py::str>(given));
  if (timed || is_timedelta(given))
    return format_duration(duration(nanoseconds_of(given, key.empty() ? "a duration" : key)));
  if (py::hasattr(given, "tolist")) return line_of(how, key, given.attr("tolist")(), within);
  if (py::hasattr(given, "__fspath__")) return word_of_yaml(given.attr("__fspath__")());
  if (PyNumber_Check(given.ptr()) == 0)
    throw py::type_error("a scenario holds no " +
                         py::type::of(given).attr("__name__").cast<std::string>());
  return py::repr(given).cast<std::string>() + (how == as::said && key == "poisson" ? "/s" : "");
}

}  // namespace

/// Each gives one line of YAML. Keyword arguments: nodes by their names, durations as text; what is
/// None is not said. A value as a file has it: NumPy's as the Python ones they hold.
void add_says(py::module_& m) {
  m.def("says", [](const py::dict& given) { return mapping_of(as::said, given, false); });
  m.def("yaml", [](py::handle given) { return line_of(as::written, "", given, false); });
}

}  // namespace tandem::bindings
