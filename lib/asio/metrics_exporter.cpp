// SPDX-License-Identifier: MIT
#include "tandem/asio/metrics_exporter.hpp"

#include "metrics_server.hpp"
#include "tandem/net/node.hpp"

#include <boost/asio/io_context.hpp>

#include <stdexcept>
#include <utility>

namespace tandem {

metrics_exporter::metrics_exporter(boost::asio::io_context& context, const metrics_options& options,
                                   counters_source source, exporter_extras extras) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(options.metrics_address, error);
  if (error)
    throw std::runtime_error("metrics_address \"" + options.metrics_address +
                             "\" is no numeric IPv4 or IPv6 address");
  server_ = std::make_shared<server>(context, options, std::move(source), std::move(extras));
  if (error = server_->listen({address, options.metrics_port}); error) {
    const auto host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    throw std::runtime_error("cannot serve metrics on " + host + ":" +
                             std::to_string(options.metrics_port) + ": " + error.message() +
                             "; choose another metrics_port or metrics_address");
  }
}

metrics_exporter::~metrics_exporter() { server_->stop(); }

std::uint16_t metrics_exporter::port() const { return server_->port(); }

counters_source counters_of(node& which) {
  return [&which] { return which.snapshot(); };
}

}  // namespace tandem
