// SPDX-License-Identifier: GPL-2.0-only
#include "tcp/tcp_socket_factory.hpp"

#include "tandem/core/random.hpp"
#include "tcp/library_check.hpp"
#include "tcp/tcp_cubic.hpp"

#include <ns3/object-factory.h>
#include <ns3/rtt-estimator.h>
#include <ns3/tcp-bbr.h>
#include <ns3/tcp-l4-protocol.h>
#include <ns3/tcp-prr-recovery.h>
#include <ns3/uinteger.h>

#include <map>
#include <stdexcept>
#include <string>

namespace ns3 {

NS_OBJECT_ENSURE_REGISTERED(TandemTcpSocketFactory);

namespace {
constexpr std::uint32_t longer_header = 20;  // 40 bytes, and 20 of IPv4

TypeId CongestionControl(const std::string& name) {
  static const std::map<std::string, std::string> of_ns3{{"new_reno", "NewReno"},
                                                         {"linux_reno", "LinuxReno"},
                                                         {"bbr", "Bbr"},
                                                         {"bic", "Bic"},
                                                         {"htcp", "Htcp"},
                                                         {"hybla", "Hybla"},
                                                         {"high_speed", "HighSpeed"},
                                                         {"illinois", "Illinois"},
                                                         {"scalable", "Scalable"},
                                                         {"vegas", "Vegas"},
                                                         {"veno", "Veno"},
                                                         {"yeah", "Yeah"}};
  if (name == "cubic") return TandemTcpCubic::GetTypeId();
  const auto found = of_ns3.find(name);
  if (found == of_ns3.end()) throw std::invalid_argument("no congestion control: " + name);
  return TypeId::LookupByName("ns3::Tcp" + found->second);
}
}  // namespace

TypeId TandemTcpSocketFactory::GetTypeId() {
  using Self = TandemTcpSocketFactory;
  static TypeId id =
      TypeId("ns3::TandemTcpSocketFactory")
          .SetParent<SocketFactory>()
          .SetGroupName("Tandem")
          .AddConstructor<Self>()
          .AddAttribute("ConnTimeout", "Time to the second SYN; doubles from there.",
                        TimeValue(Seconds(1)), MakeTimeAccessor(&Self::m_connect_timeout),
                        MakeTimeChecker(Time(1)))
          .AddAttribute("ConnCount", "Number of SYNs.", UintegerValue(7),
                        MakeUintegerAccessor(&Self::m_connect_count),
                        MakeUintegerChecker<std::uint32_t>(1, 20))
          .AddAttribute("SynAckCount",
                        "Number of SYN-ACKs that a listener sends by itself, the first included "
                        "(Linux tcp_synack_retries + 1).",
                        UintegerValue(6), MakeUintegerAccessor(&Self::m_syn_ack_count),
                        MakeUintegerChecker<std::uint32_t>(1, 20))
          .AddAttribute("MinRto", "Least retransmission timeout (Linux TCP_RTO_MIN).",
                        TimeValue(MilliSeconds(200)), MakeTimeAccessor(&Self::m_min_rto),
                        MakeTimeChecker(Time(1)))
          .AddAttribute(
              "RtoGranularity",
              "Least margin of the retransmission timeout over the round trip time; "
              "Linux: TCP_RTO_MIN, which keeps delayed ACKs from causing retransmissions.",
              TimeValue(MilliSeconds(200)), MakeTimeAccessor(&Self::m_rto_granularity),
              MakeTimeChecker(Time(1)))
          .AddAttribute("DataRetries",
                        "Retransmissions of data before the connection has timed out (Linux "
                        "tcp_retries2).",
                        UintegerValue(15), MakeUintegerAccessor(&Self::m_data_retries),
                        MakeUintegerChecker<std::uint32_t>(0, 100))
          .AddAttribute("DelAckTimeout", "Delay of an ACK (Linux TCP_DELACK_MIN).",
                        TimeValue(MilliSeconds(40)), MakeTimeAccessor(&Self::m_delayed_ack),
                        MakeTimeChecker(Time(0)))
          .AddAttribute("TimeWait", "How long TIME_WAIT lasts (Linux TCP_TIMEWAIT_LEN).",
                        TimeValue(Seconds(60)), MakeTimeAccessor(&Self::m_time_wait),
                        MakeTimeChecker(Time(0)))
          .AddAttribute("CongestionControl", "Class of TcpCongestionOps that decides the window.",
                        TypeIdValue(TandemTcpCubic::GetTypeId()),
                        MakeTypeIdAccessor(&Self::m_congestion), MakeTypeIdChecker())
          .AddAttribute("SegmentSize",
                        "Bytes of data in a segment: 1500 less 20 of IPv4, 20 of TCP and 12 of the "
                        "timestamp option. On IPv6 20 fewer.",
                        UintegerValue(1448), MakeUintegerAccessor(&Self::m_segment_size),
                        MakeUintegerChecker<std::uint32_t>(longer_header + 1, 65483));
  return id;
}

Ptr<TandemTcpSocketFactory> TandemTcpSocketFactory::Of(Ptr<Node> node) {
  CheckLibrary();
  auto factory = node->GetObject<TandemTcpSocketFactory>();
  if (!factory) {
    factory = CreateObject<TandemTcpSocketFactory>();
    node->AggregateObject(factory);
  }
  return factory;
}

void TandemTcpSocketFactory::SetProfile(const tandem::sim::tcp_profile& profile) {
  m_connect_timeout = NanoSeconds(profile.syn_ack_timeout.count());
  m_connect_count = static_cast<std::uint32_t>(profile.syn_at.size());
  m_syn_ack_count = profile.syn_ack_count;
  std::vector<Time> waits;
  for (std::size_t i = 1; i < profile.syn_at.size(); ++i)
    waits.push_back(NanoSeconds((profile.syn_at[i] - profile.syn_at[i - 1]).count()));
  waits.push_back(NanoSeconds((profile.gives_up_at - profile.syn_at.back()).count()));
  m_syn_waits = std::make_shared<const std::vector<Time>>(std::move(waits));
  m_min_rto = NanoSeconds(profile.rto_min.count());
  m_rto_granularity = NanoSeconds(profile.rto_margin.count());
  m_congestion = CongestionControl(profile.congestion);
  if (profile.name != tandem::sim::ns3_default().name) return;
  // TcpSocket's and TcpSocketBase's own defaults.
  m_data_retries = 6;
  m_delayed_ack = MilliSeconds(200);
  m_time_wait = Seconds(240);
}

Ptr<TcpCongestionOps> TandemTcpSocketFactory::CreateCongestionControl(TandemTcpDraws& draws) {
  if (m_congestion == TandemTcpCubic::GetTypeId()) return CreateObject<TandemTcpCubic>();
  ObjectFactory maker;
  maker.SetTypeId(m_congestion);
  const auto made = maker.Create<TcpCongestionOps>();
  if (const auto bbr = DynamicCast<TcpBbr>(made))  // where its cycle of gains begins
    bbr->SetStream(static_cast<std::uint32_t>(
        tandem::random_stream::of(draws.seed, "bbr",
                                  std::uint64_t{GetObject<Node>()->GetId()} << 40 | draws.sockets++)
            .next() >>
        32));
  return made;
}

Ptr<Socket> TandemTcpSocketFactory::CreateSocket() { return CreateTcp(); }

Ptr<TandemTcpSocket> TandemTcpSocketFactory::CreateTcp(bool ipv6, TandemTcpDraws& draws) {
  const auto node = GetObject<Node>();
  const auto socket = CreateObject<TandemTcpSocket>();
  socket->SetNode(node);
  socket->SetTcp(node->GetObject<TcpL4Protocol>());
  socket->SetRtt(CreateObject<RttMeanDeviation>());
  socket->SetCongestionControlAlgorithm(CreateCongestionControl(draws));
  socket->SetRecoveryAlgorithm(CreateObject<TcpPrrRecovery>());
  socket->SetTimers({m_connect_timeout, m_connect_count, m_syn_ack_count, m_syn_waits, m_min_rto,
                     m_rto_granularity, m_data_retries, m_delayed_ack, m_time_wait});
  socket->SetAttribute("SegmentSize", UintegerValue(m_segment_size - (ipv6 ? longer_header : 0)));
  if (m_traceless) socket->ForgoTraces();
  return socket;
}

}  // namespace ns3
