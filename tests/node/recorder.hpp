// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/node.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::test {

using namespace std::chrono_literals;

constexpr time_point at(duration since_start) { return time_point(since_start); }

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

struct heard {
  time_point when;
  notification what;
};
struct heard_message {
  time_point when;
  std::string text;
  peer_id from;
};

struct heard_facts {
  time_point when;
  peer_id of;
  peer_facts facts;
};

/// Writes down what one node says, and holds it to its limit at every step.
class recorder final : public node_observer {
 public:
  void on_notification(time_point now, const notification& what) override {
    notices.push_back({now, what});
  }
  void on_step(time_point, const connection_manager& manager) override {
    const auto& c = manager.counters();
    EXPECT_EQ(c.permits_issued - c.permits_released, c.permits_live);
    EXPECT_LE(c.permits_live, c.connection_limit);
    EXPECT_LE(c.active_connections, c.permits_live);
  }
  void on_message(time_point now, const received_message& m) override {
    messages.push_back(
        {now, {reinterpret_cast<const char*>(m.bytes.data()), m.bytes.size()}, m.peer});
  }

  void on_identified(time_point now, connection_id, const peer_id& peer,
                     const peer_facts& facts) override {
    identified.push_back({now, peer, facts});
  }

  /// The only notice of this kind; fails the test when there are none or several.
  heard only(notice kind) const {
    std::optional<heard> found;
    for (const auto& each : notices)
      if (each.what.kind == kind) {
        EXPECT_FALSE(found) << "several " << name_of(kind);
        found = each;
      }
    EXPECT_TRUE(found) << "no " << name_of(kind);
    return found.value_or(heard{});
  }
  std::size_t count(notice kind) const {
    std::size_t n = 0;
    for (const auto& each : notices) n += each.what.kind == kind;
    return n;
  }

  std::vector<heard> notices;
  std::vector<heard_message> messages;
  std::vector<heard_facts> identified;
};

}  // namespace tandem::test
