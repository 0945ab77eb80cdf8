// SPDX-License-Identifier: GPL-2.0-only
#include "tandem/packet/tandem-node.h"

#include "engine/loop.hpp"
#include "seam/addresses.hpp"
#include "seam/host_network.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/node.hpp"

#include <ns3/integer.h>
#include <ns3/ipv4.h>
#include <ns3/node.h>
#include <ns3/trace-source-accessor.h>
#include <ns3/uinteger.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace ns3 {

namespace packet = tandem::packet;

NS_OBJECT_ENSURE_REGISTERED(TandemNode);

/// From StartTime to the end: the node, what it runs on, and its voice.
struct TandemNode::Running final : tandem::node_observer {
  Running(TandemNode& application, tandem::node_options options)
      : owner(application),
        loop(packet::loop::polled::by_events),
        network(loop, application.GetNode()),
        node(std::make_unique<tandem::node>(network, std::move(options), this)) {
    node->start();
    loop.wake();
  }

  void on_notification(tandem::time_point, const tandem::notification& what) override {
    const auto peer = to_string(what.peer);
    const std::string cause(name_of(what.why));
    switch (what.kind) {
      case tandem::notice::connection_established:
        owner.m_established(peer, cause);
        break;
      case tandem::notice::connection_closed:
        owner.m_closed(peer, cause);
        break;
      case tandem::notice::inbound_refused:
      case tandem::notice::remote_refused:
        owner.m_refused(peer, cause);
        break;
      case tandem::notice::dial_failed:
        owner.m_failed(peer, cause);
        break;
      default:
        break;
    }
  }
  void on_step(tandem::time_point, const tandem::connection_manager& manager) override {
    owner.m_active = manager.counters().active_connections;
  }
  void on_message(tandem::time_point, const tandem::received_message& message) override {
    owner.m_message(to_string(message.peer),
                    {reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()});
  }

  TandemNode& owner;
  packet::loop loop;
  packet::host_network network;
  std::unique_ptr<tandem::node> node;
};

namespace {

std::int64_t ns(tandem::duration span) { return span.count(); }
tandem::duration span(const Time& time) { return tandem::duration(time.GetNanoSeconds()); }

}  // namespace

TypeId TandemNode::GetTypeId() {
  using Self = TandemNode;
  static TypeId id = [] {
    auto type =
        TypeId("ns3::TandemNode")
            .SetParent<Application>()
            .SetGroupName("Tandem")
            .AddConstructor<Self>()
            .AddAttribute("Port", "Port it listens on; 0: it only dials.", UintegerValue(4001),
                          MakeUintegerAccessor(&Self::m_port), MakeUintegerChecker<std::uint16_t>())
            .AddAttribute("Seed", "Seed of the identity and of the policy.", UintegerValue(1),
                          MakeUintegerAccessor(&Self::m_seed), MakeUintegerChecker<std::uint64_t>())
            .AddAttribute("NodeIndex", "Which identity of the seed; -1: the id of the ns-3 node.",
                          IntegerValue(-1), MakeIntegerAccessor(&Self::m_index),
                          MakeIntegerChecker<std::int64_t>(-1));
    const auto count = [&type](const char* name, const char* option, std::uint64_t Self::*field,
                               std::uint64_t value) {
      type.AddAttribute(name, std::string("Manager option ") + option + ".", UintegerValue(value),
                        MakeUintegerAccessor(field), MakeUintegerChecker<std::uint64_t>());
    };
    const auto time = [&type](const char* name, const char* option, Time Self::*field,
                              tandem::duration value) {
      type.AddAttribute(name, std::string("Manager option ") + option + ".",
                        TimeValue(NanoSeconds(ns(value))), MakeTimeAccessor(field),
                        MakeTimeChecker(Time(0)));
    };
    const tandem::manager_options d;
    count("MaxConnections", "max_connections", &Self::m_max_connections, d.max_connections);
    count("MaxConnectionsPerPeer", "max_connections_per_peer", &Self::m_max_connections_per_peer,
          d.max_connections_per_peer);
    count("MaxPendingInbound", "max_pending_inbound", &Self::m_max_pending_inbound,
          d.max_pending_inbound);
    count("MaxPendingOutbound", "max_pending_outbound", &Self::m_max_pending_outbound,
          d.max_pending_outbound);
    count("BreakerFailures", "breaker_failures", &Self::m_breaker_failures, d.breaker_failures);
    time("ConnectionTimeout", "connection_timeout", &Self::m_connection_timeout,
         d.connection_timeout);
    time("AttemptTimeout", "attempt_timeout", &Self::m_attempt_timeout, d.attempt_timeout);
    time("DialTimeout", "dial_timeout", &Self::m_dial_timeout, d.dial_timeout);
    time("HandshakeTimeout", "handshake_timeout", &Self::m_handshake_timeout, d.handshake_timeout);
    time("LivenessInterval", "liveness_interval", &Self::m_liveness_interval, d.liveness_interval);
    time("BackoffBase", "backoff_base", &Self::m_backoff_base, d.backoff_base);
    time("BackoffCap", "backoff_cap", &Self::m_backoff_cap, d.backoff_cap);
    const auto event = [&type](const char* name, const char* help, auto field) {
      type.AddTraceSource(name, help, MakeTraceSourceAccessor(field),
                          "ns3::TandemNode::EventTracedCallback");
    };
    event("Established", "A connection is ready.", &Self::m_established);
    event("Closed", "An established connection ended.", &Self::m_closed);
    event("Refused", "This node refused a connection, or a peer refused this node.",
          &Self::m_refused);
    event("DialFailed", "A dial failed.", &Self::m_failed);
    type.AddTraceSource("Message", "A message arrived.", MakeTraceSourceAccessor(&Self::m_message),
                        "ns3::TandemNode::MessageTracedCallback");
    type.AddTraceSource("ActiveConnections", "Ready connections.",
                        MakeTraceSourceAccessor(&Self::m_active),
                        "ns3::TracedValueCallback::Uint64");
    return type;
  }();
  return id;
}

TandemNode::TandemNode() = default;
TandemNode::~TandemNode() = default;

std::uint64_t TandemNode::Index() const {
  return m_index < 0 ? GetNode()->GetId() : static_cast<std::uint64_t>(m_index);
}

std::string TandemNode::GetPeerId() const {
  return to_string(tandem::identity::of_node(m_seed, Index()).id());
}

Ipv4Address TandemNode::GetAddress() const {
  const auto ipv4 = GetNode()->GetObject<Ipv4>();
  for (std::uint32_t i = 1; i < ipv4->GetNInterfaces(); ++i)
    if (ipv4->GetNAddresses(i) != 0) return ipv4->GetAddress(i, 0).GetLocal();
  throw std::logic_error("TandemNode: the ns-3 node has no address; assign one before the start");
}

tandem::node* TandemNode::GetTandemNode() const {
  return m_running ? m_running->node.get() : nullptr;
}

tandem::manager_options TandemNode::Options() const {
  tandem::manager_options options;
  options.max_connections = m_max_connections;
  options.max_connections_per_peer = m_max_connections_per_peer;
  options.max_pending_inbound = m_max_pending_inbound;
  options.max_pending_outbound = m_max_pending_outbound;
  options.breaker_failures = m_breaker_failures;
  options.connection_timeout = span(m_connection_timeout);
  options.attempt_timeout = span(m_attempt_timeout);
  options.dial_timeout = span(m_dial_timeout);
  options.handshake_timeout = span(m_handshake_timeout);
  options.liveness_interval = span(m_liveness_interval);
  options.backoff_base = span(m_backoff_base);
  options.backoff_cap = span(m_backoff_cap);
  return options;
}

void TandemNode::StartApplication() {
  tandem::node_options options;
  options.manager = Options();
  options.self = tandem::identity::of_node(m_seed, Index());
  options.seed = m_seed ^ Index();
  options.allow_plaintext = true;
  if (m_port != 0) options.listen = {packet::to_endpoint(Ipv4Address::GetAny(), m_port)};
  m_running = std::make_unique<Running>(*this, std::move(options));
}

void TandemNode::StopApplication() {
  if (!m_running) return;
  m_running->node->shutdown();
  m_running->loop.wake();
}

void TandemNode::Dial(Ptr<TandemNode> peer) {
  if (!m_running) return;
  tandem::dial_options options;
  options.addresses = {packet::to_endpoint(peer->GetAddress(), peer->GetPort())};
  m_running->node->dial(tandem::identity::of_node(peer->m_seed, peer->Index()).id(),
                        std::move(options));
  m_running->loop.wake();
}

void TandemNode::Send(Ptr<TandemNode> peer, const std::string& message) {
  if (!m_running) return;
  const auto* first = reinterpret_cast<const std::byte*>(message.data());
  m_running->node->send(tandem::identity::of_node(peer->m_seed, peer->Index()).id(),
                        std::vector<std::byte>(first, first + message.size()));
  m_running->loop.wake();
}

void TandemNode::DoDispose() {
  m_running.reset();
  Application::DoDispose();
}

}  // namespace ns3
