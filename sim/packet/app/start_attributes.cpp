// SPDX-License-Identifier: GPL-2.0-only
// What a TandemNode is besides its options as attributes, which hold from its StartTime on.
#include "app/text_checker.hpp"
#include "tandem/net/node.hpp"
#include "tandem/packet/tandem-node.h"

#include <ns3/boolean.h>
#include <ns3/integer.h>
#include <ns3/uinteger.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace ns3 {

namespace {

bool IsSecurity(const std::string& text) {
  try {
    return !tandem::parse_securities(text).empty();
  } catch (const std::invalid_argument&) {
    return false;
  }
}

bool IsAgent(const std::string& text) {
  constexpr std::size_t most = 128;  // peers keep no more
  return text.size() <= most;
}

}  // namespace

/// A field of the application that its node is made with: it is refused another value while that
/// runs.
class TandemNode::AtStart final : public AttributeAccessor {
 public:
  explicit AtStart(Ptr<const AttributeAccessor> field) : m_field(std::move(field)) {}
  bool Set(ObjectBase* object, const AttributeValue& value) const override {
    return !dynamic_cast<TandemNode&>(*object).m_running && m_field->Set(object, value);
  }
  bool Get(const ObjectBase* object, AttributeValue& value) const override {
    return m_field->Get(object, value);
  }
  bool HasGetter() const override { return true; }
  bool HasSetter() const override { return true; }

 private:
  Ptr<const AttributeAccessor> m_field;
};

void TandemNode::AddStart(TypeId& type) {
  using Self = TandemNode;
  const auto add = [&type](const char* name, const char* help, const AttributeValue& initial,
                           Ptr<const AttributeAccessor> field, Ptr<const AttributeChecker> is) {
    type.AddAttribute(name, help, initial, Create<AtStart>(std::move(field)), std::move(is));
  };
  add("Port", "Port it listens on; 0: it only dials.", UintegerValue(4001),
      MakeUintegerAccessor(&Self::m_port), MakeUintegerChecker<std::uint16_t>());
  add("Seed", "Seed of the identity and of the policy.", UintegerValue(1),
      MakeUintegerAccessor(&Self::m_seed), MakeUintegerChecker<std::uint64_t>());
  add("NodeIndex",
      "Which identity of the seed; -1: that of the ns-3 node, another for each further TandemNode "
      "on it.",
      IntegerValue(-1), MakeIntegerAccessor(&Self::m_index), MakeIntegerChecker<std::int64_t>(-1));
  add("Security", "How connections may be secured, the preferred first, with commas.",
      StringValue("plaintext"), MakeStringAccessor(&Self::m_security),
      Create<TandemTextChecker>("tls,noise,plaintext", IsSecurity));
  add("IdentifyDialled", "Whether each peer that was dialled is asked who it is.",
      BooleanValue(false), MakeBooleanAccessor(&Self::m_identifies), MakeBooleanChecker());
  add("Agent", "The program and its version, as peers are told that ask who it is.",
      StringValue(tandem::node_options().agent), MakeStringAccessor(&Self::m_agent),
      Create<TandemTextChecker>("at most 128 bytes", IsAgent));
}

}  // namespace ns3
