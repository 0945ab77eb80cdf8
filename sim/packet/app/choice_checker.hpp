// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/string.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ns3 {

/// An attribute that is one of some names. Not EnumValue, which takes no names that are known at
/// run time only and differs between ns-3's versions.
class TandemChoiceChecker final : public AttributeChecker {
 public:
  explicit TandemChoiceChecker(std::vector<std::string> names) : m_names(std::move(names)) {}

  bool Check(const AttributeValue& value) const override {
    const auto* const text = dynamic_cast<const StringValue*>(&value);
    return text != nullptr &&
           std::find(m_names.begin(), m_names.end(), text->Get()) != m_names.end();
  }
  std::string GetValueTypeName() const override { return "ns3::StringValue"; }
  bool HasUnderlyingTypeInformation() const override { return true; }
  std::string GetUnderlyingTypeInformation() const override {
    std::string all;
    for (const std::string& name : m_names) all += (all.empty() ? "" : "|") + name;
    return all;
  }
  Ptr<AttributeValue> Create() const override { return ns3::Create<StringValue>(); }
  bool Copy(const AttributeValue& source, AttributeValue& destination) const override {
    const auto* const from = dynamic_cast<const StringValue*>(&source);
    auto* const to = dynamic_cast<StringValue*>(&destination);
    if (from == nullptr || to == nullptr) return false;
    *to = *from;
    return true;
  }

 private:
  std::vector<std::string> m_names;
};

}  // namespace ns3
