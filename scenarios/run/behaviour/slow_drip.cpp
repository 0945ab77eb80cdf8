// SPDX-License-Identifier: MIT
#include "run/behaviour/filtered_stream.hpp"
#include "run/behaviour/staged.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/post.hpp>

namespace tandem::scenarios {
namespace {

/// Sends one byte in so long.
class dripping_stream final : public filtered_stream {
 public:
  dripping_stream(byte_stream stream, duration every, tandem::clock& time)
      : filtered_stream(std::move(stream)), every_(every), time_(time) {}

  void write_some(asio::const_buffer from, io_handler done) override {
    const auto drop = asio::buffer(from, 1);
    time_.at(later(time_.now(), every_), [state = keep(), on = executor(), drop,
                                          done = std::move(done)]() mutable {
      if (state->inner)
        state->inner.async_write_some(drop, std::move(done));
      else
        asio::post(on, asio::append(std::move(done), error_code(asio::error::operation_aborted),
                                    std::size_t{0}));
    });
  }

 private:
  duration every_;
  tandem::clock& time_;
};

}  // namespace

std::unique_ptr<behaviour> read_slow_drip(const yaml_value& value) {
  return std::make_unique<stream_behaviour>(
      [every = value.as_duration(duration{1})](byte_stream inner, misbehaving_at& where) {
        return filtered<dripping_stream>(std::move(inner), every, where.time);
      });
}

}  // namespace tandem::scenarios
