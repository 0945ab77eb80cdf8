// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/trace/trace_codec.hpp"
#include "tandem/core/trace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tandem {

// The largest value of each enumeration that a trace holds: others are refused.
constexpr cause last_of(cause) noexcept { return static_cast<cause>(causes_count - 1); }
constexpr dial_mode last_of(dial_mode) noexcept { return dial_mode::additional; }
constexpr mark last_of(mark) noexcept { return mark::deny; }
constexpr stage last_of(stage) noexcept { return stage::established; }
constexpr refuse_how last_of(refuse_how) noexcept { return refuse_how::tell; }
constexpr direction last_of(direction) noexcept { return direction::outbound; }
constexpr notice last_of(notice) noexcept { return notice::shutdown_began; }

}  // namespace tandem

namespace tandem::detail {
}

namespace tandem::detail::trace_codec {

/// Reads records in order from a source, holding little more than the record it is at. The first
/// thing that cannot be read ends it, for good: error() says what and where.
class trace_reader {
 public:
  static constexpr bool reading = true;

  struct header {
    manager_options options;
    peer_id self;
    std::uint64_t seed = 0;
  };

  /// `from` outlives it.
  explicit trace_reader(trace_source& from);

  /// The kind of the next record, which begins here; nothing at the end and after an error.
  std::optional<record_kind> next_kind();
  std::optional<header> read_header();
  std::optional<time_point> read_time();
  /// The event's spans are valid until the next event is read.
  std::optional<event> read_event();
  std::optional<action> read_action();
  /// The inputs before a checkpoint, whose state is whole and can be read next, or skipped.
  std::optional<std::uint64_t> read_checkpoint();
  bool at_state_end() const noexcept { return at_ == state_end_; }
  /// Goes to the end of the state.
  void skip_state();

  /// The bytes read of the record that next_kind() began, valid until the next one.
  std::span<const std::byte> record() const noexcept { return {&buffer_[mark_], at_ - mark_}; }
  /// Where that record begins, in bytes from the start of the trace.
  std::uint64_t record_at() const noexcept { return base_ + mark_; }

  bool ok() const noexcept { return ok_; }
  /// Not ok() only because the tail is missing.
  bool truncated() const noexcept { return truncated_; }
  const std::string& error() const noexcept { return error_; }
  /// The fields just read cannot be: to be called by whoever understands them.
  void refuse(const std::string& why);

  // The inverse of encoder.
  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void operator()(T& value) {
    value = T{};
    if (!need(sizeof(T))) return;
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      word |= static_cast<std::uint64_t>(buffer_[at_++]) << 8 * i;
    if (word > most<T>()) return refuse("a value that does not exist");
    value = static_cast<T>(word);
  }
  void operator()(double& value);
  void operator()(duration& value);
  void operator()(time_point& value);
  void operator()(peer_id& value);
  void operator()(endpoint& value);
  void operator()(std::span<const endpoint>& list);
  template <class T, class Memory>
  void operator()(std::vector<T, Memory>& all) {
    std::uint32_t size = 0;
    (*this)(size);
    all.clear();
    for (std::uint32_t i = 0; i < size && ok_; ++i) (*this)(all.emplace_back());
  }
  template <class T, std::size_t N>
  void operator()(std::array<T, N>& all) {
    for (T& each : all) (*this)(each);
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(T& value) { show_fields(*this, value); }

 private:
  template <class T>
  static constexpr std::uint64_t most() {
    if constexpr (std::is_same_v<T, bool>)
      return 1;
    else if constexpr (requires { last_of(T{}); })
      return static_cast<std::uint64_t>(last_of(T{}));
    return ~std::uint64_t{0};
  }
  bool need(std::size_t n) { return ok_ && (end_ - at_ >= n || refill(n)); }
  bool refill(std::size_t n);
  template <class Variant, std::size_t... I>
  std::optional<Variant> variant(std::index_sequence<I...>);

  trace_source& from_;
  std::vector<std::byte> buffer_;
  std::size_t mark_ = 0;  ///< where the record begins
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::size_t state_end_ = 0;  ///< of the checkpoint in the buffer
  std::uint64_t base_ = 0;     ///< bytes of the trace before the buffer
  bool ok_ = true;
  bool truncated_ = false;
  std::string error_;
  std::array<endpoint, addresses_max> addresses_{};
};

}  // namespace tandem::detail::trace_codec
