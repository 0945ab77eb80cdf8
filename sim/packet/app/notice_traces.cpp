// SPDX-License-Identifier: GPL-2.0-only
// Every notification of the node as a trace source of TandemNode.
#include "app/names.hpp"
#include "tandem/core/actions.hpp"
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
}

}  // namespace ns3
