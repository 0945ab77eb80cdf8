// SPDX-License-Identifier: MIT
#include "tandem/sim/tcp_profile.hpp"

namespace tandem::sim {

using namespace std::chrono_literals;

namespace {

tcp_profile profile(std::string name, const syn_schedule& schedule, duration rto_min,
                    unsigned syn_ack_count) {
  tcp_profile made{.name = std::move(name),
                   .rto_min = rto_min,
                   .rto_margin = rto_min,  // Linux: TCP_RTO_MIN bounds the variation
                   .syn_ack_timeout = schedule.initial_rto,
                   .syn_ack_count = syn_ack_count};
  set_schedule(made, schedule);
  return made;
}

std::vector<tcp_profile> make_profiles() {
  // Initial RTO 1 s (RFC 6298, 2.1); TCP_RTO_MIN 200 ms; tcp_synack_retries 5.
  constexpr syn_schedule legacy{.initial_rto = 1s, .retries = 6};
  // Linux 6.5, ip-sysctl: tcp_syn_linear_timeouts = 4, "67 seconds till the last retransmission".
  constexpr syn_schedule linear{.initial_rto = 1s, .retries = 6, .linear_timeouts = 4};
  // ns-3.37: TcpSocket::ConnTimeout 3 s, ConnCount 6; TcpSocketBase::MinRto 1 s.
  constexpr syn_schedule ns3{.initial_rto = 3s, .retries = 5};
  // Windows: InitialRto 3 s, MaxSynRetransmissions 2 (KB 2786464); MinRto 300 ms.
  constexpr syn_schedule windows{.initial_rto = 3s, .retries = 2};
  std::vector<tcp_profile> all = {
      profile("linux-legacy", legacy, 200ms, 6), profile("linux-6.5", linear, 200ms, 6),
      profile("macos", linear, 230ms, 6), profile("windows", windows, 300ms, 3),
      profile("ns3-default", ns3, 1s, 6)};
  // XNU, bsd/netinet/tcp_timer.c: tcp_syn_backoff 1 1 1 1 1 2 4 8 16 32, and TCPTV_KEEP_INIT 75 s
  // ends it; TCPTV_REXMTMIN 30 ms and TCPTV_REXMTSLOP 200 ms.
  all[2].gives_up_at = 75s;
  all[4].rto_margin = 1ms;  // TcpSocketBase::ClockGranularity
  return all;
}

const std::vector<tcp_profile>& profiles() {
  static const std::vector<tcp_profile> all = make_profiles();
  return all;
}

}  // namespace

std::span<const std::string> congestion_controls() noexcept {
  static const std::vector<std::string> all{
      "cubic",      "new_reno", "linux_reno", "bbr",   "bic",  "htcp", "hybla",
      "high_speed", "illinois", "scalable",   "vegas", "veno", "yeah"};
  return all;
}

void set_schedule(tcp_profile& of, const syn_schedule& schedule) {
  of.schedule = schedule;
  of.syn_at = {duration::zero()};
  duration wait = schedule.initial_rto;
  of.gives_up_at = wait;
  for (unsigned i = 0; i < schedule.linear_timeouts + schedule.retries; ++i) {
    of.syn_at.push_back(of.gives_up_at);
    if (i >= schedule.linear_timeouts) wait *= 2;
    of.gives_up_at += wait;
  }
}

const tcp_profile& linux_legacy() noexcept { return profiles().front(); }
const tcp_profile& ns3_default() noexcept { return profiles().back(); }

std::span<const tcp_profile> tcp_profiles() noexcept { return profiles(); }

const tcp_profile* tcp_profile_named(std::string_view name) noexcept {
  for (const tcp_profile& p : profiles())
    if (p.name == name) return &p;
  return nullptr;
}

}  // namespace tandem::sim
