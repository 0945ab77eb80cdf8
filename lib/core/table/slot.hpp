// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"

#include <compare>
#include <cstdint>
#include <limits>

namespace tandem::detail {

/// No slot, of whatever table.
struct no_slot_type {};
inline constexpr no_slot_type no_slot{};

/// Names a slot of the table that holds a T, or none. Slots of two tables do not mix.
template <class T>
class slot {
 public:
  constexpr slot(no_slot_type = no_slot) noexcept {}
  constexpr explicit slot(std::uint32_t index) noexcept : index_(index) {}
  /// Its place in the table; the greatest number when there is none.
  constexpr std::uint32_t index() const noexcept { return index_; }

  friend constexpr bool operator==(slot, slot) noexcept = default;
  friend constexpr auto operator<=>(slot, slot) noexcept = default;

  TANDEM_FIELDS(index_)

 private:
  std::uint32_t index_ = std::numeric_limits<std::uint32_t>::max();
};

}  // namespace tandem::detail
