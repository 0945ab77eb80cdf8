// SPDX-License-Identifier: GPL-2.0-only
// Scale of the packet level: NODES nodes, each dials PER_NODE others within 10 s, sends 100 bytes
// on each connection 5 s later, is idle until the connection timeout and closes. Beside it the same
// bytes at the same times over bare ns-3 sockets on the same cloud, and the ratio of the two. Each
// runs in a process of its own; prints microseconds of CPU and bytes for each connection (peak RSS
// less the RSS after building the nodes), recorder off.
// Arguments: NODES (1 000) PER_NODE (10).
#include "bench/usage.hpp"
#include "cloud/cloud_net_device.hpp"
#include "recording_network.hpp"
#include "tandem/core/random.hpp"
#include "tandem/net/node.hpp"
#include "tandem/packet/fabric.hpp"

#include <ns3/inet-socket-address.h>
#include <ns3/ipv4-l3-protocol.h>
#include <ns3/ipv4-static-routing.h>
#include <ns3/simulator.h>
#include <ns3/socket.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/tcp-socket-factory.h>
#include <ns3/traffic-control-layer.h>
#include <ns3/uinteger.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::bench;

const sim::link path{.latency = 50ms};

struct figures {
  double connections = 0, cpu = 0, bytes = 0, events = 0, build_cpu = 0;
};

std::unique_ptr<sim::fabric> make_fabric() {
  sim::fabric_options options;
  options.links = [](sim::host_index, sim::host_index) -> const sim::link& { return path; };
  return packet::make_packet_fabric(std::move(options));
}

std::unique_ptr<node> make_node(sim::fabric& fabric, sim::host_index host, network& on) {
  node_options options;
  options.self = identity::of_node(1, host);
  options.seed = host;
  options.security = {security::plaintext};
  options.listen = {fabric.listen_address(host)};
  auto made = std::make_unique<node>(on, options);
  made->start();
  return made;
}

void dial(sim::fabric& fabric, node& from, sim::host_index to) {
  dial_options options;
  options.addresses = {fabric.listen_address(to)};
  from.dial(identity::of_node(1, to).id(), options);
}

/// When the k-th connection of a node begins.
duration dial_time(random_stream& random) {
  return duration(static_cast<std::int64_t>(random.up_to(10'000'000'000)));
}

/// What one connection sends and when, counted from its dial.
bench::script record() {
  bench::script steps;
  const auto fabric = make_fabric();
  fabric->add_host(), fabric->add_host();
  bench::recording_network a(fabric->host(0), steps), b(fabric->host(1), steps);
  const auto from = make_node(*fabric, 0, a), to = make_node(*fabric, 1, b);
  dial(*fabric, *from, 1);
  fabric->clock().at(time_point(5s), [&] {
    from->send(identity::of_node(1, 1).id(), std::vector<std::byte>(100));
  });
  fabric->run_until(time_point(60s), {});
  return steps;
}

figures run_nodes(sim::host_index nodes, int per_node) {
  figures out;
  double start = cpu_seconds();
  const auto fabric = make_fabric();
  std::vector<std::unique_ptr<node>> all;
  for (sim::host_index i = 0; i < nodes; ++i) fabric->add_host();
  for (sim::host_index i = 0; i < nodes; ++i) all.push_back(make_node(*fabric, i, fabric->host(i)));
  fabric->run_until(time_point(), {});
  out.build_cpu = cpu_seconds() - start;
  const double built = rss_bytes();
  start = cpu_seconds();
  random_stream random(1);
  for (int k = 1; k <= per_node; ++k)
    for (sim::host_index i = 0; i < nodes; ++i) {
      const sim::host_index to = (i + static_cast<sim::host_index>(k)) % nodes;
      const time_point when{dial_time(random)};
      fabric->clock().at(when, [&, i, to] { dial(*fabric, *all[i], to); });
      fabric->clock().at(when + 5s, [&, i, to] {
        all[i]->send(identity::of_node(1, to).id(), std::vector<std::byte>(100));
      });
    }
  fabric->run_until(time_point(60s), {});
  out.cpu = cpu_seconds() - start;
  out.bytes = peak_rss_bytes() - built;
  out.events = static_cast<double>(fabric->events());
  for (const auto& each : all)
    out.connections += static_cast<double>(each->manager().counters().established_total) / 2;
  return out;
}

using socket_ptr = ns3::Ptr<ns3::Socket>;

/// One end that plays its part of the script; reads and forgets.
void play(const bench::script& steps, socket_ptr socket, bool dialer, time_point dialed) {
  socket->SetRecvCallback(ns3::Callback<void, socket_ptr>([](socket_ptr s) {
    for (auto packet = s->Recv(); packet && packet->GetSize() != 0;) packet = s->Recv();
  }));
  for (const bench::step& each : steps) {
    if (each.by_dialer != dialer) continue;
    const auto at = dialed + each.when.time_since_epoch() -
                    time_point(duration(ns3::Simulator::Now().GetNanoSeconds()));
    ns3::Simulator::Schedule(ns3::NanoSeconds(std::max<std::int64_t>(at.count(), 0)),
                             [socket, bytes = each.bytes] {
                               if (bytes == 0)
                                 socket->Close();
                               else
                                 socket->Send(ns3::Create<ns3::Packet>(bytes), 0);
                             });
  }
}

figures run_bare(sim::host_index nodes, int per_node, const bench::script& steps) {
  figures out;
  double start = cpu_seconds();
  const auto channel = ns3::CreateObject<ns3::TandemCloudChannel>();
  channel->SetLinks([](std::uint32_t, std::uint32_t) -> const sim::link& { return path; });
  std::vector<ns3::Ptr<ns3::Node>> hosts;
  std::map<std::pair<std::uint32_t, std::uint16_t>, time_point> dialed;  // by the dialer's name
  const auto tcp = ns3::TcpSocketFactory::GetTypeId();
  for (sim::host_index i = 0; i < nodes; ++i) {
    const auto host = ns3::CreateObject<ns3::Node>();
    host->AggregateObject(ns3::CreateObject<ns3::Ipv4L3Protocol>());
    const auto ipv4 = host->GetObject<ns3::Ipv4>();
    ipv4->SetRoutingProtocol(ns3::CreateObject<ns3::Ipv4StaticRouting>());
    host->AggregateObject(ns3::CreateObject<ns3::TrafficControlLayer>());
    host->AggregateObject(ns3::CreateObject<ns3::TcpL4Protocol>());
    const auto device = ns3::CreateObject<ns3::TandemCloudNetDevice>();
    host->AddDevice(device);
    device->Attach(channel);
    const auto interface = ipv4->AddInterface(device);
    ipv4->AddAddress(interface, {channel->GetAddress(i), ns3::Ipv4Mask("/8")});
    ipv4->SetUp(interface);
    const auto listener = ns3::Socket::CreateSocket(host, tcp);
    listener->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), 4001));
    listener->Listen();
    listener->SetAcceptCallback(
        ns3::MakeNullCallback<bool, socket_ptr, const ns3::Address&>(),
        ns3::Callback<void, socket_ptr, const ns3::Address&>(
            [&](socket_ptr s, const ns3::Address& from) {
              const auto name = ns3::InetSocketAddress::ConvertFrom(from);
              play(steps, s, false, dialed.at({name.GetIpv4().Get(), name.GetPort()}));
            }));
    hosts.push_back(host);
  }
  out.build_cpu = cpu_seconds() - start;
  const double built = rss_bytes();
  start = cpu_seconds();
  random_stream random(1);
  for (int k = 1; k <= per_node; ++k)
    for (sim::host_index i = 0; i < nodes; ++i) {
      const sim::host_index to = (i + static_cast<sim::host_index>(k)) % nodes;
      const time_point when{dial_time(random)};
      ns3::Simulator::Schedule(ns3::NanoSeconds(when.time_since_epoch().count()), [&, i, to, when] {
        const auto socket = ns3::Socket::CreateSocket(hosts[i], tcp);
        socket->SetAttribute("SegmentSize", ns3::UintegerValue(1448));
        socket->SetConnectCallback(ns3::Callback<void, socket_ptr>([&, when](socket_ptr s) {
                                     out.connections += 1;
                                     play(steps, s, true, when);
                                   }),
                                   ns3::MakeNullCallback<void, socket_ptr>());
        socket->Connect(ns3::InetSocketAddress(channel->GetAddress(to), 4001));
        ns3::Address name;
        socket->GetSockName(name);
        dialed[{channel->GetAddress(i).Get(),
                ns3::InetSocketAddress::ConvertFrom(name).GetPort()}] = when;
      });
    }
  ns3::Simulator::Stop(ns3::Seconds(60));
  ns3::Simulator::Run();
  out.cpu = cpu_seconds() - start;
  out.bytes = peak_rss_bytes() - built;
  out.events = static_cast<double>(ns3::Simulator::GetEventCount());
  channel->Dispose();
  ns3::Simulator::Destroy();
  return out;
}

/// Runs `what` in a process of its own.
figures apart(const std::function<figures()>& what) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  std::fflush(stdout);
  if (const pid_t child = fork(); child == 0) {
    const figures mine = what();
    const bool told = write(ends[1], &mine, sizeof mine) == sizeof mine;
    _exit(told ? 0 : 1);
  } else {
    figures out;
    close(ends[1]);
    const bool heard = read(ends[0], &out, sizeof out) == sizeof out;
    close(ends[0]);
    waitpid(child, nullptr, 0);
    if (!heard) std::exit(1);
    return out;
  }
}

void print(const char* what, sim::host_index nodes, const figures& f) {
  std::printf(
      "packet_scale %-5s nodes=%u connections=%.0f | build %.2f s | %.1f us CPU/connection life | "
      "%.0f B/connection | %.0f events, %.2f Mevents/s\n",
      what, nodes, f.connections, f.build_cpu, f.cpu / f.connections * 1e6, f.bytes / f.connections,
      f.events, f.events / f.cpu * 1e-6);
}

}  // namespace

int main(int argc, char** argv) {
  const auto nodes = static_cast<sim::host_index>(argc > 1 ? std::atoll(argv[1]) : 1'000);
  const int per_node = argc > 2 ? std::atoi(argv[2]) : 10;
  const bench::script steps = record();
  std::uint64_t bytes = 0, writes = 0;
  for (const bench::step& each : steps) bytes += each.bytes, writes += each.bytes != 0;
  const figures bare = apart([&] { return run_bare(nodes, per_node, steps); });
  const figures full = apart([&] { return run_nodes(nodes, per_node); });
  std::printf("packet_scale one connection: %llu bytes in %llu writes\n",
              static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(writes));
  print("bare", nodes, bare);
  print("node", nodes, full);
  std::printf("packet_scale overhead of the node over bare sockets: %.2f x CPU, %.2f x memory\n",
              full.cpu / full.connections / (bare.cpu / bare.connections),
              full.bytes / full.connections / (bare.bytes / bare.connections));
  const double expected = static_cast<double>(nodes) * per_node;
  return full.connections == expected && bare.connections == expected ? 0 : 1;
}
