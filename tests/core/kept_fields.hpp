// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace tandem::test {

/// What fields() shows, as numbers: those of one object, which another can be given.
template <bool Reading>
struct kept_fields {
  static constexpr bool reading = Reading;
  std::vector<std::int64_t> numbers;
  std::size_t at = 0;

  template <class T>
  requires std::is_integral_v<T>
  void operator()(T& value) {
    if constexpr (Reading)
      value = static_cast<T>(numbers.at(at++));
    else
      numbers.push_back(static_cast<std::int64_t>(value));
  }
  template <class Rep, class Period>
  void operator()(std::chrono::duration<Rep, Period>& value) {
    Rep count = value.count();
    (*this)(count);
    value = std::chrono::duration<Rep, Period>(count);
  }
  template <class Clock, class Duration>
  void operator()(std::chrono::time_point<Clock, Duration>& value) {
    Duration since = value.time_since_epoch();
    (*this)(since);
    value = std::chrono::time_point<Clock, Duration>(since);
  }
  template <class T, class Memory>
  void operator()(std::vector<T, Memory>& all) {
    std::uint64_t size = all.size();
    (*this)(size);
    all.resize(size);
    for (T& each : all) (*this)(each);
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(T& value) { detail::show_fields(*this, value); }
};

template <class T>
std::vector<std::int64_t> fields_of(T& from) {
  kept_fields<false> a;
  from.fields(a);
  return a.numbers;
}

/// A T with those fields.
template <class T>
T with_fields(const std::vector<std::int64_t>& numbers) {
  T made;
  kept_fields<true> a{numbers};
  made.fields(a);
  return made;
}

}  // namespace tandem::test
