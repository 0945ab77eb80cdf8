// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"
#include "tandem/sim/distribution.hpp"
#include "tandem/sim/link.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::sim {

/// Index of a router of a topology.
using router_index = std::uint32_t;

/// Who decides which packet leaves a queue, and which is dropped.
enum class queue_discipline : std::uint8_t {
  fifo,      ///< the first in; dropped at the tail when the queue is full
  red,       ///< adaptive RED (Floyd, Gummadi and Shenker 2001)
  codel,     ///< RFC 8289
  fq_codel,  ///< RFC 8290
};

/// A line between two routers, the same in both directions; each has a queue of its own.
struct router_line {
  router_index a = 0;
  router_index b = 0;
  duration latency = std::chrono::milliseconds(1);  ///< one way
  std::uint64_t bandwidth = 0;                      ///< bit/s; 0 = unlimited
  link_queue queue{};
  queue_discipline discipline = queue_discipline::fifo;
};

/// Traffic from one router to another that is no node's.
struct cross_traffic {
  router_index from = 0;
  router_index to = 0;
  std::uint32_t flows = 1;
  duration begins{};
  duration ends{};
  std::uint64_t rate = 0;  ///< of each flow while it is on, bit/s of UDP payload; 0: bulk over TCP
  std::uint32_t packet = 0;  ///< bytes of UDP payload
  distribution on{};         ///< ns; then it is `off`, and on again
  distribution off{};
};

/// What happens to a packet at the queue of a line between routers.
struct queue_event {
  enum class kind : std::uint8_t {
    entered,
    left,
    found_no_room,  ///< dropped: the queue was full
    dropped_early,  ///< by the discipline, RED or CoDel
  };
  kind what;
  std::uint32_t bytes;  ///< as the queue counts them
};

/// Routers between the hosts, each host at one of them.
struct topology {
  std::vector<std::string> routers;  ///< their names
  std::vector<router_line> lines;
  std::vector<router_index> router_of;  ///< index = host
  std::vector<cross_traffic> traffic;
};

/// The way of packets from one router to another.
struct route {
  /// A line with a queue, and what comes after it up to the next one.
  struct stop {
    std::uint32_t line;  ///< twice that of topology::lines, and 1 from its `b` to its `a`
    std::uint64_t bandwidth;
    link_queue queue;
    duration then{};
  };
  duration latency{};                  ///< of all lines
  duration before{};                   ///< the part of it up to the first stop
  std::vector<stop> stops;             ///< lines that are not unlimited
  std::uint64_t tightest = 0;          ///< the least bandwidth of them; 0 = unlimited
  std::vector<std::uint32_t> lines{};  ///< all of them, numbered as in `stop`
};

/// The routes of a topology: those of least latency, then of fewest lines, then of the lines that
/// come first in the topology.
class routes {
 public:
  explicit routes(const topology& of);

  bool reaches(router_index from, router_index to) const {
    return from == to || into_[to][from] != none;
  }
  /// The first line from `from` to `to`, numbered as in route::stop; they differ, and it reaches.
  std::uint32_t first_line(router_index from, router_index to) const { return into_[to][from]; }
  /// The router that a line, numbered as in route::stop, leads to.
  router_index end_of(std::uint32_t line) const {
    return (line & 1) != 0 ? lines_[line / 2].a : lines_[line / 2].b;
  }
  route between(router_index from, router_index to) const;

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  std::vector<router_line> lines_;
  std::vector<std::vector<std::uint32_t>> into_;  // [to][from]: the next line
};

}  // namespace tandem::sim
