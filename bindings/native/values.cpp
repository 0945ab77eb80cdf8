// SPDX-License-Identifier: MIT
#include "values.hpp"

#include "native.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/option_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/net/identity.hpp"
#include "words.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <stdexcept>

namespace py = pybind11;

namespace tandem::bindings {
namespace {

using chars = std::vector<std::string>;

[[noreturn]] void refuse(const std::string& name, const std::string& must, py::handle given) {
  throw bad_input(name + " must be " + must + ", not " + py::repr(given).cast<std::string>());
}

bool is_timedelta64(py::handle of) {
  return py::type::of(of).attr("__name__").cast<std::string>() == "timedelta64";
}

// Seconds as a number, a duration as text, or a timedelta.
duration time_of(py::handle from, const std::string& name) {
  constexpr double nanoseconds = 1e9;
  constexpr double most = 9e9;  // less than 292 years
  if (py::isinstance<py::str>(from)) {
    if (const auto read = parse_duration(from.cast<std::string>()); read && *read >= duration{})
      return *read;
  } else {
    auto number = py::reinterpret_borrow<py::object>(from);
    if (is_timedelta64(from))
      number = from.attr("astype")("timedelta64[ns]").attr("item")() / py::float_(nanoseconds);
    if (py::hasattr(from, "total_seconds")) number = from.attr("total_seconds")();
    if (PyNumber_Check(number.ptr()) != 0) {
      const auto seconds = number.cast<double>();
      if (seconds >= 0 && seconds < most) return duration(std::llround(seconds * nanoseconds));
    }
  }
  refuse(name, "a time of 0 s or more, as in 1.5 or \"30s\"", from);
}

template <class Enum>
Enum one_of(py::handle from, const char* name, const chars& names) {
  if (py::isinstance<py::str>(from)) {
    const auto text = from.cast<std::string>();
    const auto it = std::ranges::find(names, text);
    if (it != names.end()) return static_cast<Enum>(it - names.begin());
    throw bad_input(std::string(name) + ": nothing is called " + tandem::quoted(text) +
                    suggestion(text, names));
  }
  refuse(name, "a name", from);
}

py::str text(std::string_view of) { return {of.data(), of.size()}; }

std::string option_value(const option_row& row, py::handle given) {
  if (py::isinstance<py::bool_>(given)) return py::str(given).cast<std::string>();
  if (std::holds_alternative<duration manager_options::*>(row.field) &&
      !py::isinstance<py::str>(given))
    return format_duration(time_of(given, std::string(row.name)));
  return py::str(given).cast<std::string>();
}

}  // namespace

std::string text_of(const peer_id& id) {
  const auto bytes = id.bytes();
  const bool label = std::ranges::all_of(bytes, [](auto b) { return std::isprint(b) != 0; });
  return label ? std::string(bytes.begin(), bytes.end()) : to_string(id);
}

bool is_timedelta(py::handle of) { return py::hasattr(of, "total_seconds") || is_timedelta64(of); }

std::int64_t nanoseconds_of(py::handle given, const std::string& name) {
  const bool is_text = py::isinstance<py::str>(given);
  if (py::isinstance<py::bool_>(given) ||
      (!is_text && !is_timedelta(given) && PyNumber_Check(given.ptr()) == 0))
    throw py::type_error(name + " is a duration, not " + py::repr(given).cast<std::string>());
  return time_of(given, name).count();
}

peer_id peer_of(const std::string& text) {
  if (const auto id = parse_peer_id(text)) return *id;
  if (text.size() > peer_id::size_max)
    throw bad_input("a peer is an id such as 12D3KooW..., or a label of at most " +
                    std::to_string(peer_id::size_max) + " bytes, not " + tandem::quoted(text));
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  return peer_id::from_bytes(bytes);
}

endpoint address_of(const std::string& text) {
  const auto read = parse_address(text);
  if (!read)
    throw bad_input(tandem::quoted(text) +
                    " is no address; write 127.0.0.1:4001, [::1]:4001 or /ip4/127.0.0.1/tcp/4001");
  return read->at;
}

manager_options options_of(const py::dict& given, manager_options base) {
  chars known;
  for (const auto& row : option_table()) known.emplace_back(row.name);
  for (const auto& [key, value] : given) {
    const auto name = py::str(key).cast<std::string>();
    const auto* row = option_named(name);
    if (row == nullptr)
      throw bad_input("no option of a manager is called " + tandem::quoted(name) +
                      suggestion(name, known));
    try {
      set_option(*row, option_value(*row, value), base);
    } catch (const std::invalid_argument& e) {
      throw bad_input(e.what());
    }
  }
  for (const auto& problem : problems_of(base)) throw bad_input(problem.message);
  return base;
}

py::object to_python(const peer_id& value) { return py::str(text_of(value)); }
py::object to_python(const endpoint& value) {
  return py::str(value == endpoint{} ? std::string() : to_string(value));
}
py::object to_python(time_point value) {
  if (value == never) return py::none();
  return py::float_(seconds_of(value.time_since_epoch()));
}
py::object to_python(duration value) { return py::float_(seconds_of(value)); }
py::object to_python(cause value) { return text(name_of(value)); }
py::object to_python(notice value) { return text(name_of(value)); }
py::object to_python(direction value) {
  return text(value == direction::inbound ? "inbound" : "outbound");
}
py::object to_python(stage value) {
  return text(value == stage::handshake ? "handshake" : "established");
}
py::object to_python(refuse_how value) {
  return text(value == refuse_how::reset ? "reset" : "tell");
}
py::object to_python(const notification& value) {
  py::dict out;
  std::apply([&](const auto&... each) { ((out[each.name] = to_python(value.*each.member)), ...); },
             word_of<notification>().fields);
  return out;
}

std::int64_t field_reader::whole(py::handle from, const char* name, std::int64_t least,
                                 double most) {
  if (!py::isinstance<py::bool_>(from) && PyIndex_Check(from.ptr()) != 0) {
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(from.ptr()));
    const double value = PyLong_AsDouble(number.ptr());
    if (value >= static_cast<double>(least) && value <= most && PyErr_Occurred() == nullptr)
      return static_cast<std::int64_t>(PyLong_AsUnsignedLongLongMask(number.ptr()));
    PyErr_Clear();
  }
  refuse(name, "a whole number in range", from);
}

void field_reader::read(py::handle from, const char* name, peer_id& to) {
  if (!py::isinstance<py::str>(from)) refuse(name, "a peer, as text", from);
  to = peer_of(from.cast<std::string>());
}
void field_reader::read(py::handle from, const char* name, endpoint& to) {
  if (!py::isinstance<py::str>(from)) refuse(name, "an address, as text", from);
  const auto text = from.cast<std::string>();
  to = text.empty() ? endpoint{} : address_of(text);
}
void field_reader::read(py::handle from, const char* name, std::span<const endpoint>& to) {
  if (py::isinstance<py::str>(from) || PySequence_Check(from.ptr()) == 0)
    refuse(name, "a list of addresses", from);
  auto& list = lists_.emplace_back();
  for (const auto& each : py::reinterpret_borrow<py::sequence>(from))
    read(each, name, list.emplace_back());
  to = list;
}
void field_reader::read(py::handle from, const char* name, time_point& to) {
  to = from.is_none() ? never : time_point(time_of(from, name));
}
void field_reader::read(py::handle from, const char* name, duration& to) {
  to = time_of(from, name);
}
void field_reader::read(py::handle from, const char* name, cause& to) {
  static const chars names = [] {
    chars all;
    for (std::size_t i = 0; i < causes_count; ++i) all.emplace_back(name_of(static_cast<cause>(i)));
    return all;
  }();
  to = one_of<cause>(from, name, names);
}
void field_reader::read(py::handle from, const char* name, dial_mode& to) {
  to = one_of<dial_mode>(from, name, {"join", "additional"});
}
void field_reader::read(py::handle from, const char* name, mark& to) {
  to = one_of<mark>(from, name, {"protect", "tag", "keep_alive", "allow", "deny"});
}
void field_reader::read(py::handle from, const char* name, manager_options& to) {
  if (!py::isinstance<py::dict>(from)) refuse(name, "a dict of options", from);
  to = options_of(py::reinterpret_borrow<py::dict>(from));
}
void field_reader::read(py::handle from, const char* name, connection_id& to) {
  std::uint64_t number = 0;
  read(from, name, number);
  to = static_cast<connection_id>(number);
}
void field_reader::read(py::handle from, const char* name, request_id& to) {
  std::uint64_t number = 0;
  read(from, name, number);
  to = static_cast<request_id>(number);
}
void field_reader::read(py::handle from, const char* name, bool& to) {
  if (!py::isinstance<py::bool_>(from)) refuse(name, "True or False", from);
  to = from.cast<bool>();
}

}  // namespace tandem::bindings
