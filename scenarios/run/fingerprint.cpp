// SPDX-License-Identifier: MIT
#include "fingerprint.hpp"

#include "measure_table.hpp"
#include "tandem/core/random.hpp"

#include <algorithm>
#include <cstdio>

namespace tandem::scenarios {
namespace {

constexpr std::size_t cuts_count = std::tuple_size_v<fingerprint>;

constexpr family counted_causes[] = {family::refusals,       family::told,
                                     family::closed,         family::dial_failed,
                                     family::attempt_failed, family::handshake_failed};

// SplitMix64 over what was before and what comes: order matters.
void mix(std::uint64_t& hash, auto... values) {
  ((hash = random_stream(hash ^ static_cast<std::uint64_t>(values)).next()), ...);
}

bool ends_for_a_newcomer(const notification& what) {
  return what.kind == notice::connection_closed && what.why == cause::evicted;
}

// The id that an action is about; none: it is no deadline's doing.
struct subject_of {
  connection_id operator()(const actions::start_attempt& a) const { return a.attempt; }
  connection_id operator()(const actions::cancel_attempt& a) const { return a.attempt; }
  connection_id operator()(const actions::refuse& a) const { return a.conn; }
  connection_id operator()(const actions::probe& a) const { return a.conn; }
  connection_id operator()(const actions::close& a) const { return a.conn; }
  connection_id operator()(const actions::abort& a) const { return a.conn; }
  connection_id operator()(const auto&) const { return connection_id::none; }
};

}  // namespace

std::string_view name_of(layer what) noexcept {
  static constexpr std::string_view names[] = {"admission", "backoff", "timers",
                                               "causes",    "bytes",   "random"};
  static_assert(std::size(names) == layers_count);
  return names[static_cast<std::size_t>(what)];
}

std::string text_of(const fingerprint& of) {
  std::string text;
  char digits[24];
  for (std::size_t i = 0; i + 1 < of.size(); ++i) {
    std::snprintf(digits, sizeof digits, "%04x.", static_cast<unsigned>(of[i] >> 48));
    text += digits;
  }
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(of.back()));
  return text + digits;
}

fingerprinter::fingerprinter(const scenario& what, const tracker& ledger, time_point start)
    : scenario_(what), tracker_(ledger), start_(start), nodes_(ledger.nodes()) {
  next_cut_ = start_ + what.length / cuts_count;
}

void fingerprinter::on_notification(node_index node, time_point now, const notification& what) {
  cut_before(now);
  auto& of = nodes_[node];
  const auto add = [&](std::uint64_t& print, auto... numbers) {
    mix(print, what.kind, what.why, tracker_.index_of(what.peer), numbers...);
  };
  switch (what.kind) {
    case notice::connection_established:
      return add(of.admission, what.way);
    case notice::inbound_refused:
      return add(of.admission, what.current, what.limit);
    case notice::connection_closed:
      if (ends_for_a_newcomer(what)) add(of.admission);
      return mix(of.timers, what.kind, what.conn, (now - start_).count());
    case notice::backoff_started:
      return add(of.backoff, what.failures, what.ceiling.count(), (what.until - now).count());
    case notice::circuit_opened:
    case notice::circuit_half_opened:
    case notice::circuit_closed:
    case notice::uplink_lost:
    case notice::uplink_restored:
      return add(of.backoff, what.failures);
    default:
      return;
  }
}

void fingerprinter::on_action(node_index node, time_point now, const action& what) {
  cut_before(now);
  const auto subject = std::visit(subject_of{}, what);
  if (subject != connection_id::none)
    mix(nodes_[node].timers, what.index(), subject, (now - start_).count());
}

void fingerprinter::on_step(node_index node, time_point now, const connection_manager& manager) {
  cut_before(now);
  auto& of = nodes_[node];
  if (const auto draws = manager.draws(); draws != of.draws) mix(of.random, of.draws = draws);
}

void fingerprinter::add_sums() {
  const auto bytes = {*measure_named("bytes_sent"), *measure_named("bytes_received"),
                      measure_of(tally::application_bytes)};
  auto& causes_print = prints_[static_cast<std::size_t>(layer::causes)][cuts_];
  auto& bytes_print = prints_[static_cast<std::size_t>(layer::bytes)][cuts_];
  for (group_index g = 0; g < scenario_.groups.size(); ++g) {
    const auto& numbers = tracker_.group(g).numbers;
    for (const auto which : counted_causes)
      for (const auto& row : causes())
        mix(causes_print, numbers[measure_of(which, row.value)].value());
    for (const auto which : bytes) mix(bytes_print, numbers[which].value());
  }
}

void fingerprinter::cut() {
  const auto print = [&](layer of) -> std::uint64_t& {
    return prints_[static_cast<std::size_t>(of)][cuts_];
  };
  for (const auto& node : nodes_) {
    mix(print(layer::admission), node.admission);
    mix(print(layer::backoff), node.backoff);
    mix(print(layer::timers), node.timers);
    mix(print(layer::random), node.random);
  }
  add_sums();
  ++cuts_;
  // What happens at the very end belongs to the last one, which finish() takes.
  const auto length = scenario_.length / static_cast<std::int64_t>(cuts_count);
  next_cut_ =
      cuts_ + 1 < cuts_count ? start_ + length * static_cast<std::int64_t>(cuts_ + 1) : never;
}

fingerprints fingerprinter::finish() {
  while (cuts_ < cuts_count) cut();
  return prints_;
}

}  // namespace tandem::scenarios
