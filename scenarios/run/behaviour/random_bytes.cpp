// SPDX-License-Identifier: MIT
#include "run/behaviour/filtered_stream.hpp"
#include "run/behaviour/staged.hpp"

#include <cstddef>
#include <vector>

namespace tandem::scenarios {
namespace {

/// Sends random bytes instead of its own from a stage on.
class babbling_stream final : public staged_stream {
 public:
  babbling_stream(byte_stream stream, std::uint64_t stage, random_stream random)
      : staged_stream(std::move(stream), stage), random_(random) {}

 protected:
  void write_after(asio::const_buffer from, io_handler done) override {
    junk_.resize(from.size());  // stays as it is until the write is over: there is one at a time
    for (auto& byte : junk_) byte = static_cast<std::byte>(random_.next());
    inner().async_write_some(asio::buffer(junk_), std::move(done));
  }

 private:
  random_stream random_;
  std::vector<std::byte> junk_;
};

}  // namespace

std::unique_ptr<behaviour> read_random_bytes(const yaml_value& value) {
  return std::make_unique<stream_behaviour>(
      [stage = read_stage(value)](byte_stream inner, misbehaving_at& where) {
        const random_stream own(where.random.next());
        return filtered<babbling_stream>(std::move(inner), stage, own);
      });
}

}  // namespace tandem::scenarios
