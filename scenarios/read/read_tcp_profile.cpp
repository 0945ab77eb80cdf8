// SPDX-License-Identifier: MIT
#include "read_tcp_profile.hpp"

#include "tandem/command/units.hpp"

namespace tandem::scenarios {

namespace {

constexpr duration least_wait = std::chrono::milliseconds(1);
// A minute that doubles 20 times has outlasted every scenario.
constexpr duration initial_rto_max = std::chrono::minutes(1);
constexpr std::uint64_t retries_max = 20;
constexpr std::uint64_t linear_timeouts_max = 100;

sim::tcp_profile named(const yaml_value& value) {
  std::vector<std::string> names;
  for (const auto& profile : sim::tcp_profiles()) names.push_back(profile.name);
  return sim::tcp_profiles()[value.as_one_of(names, "TCP profile")];
}

void read_times(const yaml_mapping& given, sim::tcp_profile& out) {
  given.read("syn_at", [&](const auto& v) {
    std::vector<duration> times;
    v.each([&](const yaml_value& entry) {
      times.push_back(entry.as_duration());
      if (times.size() == 1 ? times[0] != duration::zero() : times.back() <= *(times.end() - 2))
        entry.fail("`" + v.path() + "` counts from the first SYN: it begins with 0s and grows");
    });
    if (times.empty()) v.fail("`" + v.path() + "` is empty: name at least the first SYN, 0s");
    out.syn_at = times;
    if (given.find("gives_up_at") == nullptr)
      v.fail("`" + v.path() + "` needs `gives_up_at`, when the connection attempt has failed");
  });
  given.read("gives_up_at", [&](const auto& v) {
    const auto at = v.as_duration(least_wait);
    if (at <= out.syn_at.back())
      v.fail("`" + v.path() + "` of " + format_duration(at) + " is not after the last SYN at " +
             format_duration(out.syn_at.back()) + "; give a later time, or fewer SYNs");
    out.gives_up_at = at;
  });
}

}  // namespace

sim::tcp_profile read_tcp_profile(const yaml_value& value) {
  if (!value.is_mapping()) return named(value);
  const yaml_mapping given(value, "a TCP profile",
                           {"profile", "syn_retries", "syn_linear_timeouts", "initial_rto",
                            "syn_at", "gives_up_at", "rto_min", "congestion"});
  sim::tcp_profile out = sim::linux_legacy();
  given.read("profile", [&](const auto& v) { out = named(v); });
  sim::syn_schedule schedule = out.schedule;
  bool scheduled = false;
  const auto part = [&](std::string_view key, const auto& read) {
    scheduled |= given.read(key, [&](const auto& v) {
      if (given.find("syn_at") != nullptr)
        v.fail("`" + v.path() + "` and `syn_at` both say when SYNs are sent: remove one");
      read(v);
    });
  };
  part("syn_retries", [&](const auto& v) {
    schedule.retries = static_cast<unsigned>(v.as_count(0, retries_max));
  });
  part("syn_linear_timeouts", [&](const auto& v) {
    schedule.linear_timeouts = static_cast<unsigned>(v.as_count(0, linear_timeouts_max));
  });
  part("initial_rto", [&](const auto& v) {
    schedule.initial_rto = v.as_duration(least_wait);
    if (schedule.initial_rto > initial_rto_max)
      v.fail("`" + v.path() + "` must be at most " + format_duration(initial_rto_max) + ", not " +
             format_duration(schedule.initial_rto));
    out.syn_ack_timeout = schedule.initial_rto;
  });
  if (scheduled) sim::set_schedule(out, schedule);
  read_times(given, out);
  given.read("rto_min", [&](const auto& v) {
    const bool margin = out.rto_margin == out.rto_min;
    out.rto_min = v.as_duration(least_wait);
    if (margin) out.rto_margin = out.rto_min;
  });
  given.read("congestion", [&](const auto& v) {
    const auto known = sim::congestion_controls();
    const std::vector<std::string> names(known.begin(), known.end());
    out.congestion = names[v.as_one_of(names, "congestion control")];
  });
  return out;
}

}  // namespace tandem::scenarios
