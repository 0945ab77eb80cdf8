// SPDX-License-Identifier: GPL-2.0-only
#include "tandem/packet/tandem-node.h"

#include "engine/loop.hpp"
#include "seam/addresses.hpp"
#include "seam/host_network.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/node.hpp"

#include <ns3/double.h>
#include <ns3/enum.h>
#include <ns3/integer.h>
#include <ns3/ipv4.h>
#include <ns3/node.h>
#include <ns3/trace-source-accessor.h>
#include <ns3/uinteger.h>

#include <cctype>
#include <stdexcept>
#include <string>
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

using tandem::manager_options;
using count_field = std::uint64_t manager_options::*;
using ratio_field = double manager_options::*;
using time_field = tandem::duration manager_options::*;

// The value of one option of a manager as an attribute's, and the other way round. False: the
// attribute's is of another type, and ns-3 asks again for its own.
template <class Value>
bool Give(AttributeValue& into, const auto& value) {
  auto* const typed = dynamic_cast<Value*>(&into);
  if (typed != nullptr) typed->Set(value);
  return typed != nullptr;
}
bool Read(const manager_options& from, count_field field, AttributeValue& into) {
  return Give<UintegerValue>(into, from.*field);
}
bool Read(const manager_options& from, ratio_field field, AttributeValue& into) {
  return Give<DoubleValue>(into, from.*field);
}
bool Read(const manager_options& from, time_field field, AttributeValue& into) {
  return Give<TimeValue>(into, NanoSeconds((from.*field).count()));
}
bool Read(const manager_options& from, const tandem::option_choice& field, AttributeValue& into) {
  return Give<EnumValue>(into, field.get(from));
}
void Write(manager_options& into, count_field field, const AttributeValue& from) {
  into.*field = dynamic_cast<const UintegerValue&>(from).Get();
}
void Write(manager_options& into, ratio_field field, const AttributeValue& from) {
  into.*field = dynamic_cast<const DoubleValue&>(from).Get();
}
void Write(manager_options& into, time_field field, const AttributeValue& from) {
  into.*field = tandem::duration(dynamic_cast<const TimeValue&>(from).Get().GetNanoSeconds());
}
void Write(manager_options& into, const tandem::option_choice& field, const AttributeValue& from) {
  field.set(into, static_cast<std::uint8_t>(dynamic_cast<const EnumValue&>(from).Get()));
}

// What an attribute may be, in the range of the option.
Ptr<const AttributeChecker> CheckerOf(const tandem::option_row& row, count_field) {
  return MakeUintegerChecker<std::uint64_t>(static_cast<std::uint64_t>(row.least),
                                            static_cast<std::uint64_t>(row.most));
}
Ptr<const AttributeChecker> CheckerOf(const tandem::option_row& row, ratio_field) {
  return MakeDoubleChecker<double>(row.least, row.most);
}
Ptr<const AttributeChecker> CheckerOf(const tandem::option_row& row, time_field) {
  return MakeTimeChecker(Seconds(row.least), Seconds(row.most));
}
Ptr<const AttributeChecker> CheckerOf(const tandem::option_row&,
                                      const tandem::option_choice& field) {
  const auto checker = Create<EnumChecker>();
  for (std::size_t i = 0; i < field.names.size(); ++i)
    checker->Add(static_cast<int>(i), std::string(field.names[i]));
  return checker;
}

/// `max_connections` as ns-3 writes it: `MaxConnections`.
std::string AttributeName(std::string_view option) {
  std::string name;
  for (std::size_t i = 0; i < option.size(); ++i)
    if (option[i] != '_')
      name +=
          i == 0 || option[i - 1] == '_' ? static_cast<char>(std::toupper(option[i])) : option[i];
  return name;
}

}  // namespace

/// One option of the manager as an attribute.
class TandemNode::Option final : public AttributeAccessor {
 public:
  explicit Option(const tandem::option_row& row) : m_row(row) {}
  static void AddTo(TypeId& type, const tandem::option_row& row) {
    const Ptr<const AttributeChecker> checker =
        std::visit([&row](const auto& field) { return CheckerOf(row, field); }, row.field);
    const Ptr<AttributeValue> initial = checker->Create();
    std::visit([&](const auto& field) { Read({}, field, *initial); }, row.field);
    type.AddAttribute(AttributeName(row.name), std::string(row.doc), *initial, Create<Option>(row),
                      checker);
  }

  bool Set(ObjectBase* object, const AttributeValue& value) const override {
    auto& options = *dynamic_cast<TandemNode&>(*object).m_options;
    std::visit([&](const auto& field) { Write(options, field, value); }, m_row.field);
    return true;
  }
  bool Get(const ObjectBase* object, AttributeValue& value) const override {
    const auto& options = *dynamic_cast<const TandemNode&>(*object).m_options;
    return std::visit([&](const auto& field) { return Read(options, field, value); }, m_row.field);
  }
  bool HasGetter() const override { return true; }
  bool HasSetter() const override { return true; }

 private:
  const tandem::option_row& m_row;
};

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
    for (const auto& row : tandem::option_table()) Option::AddTo(type, row);
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

TandemNode::TandemNode() : m_options(std::make_unique<manager_options>()) {}
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

void TandemNode::StartApplication() {
  tandem::node_options options;
  options.manager = *m_options;
  options.self = tandem::identity::of_node(m_seed, Index());
  options.seed = m_seed ^ Index();
  options.security = {tandem::security::plaintext};
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
