// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/time.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <variant>
#include <vector>

namespace tandem::detail::trace_codec {

/// Appends fields in the canonical encoding to a buffer with push_back(std::byte). See
/// show_fields(); trace_reader is its inverse.
template <class Buffer>
class encoder {
 public:
  static constexpr bool reading = false;
  explicit encoder(Buffer& out) noexcept : out_(out) {}

  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void operator()(T value) {
    const auto word = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i)
      out_.push_back(static_cast<std::byte>(word >> 8 * i & 0xff));
  }
  void operator()(double value) { (*this)(std::bit_cast<std::uint64_t>(value)); }
  void operator()(duration value) { (*this)(value.count()); }
  void operator()(time_point value) { (*this)(value.time_since_epoch()); }
  void operator()(const peer_id& value) {
    (*this)(static_cast<std::uint8_t>(value.bytes().size()));
    for (const std::uint8_t b : value.bytes()) (*this)(b);
  }
  void operator()(const endpoint& value) {
    (*this)(value.v6);
    for (const std::uint8_t b : value.address) (*this)(b);
    (*this)(value.port);
  }
  void operator()(std::span<const endpoint> list) {
    list = list.first(std::min(list.size(), addresses_max));
    (*this)(static_cast<std::uint16_t>(list.size()));
    for (const endpoint& e : list) (*this)(e);
  }
  template <class T, class Memory>
  void operator()(const std::vector<T, Memory>& all) {
    (*this)(static_cast<std::uint32_t>(all.size()));
    for (const T& each : all) (*this)(each);
  }
  template <class T, std::size_t N>
  void operator()(const std::array<T, N>& all) {
    for (const T& each : all) (*this)(each);
  }
  /// Fields are shown for reading too, so by reference; nobody sees a change here.
  template <class T>
  requires std::is_class_v<T>
  void operator()(const T& value) { show_fields(*this, const_cast<T&>(value)); }
  template <class Variant>
  void variant(const Variant& what) {
    (*this)(static_cast<std::uint8_t>(what.index()));
    std::visit(*this, what);
  }

 private:
  Buffer& out_;
};

}  // namespace tandem::detail::trace_codec
