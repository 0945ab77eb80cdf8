// SPDX-License-Identifier: GPL-2.0-only
// What one bulk flow carries under random loss: sockets of the packet level beside bare ones of
// ns-3 with its Cubic and its NewReno, as factors of Padhye's formula, at round trips of 20 and 100
// ms. Timers of all are those of Linux. `b` is how many segments an acknowledgement that arrives
// stands for, as counted; 1 and 2 are what Padhye's formula is usually given.
#include "sim/bulk_rate.hpp"
#include "cloud/lean_host.hpp"
#include "sim/padhye.hpp"
#include "tandem/packet/fabric.hpp"

#include <ns3/config.h>
#include <ns3/inet-socket-address.h>
#include <ns3/node-list.h>
#include <ns3/simulator.h>
#include <ns3/tcp-cubic.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/tcp-socket-base.h>
#include <ns3/tcp-socket-factory.h>
#include <ns3/uinteger.h>

#include <cstdio>

namespace {

using namespace tandem;
using namespace tandem::packet;
using namespace std::chrono_literals;
using sim::testing::padhye;

constexpr std::uint64_t seeds = 4;
constexpr duration warm_up = 10s, end = 70s;

struct counted {
  double bits = 0, segments = 0, acknowledgements = 0;
};

/// Counts what reaches the first two hosts from `warm_up` on: data at one, acknowledgements at the
/// other.
void count(counted& into) {
  for (std::uint32_t host : {0U, 1U}) {
    const auto node = ns3::NodeList::GetNode(ns3::NodeList::GetNNodes() - 2 + host);
    node->GetDevice(node->GetNDevices() - 1)
        ->TraceConnectWithoutContext(
            "MacRx", ns3::Callback<void, ns3::Ptr<const ns3::Packet>>(
                         [&into](ns3::Ptr<const ns3::Packet> packet) {
                           if (ns3::Simulator::Now() < ns3::NanoSeconds(warm_up.count())) return;
                           if (packet->GetSize() > 1448)
                             into.segments += 1;
                           else
                             into.acknowledgements += 1;
                         }));
  }
}

void run_ours(const sim::link& path, std::uint64_t seed, counted& into) {
  sim::testing::bulk_senders all(make_packet_fabric(sim::testing::one_link(path, seed)), 1);
  count(into);
  into.bits += all.rate(warm_up, end) * std::chrono::duration<double>(end - warm_up).count();
}

using socket_ptr = ns3::Ptr<ns3::Socket>;

ns3::Ptr<ns3::Node> add_host(const ns3::Ptr<ns3::TandemCloudChannel>& channel) {
  return lean_host(channel, ns3::CreateObject<ns3::TcpL4Protocol>()).node;
}

void run_bare(const sim::link& path, std::uint64_t seed, const char* control, counted& into) {
  ns3::Config::SetDefault("ns3::TcpL4Protocol::SocketType",
                          ns3::TypeIdValue(ns3::TypeId::LookupByName(control)));
  ns3::Config::SetDefault("ns3::TcpSocket::SegmentSize", ns3::UintegerValue(1448));
  ns3::Config::SetDefault("ns3::TcpSocket::DelAckTimeout", ns3::TimeValue(ns3::MilliSeconds(40)));
  for (const char* timer : {"MinRto", "ClockGranularity"})
    ns3::Config::SetDefault(std::string("ns3::TcpSocketBase::") + timer,
                            ns3::TimeValue(ns3::MilliSeconds(200)));
  const auto channel = ns3::CreateObject<ns3::TandemCloudChannel>();
  channel->SetAttribute("Seed", ns3::UintegerValue(seed));
  channel->SetLinks([&path](std::uint32_t, std::uint32_t) -> const sim::link& { return path; });
  const auto from = add_host(channel), to = add_host(channel);
  count(into);
  const auto tcp = ns3::TcpSocketFactory::GetTypeId();
  const auto listener = ns3::Socket::CreateSocket(to, tcp);
  listener->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), 4001));
  listener->Listen();
  const auto take = [&into](socket_ptr s) {
    for (auto p = s->Recv(); p && p->GetSize() != 0; p = s->Recv())
      if (ns3::Simulator::Now() >= ns3::NanoSeconds(warm_up.count())) into.bits += p->GetSize() * 8;
  };
  listener->SetAcceptCallback(ns3::MakeNullCallback<bool, socket_ptr, const ns3::Address&>(),
                              ns3::Callback<void, socket_ptr, const ns3::Address&>(
                                  [&take](socket_ptr s, const ns3::Address&) {
                                    s->SetRecvCallback(ns3::Callback<void, socket_ptr>(take));
                                  }));
  const auto socket = ns3::Socket::CreateSocket(from, tcp);
  const auto fill = [](socket_ptr s, std::uint32_t) {
    while (s->GetTxAvailable() >= 16384 && s->Send(ns3::Create<ns3::Packet>(16384), 0) > 0) {
    }
  };
  socket->SetSendCallback(ns3::Callback<void, socket_ptr, std::uint32_t>(fill));
  socket->SetConnectCallback(ns3::Callback<void, socket_ptr>([&fill](socket_ptr s) { fill(s, 0); }),
                             ns3::MakeNullCallback<void, socket_ptr>());
  socket->Connect(ns3::InetSocketAddress(channel->GetAddress(1), 4001));
  ns3::Simulator::Stop(ns3::NanoSeconds(end.count()));
  ns3::Simulator::Run();
  channel->Dispose();
  ns3::Simulator::Destroy();
  ns3::Config::Reset();
}

counted run(const sim::link& path, const char* control) {
  counted sum;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    control == nullptr ? run_ours(path, seed, sum) : run_bare(path, seed, control, sum);
  return sum;
}

}  // namespace

int main() {
  std::printf("%8s %6s | %-18s %-5s | %-18s | %-18s\n", "", "", "packet level", "", "ns-3 Cubic",
              "ns-3 NewReno");
  std::printf("%8s %6s | %8s %9s %5s | %8s %9s | %8s %9s\n", "RTT", "loss", "x b = 1", "x b = 2",
              "b", "x b = 1", "x b = 2", "x b = 1", "x b = 2");
  for (const duration round_trip : {20ms, 100ms})
    for (const double loss : {0.001, 0.003, 0.01, 0.03, 0.05}) {
      const sim::link path{.latency = round_trip / 2, .loss = loss};
      const double rtt = std::chrono::duration<double>(round_trip).count();
      std::printf("%5.0f ms %4.1f %% |", rtt * 1000, loss * 100);
      for (const char* control :
           {static_cast<const char*>(nullptr), "ns3::TcpCubic", "ns3::TcpNewReno"}) {
        const counted c = run(path, control);
        const double rate = c.bits / seeds / std::chrono::duration<double>(end - warm_up).count();
        std::printf(" %8.2f %9.2f", rate / padhye(rtt, loss, 1), rate / padhye(rtt, loss, 2));
        if (control == nullptr) std::printf(" %5.2f", c.segments / c.acknowledgements);
        std::printf(" |");
      }
      std::printf("\n");
    }
  return 0;
}
