// SPDX-License-Identifier: MIT
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace tandem {

/// `of` in one line, for people as well: 64 and 0.25, where boost::json::serialize says 6.4E1 and
/// 2.5E-1. Read again, it is the same value, but that a number without a fraction is an integer.
std::string json_text(const boost::json::value& of);

}  // namespace tandem
