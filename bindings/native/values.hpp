// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/events.hpp"

#include <pybind11/pybind11.h>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

// Values of the core as Python has them: times in seconds of the manager's time line, None for
// never; ids as numbers, 0 for none; peers as text, addresses as `127.0.0.1:4001`, the rest by
// their names.
namespace tandem::bindings {

/// A peer id as text: base58, or the label that somebody made it of.
std::string text_of(const peer_id& id);
/// From base58, or a label of at most 46 bytes. Throws bad_input.
peer_id peer_of(const std::string& text);
/// Throws bad_input.
endpoint address_of(const std::string& text);
/// Options from a mapping of names to values, over `base`. Throws bad_input.
manager_options options_of(const pybind11::dict& given, manager_options base = {});

/// Of Python, pandas or NumPy.
bool is_timedelta(pybind11::handle of);
/// Whole nanoseconds of "30s", a timedelta or seconds. Throws bad_input, or type_error.
std::int64_t nanoseconds_of(pybind11::handle given, const std::string& name);

pybind11::object to_python(const peer_id& value);
pybind11::object to_python(const endpoint& value);
pybind11::object to_python(time_point value);
pybind11::object to_python(duration value);
pybind11::object to_python(cause value);
pybind11::object to_python(notice value);
pybind11::object to_python(direction value);
pybind11::object to_python(stage value);
pybind11::object to_python(refuse_how value);
pybind11::object to_python(const notification& value);
inline pybind11::object to_python(connection_id value) {
  return pybind11::int_(static_cast<std::uint64_t>(value));
}
inline pybind11::object to_python(request_id value) {
  return pybind11::int_(static_cast<std::uint64_t>(value));
}
inline pybind11::object to_python(std::uint64_t value) { return pybind11::int_(value); }
inline pybind11::object to_python(std::uint32_t value) { return pybind11::int_(value); }

/// Reads the fields of events; `name` is for messages. What spans look at lives as long as it.
class field_reader {
 public:
  void read(pybind11::handle from, const char* name, peer_id& to);
  void read(pybind11::handle from, const char* name, endpoint& to);
  void read(pybind11::handle from, const char* name, std::span<const endpoint>& to);
  void read(pybind11::handle from, const char* name, time_point& to);
  void read(pybind11::handle from, const char* name, duration& to);
  void read(pybind11::handle from, const char* name, cause& to);
  void read(pybind11::handle from, const char* name, dial_mode& to);
  void read(pybind11::handle from, const char* name, mark& to);
  void read(pybind11::handle from, const char* name, manager_options& to);
  void read(pybind11::handle from, const char* name, connection_id& to);
  void read(pybind11::handle from, const char* name, request_id& to);
  void read(pybind11::handle from, const char* name, bool& to);
  template <std::integral Number>
  void read(pybind11::handle from, const char* name, Number& to) {
    to = static_cast<Number>(whole(from, name, std::numeric_limits<Number>::min(),
                                   static_cast<double>(std::numeric_limits<Number>::max())));
  }

 private:
  static std::int64_t whole(pybind11::handle from, const char* name, std::int64_t least,
                            double most);
  std::deque<std::vector<endpoint>> lists_;
};

}  // namespace tandem::bindings
