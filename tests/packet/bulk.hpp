// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "cloud/cloud_net_device.hpp"
#include "two_hosts.hpp"

#include <ns3/config.h>
#include <boost/asio/error.hpp>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace tandem::packet {

/// Bytes that repeat nowhere near, other ones for each seed.
inline std::string pattern(std::size_t size, std::uint32_t seed = 1) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  return text;
}

/// Flows that share the access links of two hosts: the first goes one way only, of the others every
/// second is answered with as much, and every third is read with pauses, so that its window closes.
struct bulk {
  std::uint64_t bandwidth;  ///< bit/s
  int flows;
  duration latency;
  double loss;
  duration queue;  ///< longest wait for the access link
  std::size_t bytes = 300'000;

  friend std::ostream& operator<<(std::ostream& out, const bulk& b) {
    return out << b.bandwidth / 1000 << " kbit/s, " << b.flows << " flows, " << b.latency / 1ms
               << " ms, loss " << b.loss * 100 << " %, queue " << b.queue / 1ms << " ms";
  }
};

/// Reads `chunk` bytes at most, then pauses; ends at the first error.
class pausing_sink {
 public:
  pausing_sink(byte_stream& from, tandem::clock& clock, duration pause)
      : from_(from), clock_(clock), pause_(pause) {
    next();
  }

  std::string bytes;
  std::optional<error_code> end;

 private:
  void next() {
    from_.async_read_some(asio::buffer(buffer_), [this](error_code e, std::size_t n) {
      bytes.append(buffer_, n);
      if (e)
        end = e;
      else if (pause_ == duration{})
        next();
      else
        clock_.at(clock_.now() + pause_, [this] { next(); });
    });
  }

  byte_stream& from_;
  tandem::clock& clock_;
  const duration pause_;
  char buffer_[16384];
};

/// Runs the flows until both ends of each read the other's end or, at `limit`, not; says what did
/// not arrive, nothing if all did. A sender may give up where the queue holds no packet of full
/// size: flows that retry together lose to the same one each time. What came is then a beginning.
class bulk_run {
 public:
  explicit bulk_run(const bulk& what, std::uint64_t seed = 1,
                    const sim::tcp_profile& tcp = sim::linux_legacy())
      : what_(what) {
    ns3::Config::SetDefault("ns3::TandemCloudNetDevice::QueueMax",
                            ns3::TimeValue(ns3::NanoSeconds(what.queue.count())));
    net_ = std::make_unique<two_hosts>(
        sim::link{.latency = what.latency, .bandwidth = what.bandwidth, .loss = what.loss}, seed,
        tcp);
    ns3::Config::Reset();
    net_->listen();
  }

  std::string operator()(duration limit = 6h) {
    for (int i = 0; i < what_.flows; ++i)
      if (!connect()) return "no connection " + std::to_string(i) + '\n';
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      begin(*flows_[i], i);
      step(257ms);  // flows that begin at once retry at once, and the same one is always first
    }
    const time_point deadline = net_->now() + limit;
    while (shut_down() && net_->now() < deadline) step(1s);
    std::string wrong;
    for (std::size_t i = 0; i < flows_.size(); ++i) {
      const flow& f = *flows_[i];
      const std::string name = "flow " + std::to_string(i);
      wrong += compare(name + " to the server", *f.server, f.request);
      wrong += compare(name + " to the dialer", *f.dialer, f.answer);
    }
    return wrong;
  }

  time_point now() { return net_->now(); }
  std::uint64_t packets() const { return net_->packets(); }

 private:
  struct flow {
    byte_stream dialer_end, server_end;
    std::string request, answer;
    std::unique_ptr<source> dialer_out, server_out;
    std::unique_ptr<pausing_sink> dialer, server;
  };

  void step(duration by) { net_->run(net_->now() - start + by); }

  bool connect() {  // one after the other: pairs the ends
    net_->dialed.reset(), net_->accepted.reset();
    net_->accept();
    net_->dial();
    while (!net_->dialed || !net_->accepted) step(10ms);
    flows_.push_back(std::make_unique<flow>());
    flows_.back()->dialer_end = std::move(net_->dialer_end);
    flows_.back()->server_end = std::move(net_->server_end);
    return !net_->dialed->what && !net_->accepted->what;
  }

  void begin(flow& f, std::size_t i) {
    tandem::clock& clock = net_->fabric->clock();
    f.request = pattern(what_.bytes, static_cast<std::uint32_t>(i));
    if (i % 2 == 1) f.answer = pattern(what_.bytes, static_cast<std::uint32_t>(i + 1000));
    f.server = std::make_unique<pausing_sink>(f.server_end, clock, i % 3 == 2 ? 1s : 0s);
    f.dialer = std::make_unique<pausing_sink>(f.dialer_end, clock, 0s);
    f.dialer_out = std::make_unique<source>(f.dialer_end, clock, f.request);
    f.server_out = std::make_unique<source>(f.server_end, clock, f.answer);
  }

  /// Ends the sending of what has been written; false when all is read.
  bool shut_down() {
    bool reading = false;
    for (const auto& f : flows_) {
      if (f->dialer_out->end) f->dialer_end.shutdown_send();
      if (f->server_out->end) f->server_end.shutdown_send();
      reading |= !f->server->end || !f->dialer->end;
    }
    return reading;
  }

  std::string compare(const std::string& name, const pausing_sink& in,
                      const std::string& sent) const {
    const bool ended = in.end && *in.end == asio::error::eof;
    if (ended && in.bytes == sent) return {};
    const bool prefix = sent.starts_with(in.bytes);
    if (!ended && prefix && what_.queue < serialization(1500, what_.bandwidth)) return {};
    return name + ": " + std::to_string(in.bytes.size()) + " of " + std::to_string(sent.size()) +
           (prefix ? " bytes, " : " bytes, others than were sent, ") +
           (in.end ? in.end->message() : "no end") + '\n';
  }

  const bulk what_;
  std::unique_ptr<two_hosts> net_;
  std::vector<std::unique_ptr<flow>> flows_;
};

}  // namespace tandem::packet
