// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/string.h>

#include <functional>
#include <string>
#include <utility>

namespace ns3 {

/// An attribute that is a text of some kind, as one of some names. Not EnumValue, which takes no
/// names that are known at run time only and differs between ns-3's versions.
class TandemTextChecker final : public AttributeChecker {
 public:
  using Test = std::function<bool(const std::string&)>;
  /// `kind`: what may be written, for who reads it.
  TandemTextChecker(std::string kind, Test is) : m_kind(std::move(kind)), m_is(std::move(is)) {}

  bool Check(const AttributeValue& value) const override {
    const auto* const text = dynamic_cast<const StringValue*>(&value);
    return text != nullptr && m_is(text->Get());
  }
  std::string GetValueTypeName() const override { return "ns3::StringValue"; }
  bool HasUnderlyingTypeInformation() const override { return true; }
  std::string GetUnderlyingTypeInformation() const override { return m_kind; }
  Ptr<AttributeValue> Create() const override { return ns3::Create<StringValue>(); }
  bool Copy(const AttributeValue& source, AttributeValue& destination) const override {
    const auto* const from = dynamic_cast<const StringValue*>(&source);
    auto* const to = dynamic_cast<StringValue*>(&destination);
    if (from == nullptr || to == nullptr) return false;
    *to = *from;
    return true;
  }

 private:
  std::string m_kind;
  Test m_is;
};

}  // namespace ns3
