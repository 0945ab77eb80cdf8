// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/byte_stream.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace tandem::scenarios {

/// A stream that passes everything on: what a behaviour changes, it overrides. Its operations may
/// outlive it, and find then that the inner stream is gone.
class filtered_stream : public stream_impl {
 public:
  explicit filtered_stream(byte_stream inner)
      : shared_(std::make_shared<shared>(shared{std::move(inner)})) {}
  ~filtered_stream() override { shared_->inner = {}; }

  void read_some(asio::mutable_buffer into, io_handler done) override {
    shared_->inner.async_read_some(into, std::move(done));
  }
  void write_some(asio::const_buffer from, io_handler done) override {
    shared_->inner.async_write_some(from, std::move(done));
  }
  void shutdown_send() override { shared_->inner.shutdown_send(); }
  void close() override { shared_->inner.close(); }
  void abort() override { shared_->inner.abort(); }
  send_progress progress() override { return shared_->inner.progress(); }

 protected:
  struct shared {
    byte_stream inner;
    std::uint64_t written = 0;  ///< bytes that the inner stream took
  };

  byte_stream& inner() { return shared_->inner; }
  asio::any_io_executor executor() const { return shared_->inner.get_executor(); }
  std::uint64_t written() const { return shared_->written; }
  std::shared_ptr<shared> keep() const { return shared_; }

  /// Writes at most `most` bytes of `from`, and counts them.
  void write_counted(asio::const_buffer from, std::uint64_t most, io_handler done);
  /// Completes without doing anything, and not inside the call.
  void complete(io_handler done, error_code error, std::size_t size);

 private:
  std::shared_ptr<shared> shared_;
};

/// `Stream(inner, more...)` as a stream.
template <class Stream, class... More>
byte_stream filtered(byte_stream inner, More&&... more) {
  auto executor = inner.get_executor();
  return {std::make_unique<Stream>(std::move(inner), std::forward<More>(more)...),
          std::move(executor)};
}

/// A stream that is itself until so many bytes were written, and another from then on.
class staged_stream : public filtered_stream {
 public:
  staged_stream(byte_stream inner, std::uint64_t stage)
      : filtered_stream(std::move(inner)), stage_(stage) {}

  void write_some(asio::const_buffer from, io_handler done) override;

 protected:
  bool reached() const { return written() >= stage_; }
  /// A write after the stage; without more it is taken and goes nowhere.
  virtual void write_after(asio::const_buffer from, io_handler done);

 private:
  std::uint64_t stage_;
};

}  // namespace tandem::scenarios
