// SPDX-License-Identifier: MIT
#pragma once

#include "read/yaml_value.hpp"
#include "tandem/scenarios/scenario.hpp"
#include "tandem/scenarios/world.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tandem::scenarios {

class workload;

/// One entry of a workload while it is done. Hears what happens to the nodes.
class doing {
 public:
  std::uint64_t index = 0;  ///< among all that are done, which names its messages

  virtual ~doing() = default;
  /// Plans what is to come. Once, before time passes.
  virtual void begin() = 0;
  /// A turn beside those of its schedule: `from` does it, now, to `to` if it is about another.
  virtual void turn(node_index from, node_index to) { (void)from, (void)to; }
  /// Whether it wants notifications.
  virtual bool hears() const { return true; }
  virtual void on_notification(node_index node, time_point now, const notification& what) {
    (void)node, (void)now, (void)what;
  }
  /// What became of a message that workload::send() sent under this number.
  virtual void on_sent(std::uint64_t number, send_result result) { (void)number, (void)result; }
  virtual void on_arrived(node_index at, std::uint64_t number) { (void)at, (void)number; }
  /// The node was killed: its requests and connections are gone, and their numbers start again.
  virtual void on_killed(node_index node) { (void)node; }
  /// At the end: what happened and was probably not meant, with its place; or nothing.
  virtual std::string warning() const { return {}; }
  /// The node lives again.
  virtual void on_restarted(node_index node) { (void)node; }
};

/// What one entry of `workload:` says: a verb and what was said with it.
class work {
 public:
  std::string path;  ///< of the entry in its file, as `workload.0.dial`

  virtual ~work() = default;
  /// Why several threads cannot run the nodes that it is about; empty: what it does when it hears
  /// something, or at a node and not among what no node does, is about that node alone.
  virtual std::string why_one_thread() const {
    return "what it does at one node follows from another";
  }
  /// `index`: its place in the workload, which names its random numbers. `in` outlives it.
  virtual std::unique_ptr<doing> start(workload& in, std::uint64_t index) const = 0;
};

/// A word that can stand in a workload, and who reads what stands behind it.
struct verb {
  std::string_view word;
  std::unique_ptr<work> (*read)(const yaml_value& value, scenario& of);
};

/// Every verb, in the order in which they are listed: a new one is its file and its line there.
std::span<const verb> verbs();

}  // namespace tandem::scenarios
