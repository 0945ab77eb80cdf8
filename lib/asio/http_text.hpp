// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tandem {

/// The path of a request target: without its query, and without scheme and host (RFC 9112, 3.2.2).
std::string_view path_of(std::string_view target);
/// `?name=value&…` of a request target, decoded (RFC 3986, 2.1); of equal names the first.
std::map<std::string, std::string> query_of(std::string_view target);
/// Whether a client with this Accept field rather has OpenMetrics than Prometheus' own format.
bool prefers_openmetrics(std::string_view accept);

}  // namespace tandem
