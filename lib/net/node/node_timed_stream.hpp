// SPDX-License-Identifier: MIT
#pragma once

#include "net/node/node_alarm.hpp"
#include "tandem/net/application_stream.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/error.hpp>

namespace tandem {

/// A stream that is aborted when its time is over. What derives from it is held by a shared_ptr;
/// the alarm only looks whether it is still there.
struct timed_stream {
  /// What of `failure` the owner is told.
  error_code told(const boost::system::system_error& failure) const {
    return late ? error_code(asio::error::timed_out) : failure.code();
  }

  application_stream stream;
  bool late = false;
  node_alarm alarm;
};

inline void abort_at(const std::shared_ptr<timed_stream>& of, const node_clock& clock,
                     time_point when) {
  of->alarm.set(clock, when, [weak = std::weak_ptr(of)] {
    if (const auto still = weak.lock()) {
      still->late = true;
      still->stream.bytes.abort();
    }
  });
}

}  // namespace tandem
