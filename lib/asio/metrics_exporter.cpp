// SPDX-License-Identifier: MIT
#include "tandem/asio/metrics_exporter.hpp"

#include "tandem/net/metrics.hpp"
#include "tandem/net/node.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <future>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tandem {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using tcp = boost::asio::ip::tcp;

// A silent client holds a thread of the server until the timeout. As many threads as the library's
// default; with its timeout of 30 s two clients would keep Prometheus out. A scraper asks at once.
constexpr const char* threads = "2";
constexpr const char* request_timeout = "1000";

MetricFamily family(std::string_view name, std::string_view help, metric_kind kind) {
  MetricFamily out;
  out.name = name;
  out.help = help;
  out.type = kind == metric_kind::gauge ? MetricType::Gauge : MetricType::Counter;
  return out;
}

void add(MetricFamily& to, double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric sample;
  sample.label = std::move(labels);
  (to.type == MetricType::Gauge ? sample.gauge.value : sample.counter.value) = value;
  to.metric.push_back(std::move(sample));
}

// Beside the documented ones: what the core does about overload and trouble.
using c = manager_counters;
constexpr metric_row own_rows[] = {
    {"icn_p2p_slot_drift", metric_kind::gauge, &c::slot_drift,
     "Permits issued - released - held by connections, without sign; not 0 is a bug."},
    {"icn_p2p_pending_inbound", metric_kind::gauge, &c::pending_inbound,
     "Accepted connections that are not ready yet."},
    {"icn_p2p_pending_outbound", metric_kind::gauge, &c::pending_outbound,
     "Attempts and dialled connections that are not ready yet."},
    {"icn_p2p_evictions_total", metric_kind::counter, &c::evicted_total,
     "Connections closed to make room, or for churn."},
    {"icn_p2p_offline", metric_kind::gauge, &c::offline,
     "1 while this node takes itself to be offline."},
    {"icn_p2p_remembered_peers", metric_kind::gauge, &c::remembered_peers,
     "Peers with a failure record."},
};

class collectable final : public prometheus::Collectable {
 public:
  explicit collectable(counters_source source) : source_(std::move(source)) {}

  std::vector<MetricFamily> Collect() const override {
    const auto counters = source_();
    if (!counters) return {};
    std::vector<MetricFamily> out;
    for (const auto& row : metric_table()) {
      out.push_back(family(row.name, row.help, row.kind));
      add(out.back(), static_cast<double>((*counters).*row.field));
    }
    out.push_back(family("icn_p2p_refusals_total", "Refusals by this node, by reason.",
                         metric_kind::counter));
    for (const auto& row : causes())
      if (is_refusal(row.value))
        add(out.back(), static_cast<double>(counters->refused[static_cast<std::size_t>(row.value)]),
            {{"reason", std::string(row.name)}});
    for (const auto& row : own_rows) {
      out.push_back(family(row.name, row.help, row.kind));
      add(out.back(), static_cast<double>((*counters).*row.field));
    }
    return out;
  }

 private:
  counters_source source_;
};

/// Why nobody can listen there: the web server does not tell.
std::string reason_against(const tcp::endpoint& at) {
  boost::asio::io_context context;
  tcp::acceptor probe(context);
  boost::system::error_code error;
  probe.open(at.protocol(), error);
  if (!error) probe.set_option(boost::asio::socket_base::reuse_address(true), error);
  if (!error) probe.bind(at, error);
  if (!error) probe.listen(1, error);
  return error ? error.message() : "the web server did not start";
}

/// Stops the server. Its accepting thread looks only every 2 s whether it should stop, unless
/// someone connects (civetweb, SOCKET_TIMEOUT_QUANTUM): meanwhile this thread's connections wake
/// it.
void stop(std::unique_ptr<prometheus::Exposer> server, const tcp::endpoint& at) {
  auto stopped = std::async(std::launch::async, [&server] { server.reset(); });
  boost::asio::io_context context;
  do {
    tcp::socket wake(context);
    boost::system::error_code ignored;
    wake.connect(at, ignored);
  } while (stopped.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready);
}

}  // namespace

struct metrics_exporter::state {
  std::shared_ptr<collectable> numbers;
  std::unique_ptr<prometheus::Exposer> server;
  tcp::endpoint at;
};

metrics_exporter::metrics_exporter(const metrics_options& options, counters_source source)
    : state_(std::make_unique<state>()) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(options.metrics_address, error);
  if (error)
    throw std::runtime_error("metrics_address \"" + options.metrics_address +
                             "\" is no numeric IPv4 or IPv6 address");
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  const std::string at = host + ":" + std::to_string(options.metrics_port);
  try {
    state_->server = std::make_unique<prometheus::Exposer>(std::vector<std::string>{
        "listening_ports", at, "num_threads", threads, "request_timeout_ms", request_timeout});
  } catch (const std::exception&) {
    throw std::runtime_error("cannot serve metrics on " + at + ": " +
                             reason_against({address, options.metrics_port}) +
                             "; choose another metrics_port or metrics_address");
  }
  state_->numbers = std::make_shared<collectable>(std::move(source));
  state_->server->RegisterCollectable(state_->numbers);
  state_->at = {address, port()};
}

metrics_exporter::~metrics_exporter() { stop(std::move(state_->server), state_->at); }

std::uint16_t metrics_exporter::port() const {
  const auto ports = state_->server->GetListeningPorts();
  return ports.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(ports.front());
}

counters_source counters_of(node& which, std::chrono::milliseconds patience) {
  return [&which, patience]() -> std::optional<manager_counters> {
    auto answer = which.counters();
    if (answer.wait_for(patience) != std::future_status::ready) return std::nullopt;
    try {
      return answer.get();
    } catch (const std::future_error&) {
      return std::nullopt;  // the loop is gone
    }
  };
}

}  // namespace tandem
