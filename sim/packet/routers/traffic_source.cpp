// SPDX-License-Identifier: GPL-2.0-only
#include "routers/traffic_source.hpp"

#include "tcp/tcp_socket_factory.hpp"

#include <ns3/simulator.h>
#include <ns3/udp-socket-factory.h>

#include <algorithm>
#include <vector>

namespace tandem::packet {

namespace {

using ns3::Ptr;
using ns3::Simulator;
using ns3::Socket;

constexpr std::uint32_t chunk = 8 * 1448;

ns3::Time time_of(duration span) { return ns3::NanoSeconds(span.count()); }

void read_all(Ptr<Socket> socket) {
  while (const auto packet = socket->Recv())
    if (packet->GetSize() == 0) return;  // the end
}

/// A socket that takes whatever comes to `at`.
Ptr<Socket> sink(Ptr<Socket> socket, const ns3::InetSocketAddress& at) {
  socket->Bind(ns3::InetSocketAddress(ns3::Ipv4Address::GetAny(), at.GetPort()));
  socket->SetRecvCallback(ns3::MakeCallback(&read_all));
  return socket;
}

/// Takes what comes over every connection.
struct taker final : ns3::TandemTcpBacklog {
  void Accepted(Ptr<ns3::TandemTcpSocket> child) override {
    child->SetRecvCallback(ns3::MakeCallback(&read_all));
    taken.push_back(child);
  }
  std::vector<Ptr<Socket>> taken;
};

class bulk final : public traffic_source {
 public:
  bulk(const Ptr<ns3::Node>& from, const Ptr<ns3::Node>& to, const ns3::InetSocketAddress& at,
       const sim::cross_traffic& how)
      : from_(from), at_(at) {
    const auto listener = tcp(to);
    listener->SetBacklog(taker_);
    sink_ = sink(listener, at);
    sink_->Listen();
    Simulator::Schedule(time_of(how.begins), &bulk::begin, this);
    Simulator::Schedule(time_of(how.ends), &bulk::end, this);
  }

 private:
  static Ptr<ns3::TandemTcpSocket> tcp(const Ptr<ns3::Node>& on) {
    return ns3::TandemTcpSocketFactory::Of(on)->CreateTcp();
  }
  void begin() {
    socket_ = tcp(from_);
    socket_->SetConnectCallback(ns3::MakeCallback(&bulk::fill, this),
                                ns3::MakeNullCallback<void, Ptr<Socket>>());
    socket_->SetSendCallback(ns3::MakeCallback(&bulk::more, this));
    socket_->Connect(at_);
  }
  void fill(Ptr<Socket>) {
    connected_ = true;
    more(socket_, 0);
  }
  void more(Ptr<Socket>, std::uint32_t) {
    while (connected_ && socket_->GetTxAvailable() >= chunk)
      if (socket_->Send(ns3::Create<ns3::Packet>(chunk)) < 0) return;
  }
  void end() {
    connected_ = false;
    if (socket_) socket_->Close();
  }

  Ptr<ns3::Node> from_;
  ns3::InetSocketAddress at_;
  std::shared_ptr<taker> taker_ = std::make_shared<taker>();
  Ptr<Socket> sink_;
  Ptr<Socket> socket_;
  bool connected_ = false;
};

class on_off final : public traffic_source {
 public:
  on_off(const Ptr<ns3::Node>& from, const Ptr<ns3::Node>& to, const ns3::InetSocketAddress& at,
         const sim::cross_traffic& how, random_stream random)
      : how_(how),
        random_(random),
        sink_(sink(Socket::CreateSocket(to, ns3::UdpSocketFactory::GetTypeId()), at)),
        socket_(Socket::CreateSocket(from, ns3::UdpSocketFactory::GetTypeId())) {
    socket_->Connect(at);
    every_ = ns3::NanoSeconds(static_cast<std::int64_t>(
        std::max<std::uint64_t>(how.packet * std::uint64_t{8'000'000'000} / how.rate, 1)));
    Simulator::Schedule(time_of(how.begins), &on_off::turn_on, this);
  }

 private:
  void turn_on() {
    const auto length = time_of(duration(how_.on.draw(random_)));
    off_at_ = std::min(Simulator::Now() + length, time_of(how_.ends));
    send();
  }
  // The time between two packets is a packet at the rate, the last one of a period included.
  void send() {
    if (Simulator::Now() >= off_at_) {
      const auto pause = time_of(duration(how_.off.draw(random_)));
      if (Simulator::Now() + pause < time_of(how_.ends))
        Simulator::Schedule(std::max(pause, ns3::TimeStep(1)), &on_off::turn_on, this);
      return;
    }
    socket_->Send(ns3::Create<ns3::Packet>(how_.packet));
    Simulator::Schedule(every_, &on_off::send, this);
  }

  sim::cross_traffic how_;
  random_stream random_;
  Ptr<Socket> sink_;
  Ptr<Socket> socket_;
  ns3::Time every_;
  ns3::Time off_at_;
};

}  // namespace

std::unique_ptr<traffic_source> make_bulk(const Ptr<ns3::Node>& from, const Ptr<ns3::Node>& to,
                                          const ns3::InetSocketAddress& at,
                                          const sim::cross_traffic& how) {
  return std::make_unique<bulk>(from, to, at, how);
}

std::unique_ptr<traffic_source> make_on_off(const Ptr<ns3::Node>& from, const Ptr<ns3::Node>& to,
                                            const ns3::InetSocketAddress& at,
                                            const sim::cross_traffic& how, random_stream random) {
  return std::make_unique<on_off>(from, to, at, how, random);
}

}  // namespace tandem::packet
