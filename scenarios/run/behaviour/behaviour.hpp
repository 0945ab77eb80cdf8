// SPDX-License-Identifier: MIT
#pragma once

#include "read/yaml_value.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/core/random.hpp"
#include "tandem/net/byte_stream.hpp"
#include "tandem/net/clock.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "tandem/sim/host_manners.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace tandem::scenarios {

/// One node that misbehaves, for one life: what it does with its connections. Everything is done to
/// the byte streams between its sessions and the network, so that every level with streams shows
/// the same.
class misbehaving {
 public:
  virtual ~misbehaving() = default;
  /// The stream that the session gets instead of `stream`.
  virtual byte_stream wrap(byte_stream stream) { return stream; }
  /// Whether it takes the next connection that arrives; one that it does not take is reset.
  virtual bool takes() { return true; }
  /// Whether it accepts at all.
  virtual bool accepts() const { return true; }
  /// How long an arrived connection waits before the node sees it.
  virtual duration accepts_after() const { return {}; }
};

/// What a node needs to misbehave.
struct misbehaving_at {
  tandem::clock& time;
  random_stream random;  ///< its own
};

/// How the nodes of a group misbehave, as the file says it.
class behaviour {
 public:
  virtual ~behaviour() = default;
  virtual std::unique_ptr<misbehaving> start(misbehaving_at where) const = 0;
  /// How their hosts answer; where there are no byte streams also what else others see.
  virtual sim::host_manners manners() const { return {}; }
  /// Whether its nodes have another identity than others are told.
  virtual bool has_another_identity() const { return false; }
};

/// A word that can stand in `behaviour:`, and who reads what stands behind it.
struct behaviour_kind {
  std::string_view word;
  std::unique_ptr<behaviour> (*read)(const yaml_value& value);
};

/// Every behaviour, in the order in which they are listed: a new one is its file and its line
/// there.
std::span<const behaviour_kind> behaviour_kinds();

/// Exactly one of them.
std::shared_ptr<const behaviour> read_behaviour(const yaml_value& value);

/// How far a connection has come, by the bytes that the node has written: the same whoever dials.
///   after_accept          nothing
///   after_header          its multistream header
///   after_authentication  that, its security proposal and its Exchange: it has said who it is
///   when_ready            that, and its muxer proposal
std::uint64_t read_stage(const yaml_value& value);

}  // namespace tandem::scenarios
