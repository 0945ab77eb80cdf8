// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/clock.hpp"
#include "tandem/net/node.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace tandem {

/// One limit of a node, and what is taken of it; of a limit per something, by whoever takes most.
struct resource_use {
  std::string_view name;        ///< `connections`, `streams_of_a_connection`
  std::string_view option;      ///< that sets the limit; empty: none does
  std::optional<double> used;   ///< nothing: it is not counted
  std::optional<double> limit;  ///< nothing: there is none
};

/// A connection as the meter has followed it.
struct metered_connection {
  connection_id conn{};
  peer_id peer;  ///< empty: not known yet
  endpoint where;
  direction way{};
  time_point since{};  ///< when it arrived or was begun
  bool ready = false;
};

/// Follows one node for metrics_exporter: who closed and why, what dials failed of, how long
/// handshakes, dials and round trips take, whom it leaves alone, and its connections. It holds a
/// record for each connection and each dial that is under way, and for at most 4096 peers that are
/// left alone. Hand it to the node as its observer; everything belongs to the node's thread.
class node_meter final : public node_observer {
 public:
  /// `next`, when given, hears everything as well and outlives the meter.
  explicit node_meter(node_observer* next = nullptr);
  ~node_meter() override;

  /// The node that it is the observer of, and the clock of that: both outlive its other uses.
  void watch(const node& which, const clock& time);
  /// A limit of the program's own, to be told beside those of the node.
  void add(std::function<resource_use()> other);

  std::vector<resource_use> resources() const;
  std::size_t connections_count() const;
  /// The `most` oldest.
  std::vector<metered_connection> connections(std::size_t most) const;
  const node& of() const;
  time_point now() const;

  void on_notification(time_point now, const notification& what) override;
  void on_step(time_point now, const connection_manager& manager) override;
  void on_message(time_point now, const received_message& message) override;
  void on_identified(time_point now, connection_id conn, const peer_id& peer,
                     const peer_facts& facts) override;
  void on_event(time_point now, const event& what) override;
  void on_action(time_point now, const action& what) override;

 private:
  friend class meter_families;
  struct state;
  const std::unique_ptr<state> state_;
};

}  // namespace tandem
