// SPDX-License-Identifier: MIT
#include "run/behaviour/filtered_stream.hpp"
#include "run/behaviour/staged.hpp"

namespace tandem::scenarios {
namespace {

/// Connects and is gone: resets at a stage.
struct dropping_stream final : staged_stream {
  dropping_stream(byte_stream stream, std::uint64_t stage)
      : staged_stream(std::move(stream), stage) {
    if (reached()) inner().abort();
  }
  void write_after(asio::const_buffer, io_handler done) override {
    inner().abort();
    complete(std::move(done), asio::error::connection_reset, 0);
  }
};

/// Ends its sending at a stage, and goes on reading.
struct half_closing_stream final : staged_stream {
  using staged_stream::staged_stream;
  void shutdown_send() override { end(); }
  void write_after(asio::const_buffer from, io_handler done) override {
    end();
    complete(std::move(done), {}, from.size());
  }

 private:
  void end() {
    if (!ended_) inner().shutdown_send();
    ended_ = true;
  }
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<behaviour> read_drop(const yaml_value& value) {
  return from_stage<dropping_stream>(value);
}
std::unique_ptr<behaviour> read_half_close(const yaml_value& value) {
  return from_stage<half_closing_stream>(value);
}

}  // namespace tandem::scenarios
