// SPDX-License-Identifier: GPL-2.0-only
// ns-3's configuration store writes every attribute of an application, and reads what it wrote.
#include "tandem/packet/tandem-node-helper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ns3/boolean.h>
#include <ns3/config-store.h>
#include <ns3/config.h>
#include <ns3/double.h>
#include <ns3/integer.h>
#include <ns3/node.h>
#include <ns3/simulator.h>
#include <ns3/string.h>
#include <ns3/uinteger.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace tandem::packet {
namespace {

using information = ns3::TypeId::AttributeInformation;

template <class Value>
const Value* as(const information& attribute) {
  return dynamic_cast<const Value*>(ns3::PeekPointer(attribute.initialValue));
}

/// Values that an attribute may have besides its first, as text; some are out of its bounds.
std::vector<std::string> others_of(const information& attribute) {
  std::vector<std::string> found;
  const auto around = [&found](auto first, auto step, const char* unit) {
    for (const auto each : {first + step, first + 2 * step, first - step, first - 2 * step})
      found.push_back(std::to_string(each) + unit);
  };
  if (const auto* count = as<ns3::UintegerValue>(attribute))
    around(static_cast<std::int64_t>(count->Get()), 1, "");
  if (const auto* number = as<ns3::IntegerValue>(attribute)) around(number->Get(), 1, "");
  if (const auto* ratio = as<ns3::DoubleValue>(attribute)) around(ratio->Get(), 0.0625, "");
  if (const auto* time = as<ns3::TimeValue>(attribute)) {
    const auto first = time->Get().GetNanoSeconds();  // of which ns-3 writes six digits
    around(first, first == 0 ? 1'000'000 : first / 4, "ns");
  }
  if (as<ns3::BooleanValue>(attribute)) found = {"true", "false"};
  if (as<ns3::StringValue>(attribute)) {
    if (attribute.name == "Security") return {"noise,tls", "tls"};
    if (attribute.name == "Agent") return {"a program/1", "another"};
    std::string names = attribute.checker->GetUnderlyingTypeInformation() + "|";
    for (auto end = names.find('|'); end != std::string::npos; end = names.find('|')) {
      found.push_back(names.substr(0, end));
      names.erase(0, end + 1);
    }
  }
  return found;
}

/// Sets every attribute of TandemNode to something else than it is, by `set`(name, value), which
/// says whether it could; the last that could holds.
void change_all(const std::function<bool(const std::string&, const ns3::StringValue&)>& set,
                std::size_t most) {
  const auto type = ns3::TandemNode::GetTypeId();
  for (std::size_t i = 0; i < type.GetAttributeN(); ++i) {
    const auto attribute = type.GetAttribute(i);
    const auto first = attribute.originalInitialValue->SerializeToString(attribute.checker);
    std::size_t done = 0;
    for (const std::string& other : others_of(attribute))
      if (done < most && other != first && set(attribute.name, ns3::StringValue(other))) ++done;
    EXPECT_GE(done, 1u) << attribute.name;
  }
}

ns3::Ptr<ns3::TandemNode> application() {
  return ns3::TandemNodeHelper().Install(ns3::CreateObject<ns3::Node>());
}

/// With `mode` Save or Load, and `format` RawText or Xml.
ns3::ConfigStore store(const char* mode, const char* format, const std::string& file) {
  const std::string of = "ns3::ConfigStore::";
  ns3::Config::SetDefault(of + "Mode", ns3::StringValue(mode));
  ns3::Config::SetDefault(of + "FileFormat", ns3::StringValue(format));
  ns3::Config::SetDefault(of + "Filename", ns3::StringValue(file));
  return {};
}

void save(const char* format, const std::string& file) {
  auto to = store("Save", format, file);
  to.ConfigureDefaults();
  to.ConfigureAttributes();
}

std::vector<std::string> lines_about_tandem(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> found;
  for (std::string line; std::getline(in, line);)
    if (line.find("TandemNode") != std::string::npos) found.push_back(line);
  return found;
}

struct application_store : testing::TestWithParam<const char*> {
  ~application_store() override {
    ns3::Simulator::Destroy();
    ns3::Config::Reset();
  }
};
INSTANTIATE_TEST_SUITE_P(, application_store, testing::Values("RawText", "Xml"));

TEST_P(application_store, writes_again_what_it_read) {
  const auto folder = testing::TempDir() + "tandem_store_" + GetParam();
  const std::string written = folder + "_written", again = folder + "_again";
  const auto untouched = [&] {
    application();
    save(GetParam(), written);
    ns3::Simulator::Destroy();
    return lines_about_tandem(written);
  }();
  change_all(
      [](const std::string& name, const ns3::StringValue& value) {
        return ns3::Config::SetDefaultFailSafe("ns3::TandemNode::" + name, value);
      },
      1);
  const auto node = application();
  node->SetStartTime(ns3::Seconds(1));
  node->SetStopTime(ns3::Seconds(2));
  change_all(
      [&node](const std::string& name, const ns3::StringValue& value) {
        return node->SetAttributeFailSafe(name, value);
      },
      2);
  save(GetParam(), written);
  ns3::Simulator::Destroy();
  ns3::Config::Reset();

  auto from = store("Load", GetParam(), written);
  from.ConfigureDefaults();
  application();
  from.ConfigureAttributes();
  save(GetParam(), again);

  const auto lines = lines_about_tandem(written);
  ASSERT_EQ(lines.size(), untouched.size());
  EXPECT_GE(lines.size(), 2 * ns3::TandemNode::GetTypeId().GetAttributeN());
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_NE(lines[i], untouched[i]);
  EXPECT_EQ(lines_about_tandem(again), lines);
  std::remove(written.c_str());
  std::remove(again.c_str());
}

}  // namespace
}  // namespace tandem::packet
