// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/campaign/statistics.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace tandem::scenarios {

using table_row = std::vector<std::string>;

/// Columns as wide as their widest cell, a line for each row.
std::string aligned(const std::vector<table_row>& rows);

/// Four digits; a whole number as it is.
std::string short_number(double value);
/// `0.6772 +- 0.041`, or the mean alone where nothing is unsure.
std::string text_of(const interval& of);
boost::json::object object_of(const interval& of);

}  // namespace tandem::scenarios
