// SPDX-License-Identifier: MIT
#pragma once

#include <boost/pfr/core.hpp>

/// In a class: the members that a checkpoint holds, in its order, which are all of them. A member
/// that is missing, or named twice, does not compile.
#define TANDEM_FIELDS(...) TANDEM_FIELDS_BUT((), __VA_ARGS__)

/// The same for a class of which a checkpoint does not hold the members `(apart)`.
#define TANDEM_FIELDS_BUT(apart, ...)                                           \
  void fields(auto& a) {                                                        \
    { [[maybe_unused]] auto& [TANDEM_FIELDS_THOSE apart __VA_ARGS__] = *this; } \
    [&a](auto&... each) { (a(each), ...); }(__VA_ARGS__);                       \
  }
#define TANDEM_FIELDS_THOSE(...) __VA_ARGS__ __VA_OPT__(, )

namespace tandem::detail {

/// Calls `a` with each field of `value`: those it names itself, or else every member of an
/// aggregate, in order.
template <class T>
void show_fields(auto& a, T& value) {
  if constexpr (requires { value.fields(a); })
    value.fields(a);
  else if constexpr (requires { fields(a, value); })
    fields(a, value);
  else
    boost::pfr::for_each_field(value, [&a](auto& each) { a(each); });
}

}  // namespace tandem::detail
