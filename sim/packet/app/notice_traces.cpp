// SPDX-License-Identifier: GPL-2.0-only
// Every notification of the node as a trace source of TandemNode.
#include "app/names.hpp"
#include "seam/addresses.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/packet/tandem-node.h"

#include <ns3/trace-source-accessor.h>

#include <array>
#include <string>

namespace ns3 {

namespace {

constexpr std::array<const char*, tandem::notices_count> help{
    "The first attempt of a dial began.",
    "A dial has its connection.",
    "A dial failed.",
    "One address of a dial failed; the dial may go on.",
    "An address had no turn in the dial that fails next; the next dials begin with it.",
    "A connection is ready.",
    "An established connection ended.",
    "A connection ended before it was ready.",
    "This node refused a connection.",
    "The peer refused and said why.",
    "A peer failed and is not dialled before its backoff ends.",
    "A peer failed so often that it is left alone.",
    "One dial may try whether such a peer is back.",
    "Such a peer is back.",
    "Several peers in a row failed: this node is taken to be offline.",
    "This node is online again.",
    "This node shuts down.",
};

}  // namespace

/// The trace source of one kind of notification.
class TandemNode::Told final : public TraceSourceAccessor {
 public:
  explicit Told(std::size_t notice) : m_notice(notice) {}
  bool ConnectWithoutContext(ObjectBase* object, const CallbackBase& callback) const override {
    Of(object).ConnectWithoutContext(callback);
    return true;
  }
  bool Connect(ObjectBase* object, std::string context,
               const CallbackBase& callback) const override {
    Of(object).Connect(callback, context);
    return true;
  }
  bool DisconnectWithoutContext(ObjectBase* object, const CallbackBase& callback) const override {
    Of(object).DisconnectWithoutContext(callback);
    return true;
  }
  bool Disconnect(ObjectBase* object, std::string context,
                  const CallbackBase& callback) const override {
    Of(object).Disconnect(callback, context);
    return true;
  }

 private:
  EventTrace& Of(ObjectBase* object) const {
    return dynamic_cast<TandemNode&>(*object).m_told[m_notice];
  }

  std::size_t m_notice;
};

void TandemNode::AddNotices(TypeId& type) {
  for (std::size_t i = 0; i < tandem::notices_count; ++i) {
    const auto name = name_of(static_cast<tandem::notice>(i));
    type.AddTraceSource(tandem::packet::camel_case(name), help[i], Create<Told>(i),
                        "ns3::TandemNode::EventTracedCallback");
  }
  type.AddTraceSource("Notification", "Whatever the node tells, with all that it knows of it.",
                      MakeTraceSourceAccessor(&TandemNode::m_notification),
                      "ns3::TandemNode::NotificationTracedCallback");
}

void TandemNode::Tell(const tandem::notification& what) {
  const std::string peer = to_string(what.peer);
  const std::string cause(name_of(what.why));
  m_told[static_cast<std::size_t>(what.kind)](peer, cause);
  if (m_notification.IsEmpty()) return;
  TandemNotification all;
  all.kind = tandem::packet::camel_case(name_of(what.kind));
  all.cause = cause;
  all.text = describe(what);
  all.peer = peer;
  all.inbound = what.way == tandem::direction::inbound;
  all.connection = static_cast<std::uint64_t>(what.conn);
  all.request = static_cast<std::uint64_t>(what.request);
  all.current = what.current;
  all.limit = what.limit;
  all.failures = what.failures;
  all.ceiling = NanoSeconds(what.ceiling.count());
  if (what.until != tandem::never) all.until = NanoSeconds(what.until.time_since_epoch().count());
  if (what.where != tandem::endpoint{}) all.where = tandem::packet::to_address(what.where);
  all.untried = what.untried;
  m_notification(all);
}

}  // namespace ns3
