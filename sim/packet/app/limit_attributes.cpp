// SPDX-License-Identifier: GPL-2.0-only
// The limits that a node has beside its connection manager's as attributes of TandemNode.
#include "app/names.hpp"
#include "tandem/net/node.hpp"
#include "tandem/packet/tandem-node.h"

#include <ns3/uinteger.h>

#include <cstdint>
#include <variant>

namespace ns3 {

namespace {

using tandem::buffer_options;
using tandem::node_options;
using tandem::stream_options;

struct Row {
  const char* name;
  const char* help;
  std::variant<std::size_t node_options::*, std::uint64_t buffer_options::*,
               std::uint64_t stream_options::*>
      field;
  std::uint64_t least = 1;
  std::uint64_t most = buffer_options::most;
};
constexpr Row rows[] = {
    {"message_size_max", "Bytes of an application message, at most.",
     &node_options::message_size_max},
    {"backlog_max", "Unsent bytes of one connection, at most.", &node_options::backlog_max},
    {"address_book_max", "Peers whose addresses are remembered, at most.",
     &node_options::address_book_max},
    {"connection_buffers_max", "Bytes that the buffers of one connection take, at most.",
     &buffer_options::connection_buffers_max},
    {"buffers_max", "Bytes that the buffers of all connections take beyond their shares, at most.",
     &buffer_options::buffers_max},
    {"streams_max", "Streams of one connection that are open at once, at most.",
     &stream_options::streams_max, 1, stream_options::streams_most},
    {"receive_window", "Bytes of one stream that its peer may send before they are read.",
     &stream_options::receive_window, stream_options::window_least, stream_options::window_most},
};

// Of a node's options, const or not.
auto& In(auto& options, std::size_t node_options::*field) { return options.*field; }
auto& In(auto& options, std::uint64_t buffer_options::*field) { return options.buffers.*field; }
auto& In(auto& options, std::uint64_t stream_options::*field) { return options.streams.*field; }

}  // namespace

class TandemNode::Limit final : public AttributeAccessor {
 public:
  explicit Limit(const Row& row) : m_row(row) {}
  bool Set(ObjectBase* object, const AttributeValue& value) const override {
    const auto* const typed = dynamic_cast<const UintegerValue*>(&value);
    auto& node = dynamic_cast<TandemNode&>(*object);
    if (typed == nullptr || node.m_running) return false;
    auto& options = *node.m_options;
    std::visit([&](auto field) { In(options, field) = typed->Get(); }, m_row.field);
    return true;
  }
  bool Get(const ObjectBase* object, AttributeValue& value) const override {
    auto* const typed = dynamic_cast<UintegerValue*>(&value);
    if (typed == nullptr) return false;
    const auto& options = *dynamic_cast<const TandemNode&>(*object).m_options;
    std::visit([&](auto field) { typed->Set(In(options, field)); }, m_row.field);
    return true;
  }
  bool HasGetter() const override { return true; }
  bool HasSetter() const override { return true; }

 private:
  const Row& m_row;
};

void TandemNode::AddLimits(TypeId& type) {
  const node_options initial;
  for (const Row& row : rows) {
    const auto value = std::visit([&](auto field) { return In(initial, field); }, row.field);
    type.AddAttribute(tandem::packet::camel_case(row.name), row.help, UintegerValue(value),
                      Create<Limit>(row), MakeUintegerChecker<std::uint64_t>(row.least, row.most));
  }
}

}  // namespace ns3
