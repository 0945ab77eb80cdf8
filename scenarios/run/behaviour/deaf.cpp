// SPDX-License-Identifier: MIT
#include "run/behaviour/filtered_stream.hpp"
#include "run/behaviour/staged.hpp"
#include "tandem/sim/pending.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>

namespace tandem::scenarios {
namespace {

/// Reads nothing any more from a stage on: what others send stays where it is.
class deaf_stream final : public staged_stream {
 public:
  using staged_stream::staged_stream;
  ~deaf_stream() override { give_up(); }

  void read_some(asio::mutable_buffer into, io_handler done) override {
    if (!reached()) return staged_stream::read_some(into, std::move(done));
    auto& io = static_cast<asio::io_context&>(executor().context());
    reader_.arm(io, std::move(done));
    reader_.on_cancel([this] { give_up(); });
  }
  void close() override {
    give_up();
    staged_stream::close();
  }
  void abort() override {
    give_up();
    staged_stream::abort();
  }

 protected:
  void write_after(asio::const_buffer from, io_handler done) override {
    inner().async_write_some(from, std::move(done));
  }

 private:
  void give_up() { reader_.complete(asio::error::operation_aborted, 0); }

  sim::pending<error_code, std::size_t> reader_;
};

}  // namespace

std::unique_ptr<behaviour> read_deaf(const yaml_value& value) {
  return from_stage<deaf_stream>(value);
}

}  // namespace tandem::scenarios
