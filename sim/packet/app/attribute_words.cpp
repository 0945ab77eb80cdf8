// SPDX-License-Identifier: GPL-2.0-only
#include "app/attribute_words.hpp"

#include "app/names.hpp"
#include "tandem/packet/tandem-node.h"

#include <ns3/type-id.h>

#include <regex>

namespace tandem::packet {

std::string in_attributes(const std::string& message) {
  static const std::regex option(R"((?:node_options\.)?(?:[a-z]+\.)?([a-z]+(?:_[a-z0-9]+)+))");
  std::string out;
  auto rest = message.begin();
  for (std::sregex_iterator it(message.begin(), message.end(), option), end; it != end; ++it) {
    const auto& found = *it;
    const auto name = camel_case(found[1].str());
    ns3::TypeId::AttributeInformation ignored;
    out.append(rest, found[0].first);
    out += ns3::TandemNode::GetTypeId().LookupAttributeByName(name, &ignored) ? name : found.str();
    rest = found[0].second;
  }
  return out.append(rest, message.end());
}

}  // namespace tandem::packet
