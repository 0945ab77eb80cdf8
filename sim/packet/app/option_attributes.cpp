// SPDX-License-Identifier: GPL-2.0-only
// Every option of the connection manager as an attribute of TandemNode.
#include "app/names.hpp"
#include "app/text_checker.hpp"
#include "tandem/core/option_table.hpp"
#include "tandem/net/node.hpp"
#include "tandem/packet/tandem-node.h"

#include <ns3/double.h>
#include <ns3/uinteger.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

namespace ns3 {

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
  return Give<StringValue>(into, std::string(field.names[field.get(from)]));
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
  const std::string name = dynamic_cast<const StringValue&>(from).Get();
  const auto found = std::find(field.names.begin(), field.names.end(), name);
  field.set(into, static_cast<std::uint8_t>(found - field.names.begin()));
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
  std::string all;
  for (const auto& name : field.names) all += (all.empty() ? "" : "|") + std::string(name);
  return Create<TandemTextChecker>(all, [&field](const std::string& text) {
    return std::find(field.names.begin(), field.names.end(), text) != field.names.end();
  });
}

}  // namespace

/// One option of the manager as an attribute.
class TandemNode::Option final : public AttributeAccessor {
 public:
  explicit Option(const tandem::option_row& row) : m_row(row) {}
  bool Set(ObjectBase* object, const AttributeValue& value) const override {
    auto& node = dynamic_cast<TandemNode&>(*object);
    auto options = node.m_options->manager;
    std::visit([&](const auto& field) { Write(options, field, value); }, m_row.field);
    return node.Become(options);
  }
  bool Get(const ObjectBase* object, AttributeValue& value) const override {
    const auto& options = dynamic_cast<const TandemNode&>(*object).m_options->manager;
    return std::visit([&](const auto& field) { return Read(options, field, value); }, m_row.field);
  }
  bool HasGetter() const override { return true; }
  bool HasSetter() const override { return true; }

 private:
  const tandem::option_row& m_row;
};

void TandemNode::AddOptions(TypeId& type) {
  for (const tandem::option_row& row : tandem::option_table()) {
    const Ptr<const AttributeChecker> checker =
        std::visit([&row](const auto& field) { return CheckerOf(row, field); }, row.field);
    const Ptr<AttributeValue> initial = checker->Create();
    std::visit([&](const auto& field) { Read({}, field, *initial); }, row.field);
    type.AddAttribute(tandem::packet::camel_case(row.name), std::string(row.doc), *initial,
                      Create<Option>(row), checker);
  }
}

}  // namespace ns3
