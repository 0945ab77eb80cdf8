// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/trace.hpp"

#include <cstdint>

/// The canonical encoding of a manager's trace: records one after another, integers little-endian,
/// a peer id or list of addresses after its length in one byte, a double as its bits. A record is a
/// kind byte and its fields: header {version u32, layout u64, options, self, seed u64}, handle
/// {time i64, event u8, fields}, advance {time i64}, action {action u8, fields}, checkpoint
/// {inputs u64, state}. Fields come in the order of the structs in events.hpp and actions.hpp;
/// lists are cut at addresses_max, as the core cuts them. TRACE.md has it for other readers.
namespace tandem::detail::trace_codec {

inline constexpr std::uint32_t version = 6;

/// Hash of the names of all options and the numbers of events, actions, causes and notices: what
/// else a reader must share with the writer.
std::uint64_t layout();

using record_kind = trace_record;

void write_header(trace_sink&, const manager_options&, const peer_id& self, std::uint64_t seed);
void write_event(trace_sink&, time_point now, const event&);
void write_advance(trace_sink&, time_point now);
void write_action(trace_sink&, const action&);

}  // namespace tandem::detail::trace_codec
