// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "bench/usage.hpp"
#include "recording_network.hpp"
#include "tandem/core/random.hpp"
#include "tandem/sim/link.hpp"
#include "tandem/sim/tcp_profile.hpp"

namespace tandem::bench {

struct figures {
  double connections = 0, cpu = 0, bytes = 0, events = 0, build_cpu = 0, packets = 0;
};

/// When the next connection of a benchmark is dialled.
duration dial_time(random_stream& random);

/// The bytes of `steps` at their times over bare ns-3 sockets on the cloud: NODES nodes, of whom
/// each dials the PER_NODE after it. As who knows ns-3 writes it for speed: the lean stack, the
/// fastest of ns-3's schedulers, no list of marked Times, one pending event and one small object
/// per end, no closures, what is written in one instant written at once, no attribute set per
/// socket; with the attributes of TCP that nodes have. ns-3 must not have run in this process. What
/// is left of a difference in packets is ns-3's second acknowledgement of a FIN that brings data.
figures run_bare(sim::host_index nodes, int per_node, const script& steps, const sim::link& path);

}  // namespace tandem::bench
