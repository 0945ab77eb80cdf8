// SPDX-License-Identifier: MIT
#include "core/trace/trace_codec.hpp"

#include "core/trace/trace_encoder.hpp"
#include "core/trace/trace_fields.hpp"
#include "tandem/core/assert.hpp"
#include "tandem/core/trace.hpp"

#include <array>

namespace tandem::detail::trace_codec {
namespace {

// The largest record is an event with as many addresses as there may be, of 19 bytes each.
constexpr std::size_t record_max = 1024 + 19 * addresses_max;

class fixed_buffer {
 public:
  void push_back(std::byte b) {
    TANDEM_ASSERT(size_ < record_max);
    bytes_[size_++] = b;
  }
  std::span<const std::byte> bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::byte, record_max> bytes_;
  std::size_t size_ = 0;
};

struct writer {
  explicit writer(record_kind kind) { to(kind); }
  void send(trace_sink& sink) const { sink.record(buffer.bytes()); }
  fixed_buffer buffer;
  encoder<fixed_buffer> to{buffer};
};

}  // namespace

std::uint64_t layout() {
  trace_hash hash;
  for (const option_row& row : option_table()) {
    hash.add(std::as_bytes(std::span(row.name)));
    hash.add(row.field.index());
  }
  hash.add(std::variant_size_v<event>);
  hash.add(std::variant_size_v<action>);
  hash.add(causes_count);
  hash.add(notices_count);
  return hash.value();
}

void write_header(trace_sink& sink, const manager_options& options, const peer_id& self,
                  std::uint64_t seed) {
  writer w(record_kind::header);
  w.to(version);
  w.to(layout());
  w.to(options);
  w.to(self);
  w.to(seed);
  w.send(sink);
}

void write_event(trace_sink& sink, time_point now, const event& what) {
  writer w(record_kind::handle);
  w.to(now);
  w.to.variant(what);
  w.send(sink);
}

void write_advance(trace_sink& sink, time_point now) {
  writer w(record_kind::advance);
  w.to(now);
  w.send(sink);
}

void write_action(trace_sink& sink, const action& what) {
  writer w(record_kind::action);
  w.to.variant(what);
  w.send(sink);
}

}  // namespace tandem::detail::trace_codec
