// SPDX-License-Identifier: MIT
#pragma once

#include "run/behaviour/behaviour.hpp"
#include "run/behaviour/filtered_stream.hpp"

#include <functional>
#include <utility>

namespace tandem::scenarios {

/// A behaviour that is a stream of its own instead of each connection's.
class stream_behaviour final : public behaviour {
 public:
  using factory = std::function<byte_stream(byte_stream inner, misbehaving_at& where)>;
  explicit stream_behaviour(factory make) : make_(std::move(make)) {}

  std::unique_ptr<misbehaving> start(misbehaving_at where) const override {
    struct node final : misbehaving {
      node(factory how, misbehaving_at at) : make(std::move(how)), where(at) {}
      byte_stream wrap(byte_stream stream) override { return make(std::move(stream), where); }
      factory make;
      misbehaving_at where;
    };
    return std::make_unique<node>(make_, where);
  }

 private:
  factory make_;
};

/// The behaviour of `Stream(inner, stage)`, from the stage that the file names.
template <class Stream>
std::unique_ptr<behaviour> from_stage(const yaml_value& value) {
  return std::make_unique<stream_behaviour>(
      [stage = read_stage(value)](byte_stream inner, misbehaving_at&) {
        return filtered<Stream>(std::move(inner), stage);
      });
}

}  // namespace tandem::scenarios
