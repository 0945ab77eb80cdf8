// SPDX-License-Identifier: MIT
#include "core/trace/trace_reader.hpp"

#include "core/trace/trace_fields.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace tandem::detail::trace_codec {
namespace {

constexpr std::size_t buffer_size = 64 << 10;
// Half of what fits: sums of times and durations stay far from overflow.
constexpr duration::rep time_most = duration::rep{1} << 62;

}  // namespace

trace_reader::trace_reader(trace_source& from) : from_(from), buffer_(buffer_size) {}

bool trace_reader::refill(std::size_t n) {
  if (mark_ > 0) {
    std::memmove(buffer_.data(), &buffer_[mark_], end_ - mark_);
    base_ += mark_;
    at_ -= mark_;
    end_ -= mark_;
    mark_ = 0;
  }
  while (at_ + n > buffer_.size()) buffer_.resize(2 * buffer_.size());
  while (end_ - at_ < n) {
    const std::size_t got = from_.read(std::span(buffer_).subspan(end_));
    end_ += got;
    if (got != 0) continue;
    ok_ = false;
    error_ = from_.error();
    truncated_ = error_.empty() ? end_ > mark_ : from_.truncated();
    if (error_.empty() && truncated_)
      error_ = "the trace ends inside a record, which begins at byte " + std::to_string(base_);
    return false;
  }
  return true;
}

void trace_reader::refuse(const std::string& why) {
  if (!ok_) return;
  ok_ = false;
  error_ = "byte " + std::to_string(base_ + mark_) + ": " + why;
}

void trace_reader::operator()(double& value) {
  std::uint64_t word = 0;
  (*this)(word);
  value = std::bit_cast<double>(word);
}
void trace_reader::operator()(duration& value) {
  duration::rep count = 0;
  (*this)(count);
  value = duration(count);
}
void trace_reader::operator()(time_point& value) {
  duration since{};
  (*this)(since);
  value = time_point(since);
}
void trace_reader::operator()(peer_id& value) {
  std::uint8_t size = 0;
  (*this)(size);
  std::array<std::uint8_t, peer_id::size_max> raw{};
  if (size > raw.size()) return refuse("a peer id of " + std::to_string(size) + " bytes");
  for (std::size_t i = 0; i < size; ++i) (*this)(raw[i]);
  value = peer_id::from_bytes({raw.data(), size});
}
void trace_reader::operator()(endpoint& value) {
  (*this)(value.v6);
  for (std::uint8_t& b : value.address) (*this)(b);
  (*this)(value.port);
}
void trace_reader::operator()(std::span<const endpoint>& list) {
  std::uint16_t size = 0;
  (*this)(size);
  if (size > addresses_.size()) return refuse("a list of " + std::to_string(size) + " addresses");
  for (std::size_t i = 0; i < size; ++i) (*this)(addresses_[i]);
  list = std::span(addresses_).first(size);
}

template <class Variant, std::size_t... I>
std::optional<Variant> trace_reader::variant(std::index_sequence<I...>) {
  std::uint8_t index = 0;
  (*this)(index);
  if (index >= sizeof...(I)) refuse("no event or action " + std::to_string(index));
  std::optional<Variant> out;
  if (!ok_) return out;
  const auto read = [&]<std::size_t N>() {
    std::variant_alternative_t<N, Variant> value{};
    (*this)(value);
    if (ok_) out = value;
  };
  (void)((index == I && (read.template operator()<I>(), true)) || ...);
  return out;
}

std::optional<record_kind> trace_reader::next_kind() {
  mark_ = at_;
  std::uint8_t kind = 0;
  (*this)(kind);
  if (kind > static_cast<std::uint8_t>(record_kind::checkpoint))
    refuse("no record of kind " + std::to_string(kind));
  return ok_ ? std::optional(static_cast<record_kind>(kind)) : std::nullopt;
}

std::optional<trace_reader::header> trace_reader::read_header() {
  header h;
  std::uint32_t found = 0;
  (*this)(found);
  if (ok_ && found != version)
    refuse("a trace of version " + std::to_string(found) + "; this build reads version " +
           std::to_string(version));
  std::uint64_t found_layout = 0;
  (*this)(found_layout);
  if (ok_ && found_layout != layout())
    refuse("recorded by a build with other options, events or causes; replay it with that build");
  (*this)(h.options);
  (*this)(h.self);
  (*this)(h.seed);
  return ok_ ? std::optional(h) : std::nullopt;
}

std::optional<time_point> trace_reader::read_time() {
  duration::rep at = 0;
  (*this)(at);
  if (at > time_most || at < -time_most) refuse("a time beyond 146 years");
  return ok_ ? std::optional(time_point(duration(at))) : std::nullopt;
}

std::optional<event> trace_reader::read_event() {
  return variant<event>(std::make_index_sequence<std::variant_size_v<event>>{});
}

std::optional<action> trace_reader::read_action() {
  return variant<action>(std::make_index_sequence<std::variant_size_v<action>>{});
}

std::optional<std::uint64_t> trace_reader::read_checkpoint() {
  std::uint64_t inputs = 0, size = 0, sum = 0;
  (*this)(inputs), (*this)(size), (*this)(sum);
  // A piece at a time: `size` may be wrong.
  for (std::uint64_t there = 0; ok_ && there < size;) {
    there = std::min<std::uint64_t>(size, there + buffer_size);
    need(static_cast<std::size_t>(there));
  }
  if (!ok_) return std::nullopt;
  trace_hash hash;
  hash.add(inputs);
  hash.add(std::span(buffer_).subspan(at_, static_cast<std::size_t>(size)));
  if (hash.value() != sum) refuse("a checkpoint that is damaged");
  state_end_ = at_ + static_cast<std::size_t>(size);
  return ok_ ? std::optional(inputs) : std::nullopt;
}

void trace_reader::skip_state() {
  if (ok_) at_ = state_end_;
}

}  // namespace tandem::detail::trace_codec
