// SPDX-License-Identifier: GPL-2.0-only
#include "bare_sockets.hpp"

#include "cloud/lean_host.hpp"

#include <ns3/config.h>
#include <ns3/double.h>
#include <ns3/inet-socket-address.h>
#include <ns3/object-factory.h>
#include <ns3/simulator.h>
#include <ns3/socket.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/tcp-socket-factory.h>
#include <ns3/uinteger.h>

#include <deque>
#include <vector>

namespace tandem::bench {

namespace {

using socket_ptr = ns3::Ptr<ns3::Socket>;

constexpr std::uint16_t port = 4001;

ns3::Time time_of(duration span) { return ns3::NanoSeconds(span.count()); }

void read_all(socket_ptr socket) {
  for (auto packet = socket->Recv(); packet && packet->GetSize() != 0;) packet = socket->Recv();
}

/// What one end writes, counted from its first moment as a connection; 0 bytes are the end.
struct part {
  duration after;
  std::uint32_t bytes;
};

/// Of `steps` those of one end; what it writes in one instant is one part.
std::vector<part> part_of(const script& steps, bool dialer, duration connected_at) {
  std::vector<part> out;
  for (const step& each : steps) {
    if (each.by_dialer != dialer) continue;
    const duration after = each.when.time_since_epoch() - connected_at;
    if (!out.empty() && each.bytes != 0 && out.back().after == after)
      out.back().bytes += each.bytes;
    else
      out.push_back({after, each.bytes});
  }
  return out;
}

/// One end of a connection, which plays its part.
class end {
 public:
  end(socket_ptr socket, const std::vector<part>& parts)
      : socket_(std::move(socket)), next_(parts.data()), last_(next_ + parts.size()) {
    socket_->SetRecvCallback(ns3::MakeCallback(&read_all));
  }
  ns3::Socket& socket() { return *socket_; }
  void begin(socket_ptr) { wait(duration{}); }

 private:
  void wait(duration so_far) {
    if (next_ != last_) ns3::Simulator::Schedule(time_of(next_->after - so_far), &end::play, this);
  }
  void play() {
    const part& now = *next_++;
    if (now.bytes == 0)
      socket_->Close();
    else
      socket_->Send(ns3::Create<ns3::Packet>(now.bytes), 0);
    wait(now.after);
  }

  socket_ptr socket_;
  const part* next_;
  const part* last_;
};

class world {
 public:
  world(const script& steps, const sim::link& path)
      : path_(path),
        dialer_(part_of(steps, true, 2 * path.latency)),
        listener_(part_of(steps, false, 3 * path.latency)) {
    channel_->SetLinks([this](std::uint32_t, std::uint32_t) -> const sim::link& { return path_; });
  }
  ~world() { channel_->Dispose(); }
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  void add_host() {
    hosts_.push_back(ns3::CreateObject<ns3::TcpL4Protocol>());
    const packet::lean_host host(channel_, hosts_.back());
    const auto listening = hosts_.back()->CreateSocket();
    listening->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), port));
    listening->Listen();
    listening->SetAcceptCallback(ns3::MakeNullCallback<bool, socket_ptr, const ns3::Address&>(),
                                 ns3::MakeCallback(&world::accepted, this));
  }
  void dial_later(duration when, sim::host_index from, sim::host_index to) {
    ns3::Simulator::Schedule(time_of(when), &world::dial, this, from, to);
  }
  double connected() const { return static_cast<double>(ends_.size()) / 2; }

 private:
  void accepted(socket_ptr socket, const ns3::Address&) {
    ends_.emplace_back(std::move(socket), listener_).begin({});
  }
  void dial(sim::host_index from, sim::host_index to) {
    end& mine = ends_.emplace_back(hosts_[from]->CreateSocket(), dialer_);
    mine.socket().SetConnectCallback(ns3::MakeCallback(&end::begin, &mine),
                                     ns3::MakeNullCallback<void, socket_ptr>());
    mine.socket().Connect(ns3::InetSocketAddress(channel_->GetAddress(to), port));
  }

  const sim::link& path_;
  std::vector<part> dialer_, listener_;
  ns3::Ptr<ns3::TandemCloudChannel> channel_ = ns3::CreateObject<ns3::TandemCloudChannel>();
  std::vector<ns3::Ptr<ns3::TcpL4Protocol>> hosts_;
  std::deque<end> ends_;
};

}  // namespace

duration dial_time(random_stream& random) {
  return duration(static_cast<std::int64_t>(random.up_to(10'000'000'000)));
}

figures run_bare(sim::host_index nodes, int per_node, const script& steps, const sim::link& path) {
  using ns3::Config::SetDefault;
  const sim::tcp_profile& profile = sim::linux_legacy();
  SetDefault("ns3::TcpSocket::SegmentSize", ns3::UintegerValue(1448));
  SetDefault("ns3::TcpSocket::DelAckTimeout", ns3::TimeValue(ns3::MilliSeconds(40)));
  SetDefault("ns3::TcpSocketBase::MinRto", ns3::TimeValue(time_of(profile.rto_min)));
  SetDefault("ns3::TcpSocketBase::ClockGranularity", ns3::TimeValue(time_of(profile.rto_margin)));
  SetDefault("ns3::TcpSocketBase::MaxSegLifetime", ns3::DoubleValue(30));
  figures out;
  double start = cpu_seconds();
  ns3::Simulator::SetScheduler(ns3::ObjectFactory("ns3::PriorityQueueScheduler"));
  ns3::Simulator::Run();  // of nothing: from here on ns3::Time keeps no list of marked Times
  {
    world made(steps, path);
    for (sim::host_index i = 0; i < nodes; ++i) made.add_host();
    out.build_cpu = cpu_seconds() - start;
    const double built = rss_bytes();
    start = cpu_seconds();
    random_stream random(1);
    for (int k = 1; k <= per_node; ++k)
      for (sim::host_index i = 0; i < nodes; ++i)
        made.dial_later(dial_time(random), i, (i + static_cast<sim::host_index>(k)) % nodes);
    ns3::Simulator::Stop(ns3::Seconds(60));
    ns3::Simulator::Run();
    out.cpu = cpu_seconds() - start;
    out.bytes = peak_rss_bytes() - built;
    out.events = static_cast<double>(ns3::Simulator::GetEventCount());
    out.connections = made.connected();
  }
  ns3::Simulator::Destroy();
  return out;
}

}  // namespace tandem::bench
