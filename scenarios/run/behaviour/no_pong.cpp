// SPDX-License-Identifier: MIT
#include "run/behaviour/filtered_stream.hpp"
#include "run/behaviour/staged.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace tandem::scenarios {
namespace {

// hashicorp/yamux, spec.md.
constexpr std::size_t header_size = 12;
constexpr std::uint8_t data = 0, ping = 2;    // types
constexpr std::uint8_t ack = 2;               // flag
constexpr std::uint64_t upgrade_bytes = 151;  // read_stage(): when_ready

/// Leaves the answers to probes out of what it sends: takes its yamux frames apart.
class unanswering_stream final : public staged_stream {
 public:
  explicit unanswering_stream(byte_stream stream)
      : staged_stream(std::move(stream), upgrade_bytes) {}

 protected:
  void write_after(asio::const_buffer from, io_handler done) override {
    kept_.clear();
    const auto* bytes = static_cast<const std::uint8_t*>(from.data());
    for (std::size_t at = 0; at < from.size();) at += take(bytes + at, from.size() - at);
    if (kept_.empty()) return complete(std::move(done), {}, from.size());
    // What is left goes out whole before the next write begins.
    asio::async_write(
        inner(), asio::buffer(kept_),
        [size = from.size(), state = keep(), done = std::move(done)](error_code error,
                                                                     std::size_t) mutable {
          asio::dispatch(asio::append(std::move(done), error, error ? std::size_t{0} : size));
        });
  }

 private:
  // The next bytes of a frame's data, or of its header, which is kept unless it answers a ping.
  std::size_t take(const std::uint8_t* bytes, std::size_t size) {
    if (data_left_ > 0) {
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(size, data_left_));
      kept_.insert(kept_.end(), bytes, bytes + part);
      data_left_ -= part;
      return part;
    }
    const auto part = std::min(size, header_.size() - held_);
    std::copy_n(bytes, part, header_.begin() + static_cast<std::ptrdiff_t>(held_));
    held_ += part;
    if (held_ < header_.size()) return part;
    held_ = 0;
    // A byte each of version and type, two of flags, four each of stream and length, big-endian.
    const bool answer = header_[1] == ping && (header_[3] & ack) != 0;
    if (!answer) kept_.insert(kept_.end(), header_.begin(), header_.end());
    if (header_[1] == data)
      for (std::size_t i = 8; i < header_.size(); ++i) data_left_ = data_left_ << 8 | header_[i];
    return part;
  }

  std::array<std::uint8_t, header_size> header_{};
  std::size_t held_ = 0;  ///< bytes of a header that is not whole
  std::uint64_t data_left_ = 0;
  std::vector<std::uint8_t> kept_;
};

}  // namespace

std::unique_ptr<behaviour> read_no_pong(const yaml_value& value) {
  if (!value.as_bool()) value.fail("`no_pong: false` is no behaviour; leave it out");
  return std::make_unique<stream_behaviour>([](byte_stream inner, misbehaving_at&) {
    return filtered<unanswering_stream>(std::move(inner));
  });
}

}  // namespace tandem::scenarios
