// SPDX-License-Identifier: MIT
#include "tandem/command/units.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/scenarios/compare/outcome.hpp"

namespace tandem::scenarios {
namespace {

struct phrase {
  const char* before;  ///< the peer
  const char* after = "";
};

phrase phrase_of(notice what) {
  switch (what) {
    case notice::dial_started:
      return {"begins to dial "};
    case notice::dial_succeeded:
      return {"its dial of ", " succeeded"};
    case notice::dial_failed:
      return {"its dial of ", " failed"};
    case notice::attempt_failed:
      return {"an attempt at ", " failed"};
    case notice::address_untried:
      return {"an address of ", " had no turn"};
    case notice::connection_established:
      return {"is connected with "};
    case notice::connection_closed:
      return {"its connection with ", " closed"};
    case notice::handshake_failed:
      return {"the handshake with ", " failed"};
    case notice::inbound_refused:
      return {"refused "};
    case notice::remote_refused:
      return {"was refused by "};
    case notice::backoff_started:
      return {"stays away from "};
    case notice::circuit_opened:
      return {"opens the circuit of "};
    case notice::circuit_half_opened:
      return {"half opens the circuit of "};
    case notice::circuit_closed:
      return {"closes the circuit of "};
    case notice::uplink_lost:
      return {"takes itself to be offline, last after "};
    case notice::uplink_restored:
      return {"is online again, thanks to "};
    case notice::shutdown_began:
      return {"begins to shut down, with "};
  }
  return {"does something with "};
}

std::string node_named(const outcome& in, std::int32_t index) {
  const auto at = static_cast<std::size_t>(index);
  return index >= 0 && at < in.nodes.size() ? in.nodes[at] : "somebody";
}

}  // namespace

std::string event_in_words(const outcome& of, std::size_t row) {
  const auto& e = of.events;
  const auto said = phrase_of(notice{e.kind[row]});
  auto text =
      node_named(of, e.node[row]) + ": " + said.before + node_named(of, e.peer[row]) + said.after;
  if (const cause why{e.why[row]}; why != cause::none) text += ": " + std::string(name_of(why));
  std::string numbers;
  const auto add = [&](const std::string& what) {
    numbers += (numbers.empty() ? " (" : ", ") + what;
  };
  if (e.limit[row] > 0) add(std::to_string(e.current[row]) + " of " + std::to_string(e.limit[row]));
  if (e.failures[row] > 0) add("failures: " + std::to_string(e.failures[row]));
  if (e.ceiling_ns[row] > 0) add("at most " + format_moment(duration(e.ceiling_ns[row])));
  if (e.until_ns[row] >= 0) add("until " + format_moment(duration(e.until_ns[row])));
  return text + (numbers.empty() ? "" : numbers + ")");
}

}  // namespace tandem::scenarios
