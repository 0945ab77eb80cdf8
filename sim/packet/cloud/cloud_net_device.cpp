// SPDX-License-Identifier: GPL-2.0-only
#include "cloud/cloud_net_device.hpp"

#include "tandem/core/random.hpp"
#include "tandem/sim/topology.hpp"

#include <ns3/simulator.h>
#include <ns3/trace-source-accessor.h>
#include <ns3/uinteger.h>

#include <algorithm>
#include <limits>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(TandemCloudNetDevice);

namespace {
constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;
}  // namespace

TypeId TandemCloudNetDevice::GetTypeId() {
  static TypeId id =
      TypeId("ns3::TandemCloudNetDevice")
          .SetParent<NetDevice>()
          .SetGroupName("Tandem")
          .AddConstructor<TandemCloudNetDevice>()
          .AddAttribute("Mtu", "Largest IPv4 packet, in bytes.", UintegerValue(1500),
                        MakeUintegerAccessor(&TandemCloudNetDevice::m_mtu),
                        MakeUintegerChecker<std::uint16_t>(68))
          .AddAttribute("QueueMax",
                        "Longest wait in the queue of the access link; a packet that would wait "
                        "longer is dropped.",
                        TimeValue(Seconds(1)), MakeTimeAccessor(&TandemCloudNetDevice::m_queue_max),
                        MakeTimeChecker(Time(0)))
          .AddTraceSource("MacTx", "A packet leaves this host.",
                          MakeTraceSourceAccessor(&TandemCloudNetDevice::m_tx),
                          "ns3::Packet::TracedCallback")
          .AddTraceSource("MacRx", "A packet reaches this host.",
                          MakeTraceSourceAccessor(&TandemCloudNetDevice::m_rx),
                          "ns3::Packet::TracedCallback")
          .AddTraceSource("MacTxDrop",
                          "A packet is lost: full queue, loss, partition or no such host.",
                          MakeTraceSourceAccessor(&TandemCloudNetDevice::m_drop),
                          "ns3::Packet::TracedCallback");
  return id;
}

void TandemCloudNetDevice::Attach(Ptr<TandemCloudChannel> channel) {
  m_channel = channel;
  m_host = channel->Attach(this);
}

void TandemCloudNetDevice::AttachGateway(Ptr<TandemCloudChannel> channel) {
  m_channel = channel;
  m_gateway = true;
  channel->AttachGateway(this);
}

bool TandemCloudNetDevice::SetMtu(const std::uint16_t mtu) {
  m_mtu = mtu;
  return true;
}

bool TandemCloudNetDevice::Drop(const Ptr<Packet>& packet) {
  m_drop(packet);
  return true;  // taken, and lost on the way: the sender cannot know
}

std::optional<std::int64_t> TandemCloudNetDevice::line::Pass(std::int64_t now, std::uint32_t bytes,
                                                             std::uint64_t rate,
                                                             const tandem::sim::link_queue& bound) {
  if (rate == 0) return now;
  __extension__ using wide = unsigned __int128;
  const std::int64_t waits = std::max<std::int64_t>(idle_from - now, 0);
  const wide queued = static_cast<wide>(waits) * rate / 8 / nanoseconds_per_second;
  if (bound.bytes == 0 ? waits > bound.time.count() : queued + bytes > bound.bytes)
    return std::nullopt;
  const auto serialization = static_cast<std::int64_t>(
      (static_cast<wide>(bytes) * 8 * nanoseconds_per_second + rate - 1) / rate);
  idle_from = now + waits + serialization;
  return idle_from;
}

tandem::sim::link_queue TandemCloudNetDevice::QueueOf(
    const std::optional<tandem::sim::link_queue>& given) const {
  if (given) return *given;
  return {std::chrono::nanoseconds(m_queue_max.GetTimeStep()), 0};
}

bool TandemCloudNetDevice::Send(Ptr<Packet> packet, const Address&, std::uint16_t protocol) {
  std::uint8_t header[20];  // IPv4; the destination is its last field
  if (!m_channel || packet->CopyData(header, sizeof header) != sizeof header) return false;
  const auto address_at = [&header](std::size_t at) {
    return std::uint32_t{header[at]} << 24 | std::uint32_t{header[at + 1]} << 16 |
           std::uint32_t{header[at + 2]} << 8 | header[at + 3];
  };
  TandemCloudNetDevice* to = m_channel->Find(address_at(16));
  if (to != nullptr && m_gateway) return HandOver(packet, address_at(12), *to, protocol);
  if (to == nullptr || m_channel->IsCut(m_host, to->m_host)) return Drop(packet);

  const tandem::sim::link& link = m_channel->GetLink(m_host, to->m_host);
  link.count_packet();
  if (link.cut || m_channel->IsForgotten(m_host, to->m_host, *packet)) return Drop(packet);
  const auto left = m_up.Pass(Simulator::Now().GetTimeStep(), packet->GetSize(), link.bandwidth,
                              QueueOf(link.queue));
  if (!left) return Drop(packet);
  m_tx(packet);
  Carry(*to, link, *left, packet, protocol);
  return true;
}

void TandemCloudNetDevice::Carry(TandemCloudNetDevice& to, const tandem::sim::link& link,
                                 std::int64_t left, const Ptr<Packet>& packet,
                                 std::uint16_t protocol) {
  std::int64_t arrival = left + link.latency.count();
  if (link.way != nullptr)  // the routers' links take their part
    arrival = std::max(left, arrival - link.way->latency.count());
  const bool drawn = link.jitter.count() > 0 || link.loss > 0 || !link.delays.empty() ||
                     link.reorder > 0 || link.duplicate > 0;
  if (!drawn) return ScheduleArrival(to, link, arrival, packet, protocol);
  flow& f = m_flows[to.m_host];
  // A generator per packet: a lost packet costs the next one nothing.
  auto random = tandem::random_stream::of(
      m_channel->GetSeed() + std::uint64_t{m_host} * 0x9e3779b97f4a7c15ULL, "cloud",
      std::uint64_t{to.m_host} << 40 ^ f.packets++);
  const bool lost = tandem::sim::is_lost(link, f.in_burst, random);
  arrival +=
      static_cast<std::int64_t>(random.up_to(static_cast<std::uint64_t>(link.jitter.count())));
  for (const auto& more : link.delays) arrival += more.draw(random);
  if (lost) {
    Drop(packet);
    return;
  }
  if (link.reorder > 0 && random.unit() < link.reorder)
    return ScheduleArrival(to, link, arrival + link.reorder_by.count(), packet, protocol);
  arrival = f.last_arrival = std::max(arrival, f.last_arrival);
  ScheduleArrival(to, link, arrival, packet, protocol);
  if (link.duplicate > 0 && random.unit() < link.duplicate)
    ScheduleArrival(to, link, arrival, packet->Copy(), protocol);
}

bool TandemCloudNetDevice::HandOver(const Ptr<Packet>& packet, std::uint32_t source,
                                    TandemCloudNetDevice& to, std::uint16_t protocol) {
  static const tandem::sim::link unlimited;  // of what routers themselves say
  const auto* from = m_channel->Find(source);
  ScheduleArrival(to, from == nullptr ? unlimited : m_channel->GetLink(from->m_host, to.m_host),
                  Simulator::Now().GetTimeStep(), packet, protocol);
  return true;
}

void TandemCloudNetDevice::ScheduleArrival(TandemCloudNetDevice& to, const tandem::sim::link& link,
                                           std::int64_t when, const Ptr<Packet>& packet,
                                           std::uint16_t protocol) {
  const Time delay = TimeStep(when - Simulator::Now().GetTimeStep());
  if (link.way != nullptr && !m_gateway) {
    TandemCloudNetDevice& router = m_channel->GetGateway(m_host);
    Simulator::ScheduleWithContext(router.m_node->GetId(), delay, &TandemCloudNetDevice::Receive,
                                   &router, packet, protocol);
    return;
  }
  const std::uint32_t context = to.m_node->GetId();
  if (link.down_rate() == 0)
    Simulator::ScheduleWithContext(context, delay, &TandemCloudNetDevice::Receive, &to, packet,
                                   protocol);
  else
    Simulator::ScheduleWithContext(context, delay, &TandemCloudNetDevice::Arrive, &to, packet,
                                   protocol, link.down_rate(), QueueOf(link.down_queue));
}

void TandemCloudNetDevice::Arrive(Ptr<Packet> packet, std::uint16_t protocol, std::uint64_t rate,
                                  tandem::sim::link_queue bound) {
  const std::int64_t now = Simulator::Now().GetTimeStep();
  const auto through = m_down.Pass(now, packet->GetSize(), rate, bound);
  if (!through) {
    Drop(packet);
    return;
  }
  Simulator::ScheduleWithContext(m_node->GetId(), TimeStep(*through - now),
                                 &TandemCloudNetDevice::Receive, this, packet, protocol);
}

bool TandemCloudNetDevice::SendFrom(Ptr<Packet> packet, const Address&, const Address& dest,
                                    std::uint16_t protocol) {
  return Send(packet, dest, protocol);
}

void TandemCloudNetDevice::Receive(Ptr<Packet> packet, std::uint16_t protocol) {
  m_rx(packet);
  if (!m_receive.IsNull()) m_receive(this, packet, protocol, m_address);
}

void TandemCloudNetDevice::DoDispose() {
  m_channel = nullptr;
  m_node = nullptr;
  m_receive.Nullify();
  m_flows.clear();
  NetDevice::DoDispose();
}

}  // namespace ns3
