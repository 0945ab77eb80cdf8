// SPDX-License-Identifier: MIT
// What callers of World say, as a scenario file says it.
#include "native.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/option_table.hpp"
#include "values.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pybind11/stl.h>

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

std::string type_of(py::handle value) {
  return py::type::of(value).attr("__name__").cast<std::string>();
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
    throw py::type_error("a scenario holds no " + type_of(given));
  return py::repr(given).cast<std::string>() + (how == as::said && key == "poisson" ? "/s" : "");
}

/// As the command line takes it after `path=`: text is YAML as it is.
std::string as_text(py::handle value) {
  return py::isinstance<py::str>(value) ? value.cast<std::string>()
                                        : line_of(as::written, "", value, false);
}

/// The `path=value` texts of a dict, or of None.
std::vector<std::string> sets_of(py::handle given) {
  std::vector<std::string> out;
  if (given.is_none()) return out;
  if (!py::hasattr(given, "items"))
    throw py::type_error("set is a dict such as {\"duration\": \"10s\"}, not " + type_of(given));
  for (const auto item : given.attr("items")()) {
    const auto [path, value] = item.cast<std::pair<py::object, py::object>>();
    if (!py::isinstance<py::str>(path))
      throw py::type_error("set: a path is text, not " + type_of(path));
    const auto name = path.cast<std::string>();
    if (name.find('=') != std::string::npos)
      throw bad_input("set: `" + name +
                      "` is no path; the value stands beside it, as in {\"duration\": \"10s\"}");
    out.push_back(name + '=' + as_text(value));
  }
  return out;
}

/// A whole number of Python or NumPy in least..most.
py::int_ whole_of(const std::string& name, py::handle value, const py::int_& most,
                  const py::int_& least) {
  if (py::isinstance<py::bool_>(value) || PyIndex_Check(value.ptr()) == 0)
    throw py::type_error(name + " is a whole number, not " + type_of(value));
  const auto number = py::reinterpret_steal<py::int_>(PyNumber_Index(value.ptr()));
  if (number < least || number > most)
    throw bad_input(name + " must be from " + as_text(least) + " to " + as_text(most) + ", not " +
                    as_text(number));
  return number;
}

}  // namespace

/// Each gives one line of YAML. Keyword arguments: nodes by their names, durations as text; what is
/// None is not said. A value as a file has it: NumPy's as the Python ones they hold.
void add_says(py::module_& m) {
  m.def("says", [](const py::dict& given) { return mapping_of(as::said, given, false); });
  m.def("yaml", [](py::handle given) { return line_of(as::written, "", given, false); });
  // What callers give, checked: a wrong type is a TypeError, a wrong value BadInput.
  m.def("as_text", &as_text);
  m.def("sets", &sets_of);
  m.def("whole", &whole_of, py::arg("name"), py::arg("value"), py::arg("most"),
        py::arg("least") = 0);
}

}  // namespace tandem::bindings
