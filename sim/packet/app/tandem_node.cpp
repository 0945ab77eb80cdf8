// SPDX-License-Identifier: GPL-2.0-only
#include "tandem/packet/tandem-node.h"

#include "app/attribute_words.hpp"
#include "app/host_addresses.hpp"
#include "engine/loop.hpp"
#include "seam/addresses.hpp"
#include "seam/host_network.hpp"
#include "tandem/core/options.hpp"
#include "tandem/core/random.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/node.hpp"
#include "tandem/sim/policy_seed.hpp"

#include <ns3/ipv4.h>
#include <ns3/ipv6.h>
#include <ns3/log.h>
#include <ns3/names.h>
#include <ns3/node.h>
#include <ns3/rng-seed-manager.h>
#include <ns3/simulator.h>
#include <ns3/trace-source-accessor.h>
#include <boost/system/system_error.hpp>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace ns3 {

namespace packet = tandem::packet;

NS_LOG_COMPONENT_DEFINE("TandemNode");
NS_OBJECT_ENSURE_REGISTERED(TandemNode);

/// From StartTime to the end: the node, what it runs on, and its voice.
struct TandemNode::Running final : tandem::node_observer {
  Running(TandemNode& application, tandem::node_options options, std::uint64_t tcp_seed)
      : owner(application),
        loop(packet::loop::polled::by_events),
        network(loop, application.GetNode(), tcp_seed),
        node(std::make_unique<tandem::node>(network, std::move(options), this)) {
    node->start();
  }
  // ns-3 destroys what a node has in an order of its own: of what a packet needs something is gone.
  ~Running() override { loop.end(); }

  void on_notification(tandem::time_point, const tandem::notification& what) override {
    NS_LOG_INFO(name_of(what.kind) << " " << to_string(what.peer) << " " << describe(what));
    owner.Tell(what);
  }
  void on_step(tandem::time_point, const tandem::connection_manager& manager) override {
    owner.m_active = manager.counters().active_connections;
  }
  void on_message(tandem::time_point, const tandem::received_message& message) override {
    owner.m_message(to_string(message.peer),
                    {reinterpret_cast<const char*>(message.bytes.data()), message.bytes.size()});
  }
  void on_identified(tandem::time_point, tandem::connection_id, const tandem::peer_id& peer,
                     const tandem::peer_facts& facts) override {
    owner.m_identified(to_string(peer), facts.agent);
  }

  TandemNode& owner;
  packet::loop loop;
  packet::host_network network;
  std::unique_ptr<tandem::node> node;
};

namespace {

void CheckNamed(const Ptr<TandemNode>& peer) {
  if (!peer) throw std::invalid_argument("TandemNode: no peer was given");
}

}  // namespace

TypeId TandemNode::GetTypeId() {
  using Self = TandemNode;
  static TypeId id = [] {
    auto type = TypeId("ns3::TandemNode")
                    .SetParent<Application>()
                    .SetGroupName("Tandem")
                    .AddConstructor<Self>();
    AddStart(type);
    AddOptions(type);
    AddLimits(type);
    AddNotices(type);
    type.AddTraceSource("Message", "A message arrived.", MakeTraceSourceAccessor(&Self::m_message),
                        "ns3::TandemNode::MessageTracedCallback");
    type.AddTraceSource("MessageRefused",
                        "A message is not sent: NotConnected, BacklogFull (BacklogMax), TooLong "
                        "(MessageSizeMax), NotRunning.",
                        MakeTraceSourceAccessor(&Self::m_refused),
                        "ns3::TandemNode::EventTracedCallback");
    type.AddTraceSource("Identified", "A peer that was asked (IdentifyDialled) said its agent.",
                        MakeTraceSourceAccessor(&Self::m_identified),
                        "ns3::TandemNode::MessageTracedCallback");
    type.AddTraceSource("ActiveConnections", "Ready connections.",
                        MakeTraceSourceAccessor(&Self::m_active),
                        "ns3::TracedValueCallback::Uint64");
    return type;
  }();
  return id;
}

TandemNode::TandemNode()
    : m_options(std::make_unique<tandem::node_options>()), m_told(tandem::notices_count) {}
TandemNode::~TandemNode() = default;

Ptr<Node> TandemNode::Host() const {
  if (!GetNode())
    throw std::logic_error(
        "TandemNode: it is on no ns-3 node: install it first (TandemNodeHelper)");
  return GetNode();
}

std::uint64_t TandemNode::Index() const {
  if (m_index >= 0) return static_cast<std::uint64_t>(m_index);
  const auto host = Host();
  // Beyond every id: those of its kind that are on the host already.
  std::uint64_t before = 0;
  for (std::uint32_t i = 0; i < host->GetNApplications(); ++i) {
    const auto other = host->GetApplication(i);
    if (other == this) break;
    if (DynamicCast<TandemNode>(other)) ++before;
  }
  return before << 32 | host->GetId();
}

tandem::peer_id TandemNode::Identity() const {
  return m_running ? m_running->node->self().id() : tandem::identity::of_node(m_seed, Index()).id();
}

std::string TandemNode::GetPeerId() const { return to_string(Identity()); }

std::vector<Address> TandemNode::GetAddresses() const {
  std::vector<Address> found;
  for (const tandem::endpoint& at : Listening()) found.push_back(packet::to_address(at));
  return found;
}

std::vector<tandem::endpoint> TandemNode::Listening() const {
  return m_port == 0 ? std::vector<tandem::endpoint>() : packet::addresses_of(*Host(), m_port);
}

tandem::node* TandemNode::GetTandemNode() const {
  return m_running ? m_running->node.get() : nullptr;
}

/// Another for each run of ns-3's; that of the nodes alone in the first run of its first seed.
std::uint64_t TandemNode::SeedOfRun() const {
  const std::uint64_t seed = RngSeedManager::GetSeed(), run = RngSeedManager::GetRun();
  if (seed == 1 && run == 1) return m_seed;
  return tandem::random_stream::of(m_seed, "ns3", seed).next() + run;
}

void TandemNode::StartApplication() {
  if (m_running) return;  // Restart() came before StartTime
  auto options = *m_options;
  options.self = tandem::identity::of_node(m_seed, Index());
  options.seed = tandem::sim::policy_seed(SeedOfRun(), Index(), m_lives);
  const auto tcp_seed = tandem::sim::policy_seed(m_seed, Index(), m_lives++);
  options.security = tandem::parse_securities(m_security);
  options.identify_dialled = m_identifies;
  options.agent = m_agent;
  if (m_port != 0 && GetNode()->GetObject<Ipv4>())
    options.listen.push_back(packet::to_endpoint(Ipv4Address::GetAny(), m_port));
  if (m_port != 0 && GetNode()->GetObject<Ipv6>())
    options.listen.push_back(packet::to_endpoint(Ipv6Address::GetAny(), m_port));
  try {
    m_running = std::make_unique<Running>(*this, std::move(options), tcp_seed);
  } catch (const std::invalid_argument& problem) {
    throw std::invalid_argument(Place() + packet::in_attributes(problem.what()));
  } catch (const boost::system::system_error& problem) {  // it cannot listen
    throw std::runtime_error(Place() + "Port " + std::to_string(m_port) + ": " + problem.what());
  }
}

/// What a message about it begins with.
std::string TandemNode::Place() const {
  const auto name = Names::FindName(Host());
  return "TandemNode on ns-3 node " + std::to_string(Host()->GetId()) +
         (name.empty() ? ": " : " (" + name + "): ");
}

/// Options of the manager hold at once. False: they cannot be used together.
bool TandemNode::Become(const tandem::manager_options& options) {
  if (m_running) {
    try {
      m_running->node->configure(options);
    } catch (const std::invalid_argument& problem) {
      NS_LOG_WARN(Place() << packet::in_attributes(problem.what()));
      return false;
    }
  }
  m_options->manager = options;
  return true;
}

void TandemNode::StopApplication() { Shutdown(); }

void TandemNode::Shutdown() {
  NS_LOG_FUNCTION(this);
  if (!m_running) return;
  m_running->node->shutdown();
}

bool TandemNode::Runs(const char* method) const {
  if (!m_running)
    NS_LOG_WARN(method << " does nothing: this node does not run, before its StartTime or killed");
  return m_running != nullptr;
}

void TandemNode::Dial(Ptr<TandemNode> peer) {
  CheckNamed(peer);
  NS_LOG_FUNCTION(this << peer->GetPeerId());
  if (Runs("Dial")) DialEndpoints(*peer, packet::within_reach(*GetNode(), peer->Listening()));
}

void TandemNode::DialAt(Ptr<TandemNode> peer, const std::vector<Address>& addresses) {
  CheckNamed(peer);
  NS_LOG_FUNCTION(this << peer->GetPeerId());
  std::vector<tandem::endpoint> to;
  for (const Address& address : addresses) {
    if (!InetSocketAddress::IsMatchingType(address) && !Inet6SocketAddress::IsMatchingType(address))
      throw std::invalid_argument(Place() + "DialAt takes InetSocketAddress, Inet6SocketAddress");
    to.push_back(packet::to_endpoint(address));
  }
  if (Runs("DialAt")) DialEndpoints(*peer, std::move(to));
}

void TandemNode::DialEndpoints(const TandemNode& peer, std::vector<tandem::endpoint> to) {
  if (to.empty())
    NS_LOG_WARN("no address of " << peer.GetPeerId() << " is of a family that this node has an "
                                 << "address of, on an interface that is up");
  tandem::dial_options options;
  options.addresses = std::move(to);
  m_running->node->dial(peer.Identity(), std::move(options));
}

void TandemNode::Disconnect(Ptr<TandemNode> peer) {
  CheckNamed(peer);
  NS_LOG_FUNCTION(this << peer->GetPeerId());
  if (Runs("Disconnect")) m_running->node->disconnect(peer->Identity());
}

void TandemNode::Send(Ptr<TandemNode> peer, const std::string& message) {
  CheckNamed(peer);
  NS_LOG_FUNCTION(this << peer->GetPeerId() << message.size());
  const tandem::peer_id to = peer->Identity();
  if (!m_running) return Refuse(to, "NotRunning");
  if (message.size() > m_options->message_size_max) return Refuse(to, "TooLong");
  const auto* first = reinterpret_cast<const std::byte*>(message.data());
  m_running->node->send(to, std::vector<std::byte>(first, first + message.size()),
                        [this, to](tandem::send_result result) {
                          if (result == tandem::send_result::refused) Refuse(to, "BacklogFull");
                          if (result == tandem::send_result::gone) Refuse(to, "NotConnected");
                        });
}

void TandemNode::Refuse(const tandem::peer_id& peer, const char* why) {
  NS_LOG_WARN("a message to " << to_string(peer) << " is not sent: " << why);
  m_refused(to_string(peer), why);
}

void TandemNode::Kill() {
  NS_LOG_FUNCTION(this);
  Simulator::ScheduleNow(&TandemNode::End, Ptr<TandemNode>(this));
}

void TandemNode::Restart() {
  NS_LOG_FUNCTION(this);
  Kill();
  Simulator::ScheduleNow(&TandemNode::StartApplication, Ptr<TandemNode>(this));
}

void TandemNode::End() {
  if (!m_running) return;
  m_running->node.reset();  // while its sockets can tell
  m_running.reset();
  m_active = 0;
}

void TandemNode::DoDispose() {
  m_running.reset();
  Application::DoDispose();
}

}  // namespace ns3
