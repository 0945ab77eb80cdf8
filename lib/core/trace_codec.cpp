// SPDX-License-Identifier: MIT
#include "trace_codec.hpp"

#include "tandem/core/assert.hpp"
#include "trace_fields.hpp"

#include <algorithm>
#include <bit>
#include <type_traits>
#include <utility>

namespace tandem::detail::trace_codec {
namespace {

// The largest record is the header with its options.
constexpr std::size_t record_max = 1024;

class writer {
 public:
  explicit writer(record_kind kind) { (*this)(kind); }

  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void operator()(T value) {
    const auto word = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) put(static_cast<std::byte>(word >> 8 * i & 0xff));
  }
  void operator()(double value) { (*this)(std::bit_cast<std::uint64_t>(value)); }
  void operator()(duration value) { (*this)(value.count()); }
  void operator()(time_point value) { (*this)(value.time_since_epoch()); }
  void operator()(const peer_id& value) {
    put(static_cast<std::byte>(value.bytes().size()));
    for (const std::uint8_t b : value.bytes()) put(static_cast<std::byte>(b));
  }
  void operator()(const endpoint& value) {
    (*this)(value.v6);
    for (const std::uint8_t b : value.address) put(static_cast<std::byte>(b));
    (*this)(value.port);
  }
  void operator()(std::span<const endpoint> list) {
    list = list.first(std::min(list.size(), addresses_max));
    put(static_cast<std::byte>(list.size()));
    for (const endpoint& e : list) (*this)(e);
  }
  template <class Variant>
  void variant(const Variant& what) {
    (*this)(static_cast<std::uint8_t>(what.index()));
    std::visit([this](auto copy) { fields(*this, copy); }, what);
  }
  std::span<const std::byte> bytes() const { return {buffer_.data(), size_}; }

 private:
  void put(std::byte b) {
    TANDEM_ASSERT(size_ < record_max);
    buffer_[size_++] = b;
  }
  std::array<std::byte, record_max> buffer_;
  std::size_t size_ = 0;
};

/// Reads one field after another; `ok` turns false at the first that is not there or impossible.
struct source {
  std::span<const std::byte> bytes;
  std::size_t& offset;
  bool& ok;
  std::span<endpoint> addresses;

  template <class T>
  requires std::is_integral_v<T> || std::is_enum_v<T>
  void operator()(T& value) {
    if (!ok || bytes.size() - offset < sizeof(T)) {
      ok = false;
      return;
    }
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
      word |= static_cast<std::uint64_t>(bytes[offset++]) << 8 * i;
    if constexpr (std::is_same_v<T, bool>) ok = word <= 1;
    if constexpr (std::is_same_v<T, cause>) ok = word < causes_count;
    value = ok ? static_cast<T>(word) : T{};
  }
  void operator()(double& value) {
    std::uint64_t word = 0;
    (*this)(word);
    value = std::bit_cast<double>(word);
  }
  void operator()(duration& value) {
    duration::rep count = 0;
    (*this)(count);
    value = duration(count);
  }
  void operator()(time_point& value) {
    duration since{};
    (*this)(since);
    value = time_point(since);
  }
  void operator()(peer_id& value) {
    std::uint8_t size = 0;
    (*this)(size);
    std::array<std::uint8_t, peer_id::size_max> raw{};
    if (size > raw.size()) ok = false;
    for (std::size_t i = 0; ok && i < size; ++i) (*this)(raw[i]);
    if (ok) value = peer_id::from_bytes({raw.data(), size});
  }
  void operator()(endpoint& value) {
    (*this)(value.v6);
    for (std::uint8_t& b : value.address) (*this)(b);
    (*this)(value.port);
  }
  void operator()(std::span<const endpoint>& list) {
    std::uint8_t size = 0;
    (*this)(size);
    if (size > addresses.size()) ok = false;
    for (std::size_t i = 0; ok && i < size; ++i) (*this)(addresses[i]);
    if (ok) list = addresses.first(size);
  }

  template <class Variant, std::size_t... I>
  std::optional<Variant> variant(std::index_sequence<I...>) {
    std::uint8_t index = 0;
    (*this)(index);
    if (!ok || index >= sizeof...(I)) ok = false;
    std::optional<Variant> out;
    const auto read = [&]<std::size_t N>() {
      std::variant_alternative_t<N, Variant> value{};
      fields(*this, value);
      if (ok) out = value;
    };
    if (ok) (void)((index == I && (read.template operator()<I>(), true)) || ...);
    return out;
  }
};

}  // namespace

void write_header(trace_sink& sink, const manager_options& options, const peer_id& self,
                  std::uint64_t seed) {
  writer w(record_kind::header);
  manager_options copy = options;
  w(version);
  fields(w, copy);
  w(self);
  w(seed);
  sink.record(w.bytes());
}

void write_event(trace_sink& sink, time_point now, const event& what) {
  writer w(record_kind::handle);
  w(now);
  w.variant(what);
  sink.record(w.bytes());
}

void write_advance(trace_sink& sink, time_point now) {
  writer w(record_kind::advance);
  w(now);
  sink.record(w.bytes());
}

void write_action(trace_sink& sink, const action& what) {
  writer w(record_kind::action);
  w.variant(what);
  sink.record(w.bytes());
}

std::optional<record_kind> reader::next_kind() {
  record_kind kind{};
  source s{bytes_, offset_, ok_, addresses_};
  s(kind);
  if (kind > record_kind::action) ok_ = false;
  return ok_ ? std::optional(kind) : std::nullopt;
}

std::optional<reader::header> reader::read_header() {
  header h;
  std::uint32_t found = 0;
  source s{bytes_, offset_, ok_, addresses_};
  s(found);
  if (found != version) ok_ = false;
  fields(s, h.options);
  s(h.self);
  s(h.seed);
  return ok_ ? std::optional(h) : std::nullopt;
}

std::optional<time_point> reader::read_time() {
  time_point at{};
  source s{bytes_, offset_, ok_, addresses_};
  s(at);
  return ok_ ? std::optional(at) : std::nullopt;
}

std::optional<event> reader::read_event() {
  source s{bytes_, offset_, ok_, addresses_};
  return s.variant<event>(std::make_index_sequence<std::variant_size_v<event>>{});
}

std::optional<action> reader::read_action() {
  source s{bytes_, offset_, ok_, addresses_};
  return s.variant<action>(std::make_index_sequence<std::variant_size_v<action>>{});
}

}  // namespace tandem::detail::trace_codec
