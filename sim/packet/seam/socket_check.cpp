// SPDX-License-Identifier: GPL-2.0-only
#include "seam/socket_check.hpp"

#include "seam/rehearsed_pair.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>

#include <chrono>

namespace tandem::packet {

namespace {

using namespace std::chrono_literals;
namespace error = boost::asio::error;

// The timeout is the smoothed round trip and 200 ms; a delayed acknowledgement adds 40 ms at most.
constexpr duration again_least = round_trip + 200ms, again_most = again_least + 40ms;
// As long as an end tries whose words nobody acknowledges, fifteen times at up to a minute.
constexpr duration patience = 30min;
// More bytes than leave at once: the last of them take the FIN along.
constexpr std::size_t more_than_a_burst = 15'000;

/// What the two hosts say to each other, one thing after the other.
class rehearsal {
 public:
  explicit rehearsal(const rehearsed_pair::maker& make) : pair_(make) {}

  std::vector<std::string> faults() {
    refusal();
    dial_given_up();
    if (auto* const talk = conversation()) {
      lost_segment(*talk);
      last_words(*talk, false);
      last_words(heard_by_server(), true);
      reset(repeated_syn_ack());
      unknown_connection();
      ends_that_cross();
      for (const bool crossing : {false, true}) end_alone_lost(crossing);
      for (auto* const half : {&repeated_end(), &pair_.connected()}) half_closed(*half);
      closing_unread();
      nobody_answers();
    }
    return found_;
  }

 private:
  void expect(const char* what, bool holds) {
    if (!holds && (found_.empty() || found_.back() != what)) found_.emplace_back(what);
  }
  bool quiet_for(duration time) {
    const auto before = pair_.packets();
    pair_.run(time);
    return pair_.packets() == before;
  }

  struct dialed {
    std::optional<error_code> what;
    time_point at{};
  };
  auto outcome(dialed& into) {
    return [this, &into](error_code e, connected) { into = {e, pair_.now()}; };
  }

  void refusal() {
    auto nobody = pair_.listening();
    ++nobody.port;
    const time_point asked = pair_.now();
    pair_.fabric().host(0).async_connect(nobody, outcome(refused_));
    pair_.run(1s);
    expect("a SYN to a port where nobody listens is refused after one round trip",
           refused_.what == error::connection_refused && refused_.at == asked + round_trip);
  }
  void dial_given_up() {
    boost::asio::cancellation_signal stop;
    const auto before = pair_.packets();
    pair_.cut(true);
    pair_.fabric().host(0).async_connect(
        pair_.listening(), boost::asio::bind_cancellation_slot(stop.slot(), outcome(given_up_)));
    pair_.run(100ms);
    stop.emit(boost::asio::cancellation_type::terminal);
    pair_.run(5min);
    pair_.cut(false);
    expect("a dial that is given up says nothing more",
           given_up_.what == error::operation_aborted && pair_.packets() == before + 1);
  }

  /// Null when there is no connection for the rest.
  rehearsed_connection* conversation() {
    const time_point asked = pair_.now();
    auto& c = pair_.connected();
    expect("a connection is there after one round trip",
           c.dialer.since == asked + round_trip && c.server.since == asked + round_trip + one_way);
    return c.dialer.since && c.server.since ? &c : nullptr;
  }
  void lost_segment(rehearsed_connection& c) {
    for (auto* const end : {&c.dialer, &c.server}) pair_.hear(*end);
    std::size_t heard = 0;
    const auto say = [&](duration time) {
      pair_.say(c.dialer, 100);
      heard += 100;
      pair_.run(time);
    };
    for (int i = 0; i < 6; ++i) {  // answers acknowledge what they answer
      say(one_way + 1us);
      pair_.say(c.server, 100);
      pair_.run(5s);
    }
    const time_point sent = pair_.now();
    pair_.cut(true);
    say(100ms);
    pair_.cut(false);
    pair_.run(1min);
    expect("a lost segment is sent again a round trip and 200 ms later",
           c.server.heard == heard && c.server.heard_at >= sent + again_least + one_way &&
               c.server.heard_at <= sent + again_most + one_way);
  }
  rehearsed_connection& heard_by_server() {
    auto& c = pair_.connected();
    pair_.hear(c.server);
    return c;
  }
  /// `answers`: the other end is over before.
  void last_words(rehearsed_connection& c, bool answers) {
    if (answers) c.server.stream.shutdown_send();
    pair_.run(1s);
    const std::size_t before = c.server.heard;
    pair_.say(c.dialer, more_than_a_burst);
    c.dialer.stream.shutdown_send();
    pair_.run(2s);
    expect("a FIN that comes with data ends the stream after the data, and is said once",
           c.server.heard == before + more_than_a_burst && c.server.ended == error::eof &&
               quiet_for(50s));
  }

  rehearsed_connection& repeated_syn_ack() {
    auto& c = pair_.connecting();
    pair_.run(round_trip - 1ms);
    pair_.cut(0, true);
    pair_.run(2ms);
    pair_.cut(0, false);
    pair_.run(5s);
    expect("a SYN+ACK that comes again is acknowledged again", c.server.since.has_value());
    return c;
  }
  void reset(rehearsed_connection& c) {
    if (!c.dialer.since) return;
    if (!c.server.since) return c.dialer.stream.abort();
    pair_.hear(c.dialer);
    c.server.stream.abort();
    pair_.run(1s);
    expect("a reset is told from an end", c.dialer.ended == error::connection_reset);
  }
  void unknown_connection() {
    auto& c = pair_.connected();
    pair_.hear(c.dialer);
    pair_.cut(1, true);
    c.server.stream.abort();
    pair_.run(1s);
    pair_.cut(1, false);
    pair_.say(c.dialer, 100);
    pair_.run(round_trip + 1ms);
    expect("a segment of no connection is reset where somebody listens",
           c.dialer.ended == error::connection_reset);
  }

  void ends_that_cross() {
    auto& c = pair_.connected();
    for (auto* const end : {&c.dialer, &c.server}) {
      pair_.hear(*end);
      pair_.say(*end, more_than_a_burst);
      end->stream.shutdown_send();
    }
    pair_.run(2s);
    bool ended = true;
    for (const auto* const end : {&c.dialer, &c.server})
      ended = ended && end->heard == more_than_a_burst && end->ended == error::eof;
    expect("FINs with data that cross end both streams, and are said once",
           ended && quiet_for(2min));
  }
  void end_alone_lost(bool crossing) {
    auto& c = pair_.connected();
    pair_.hear(c.server);
    pair_.hear(c.dialer);
    if (!crossing) c.server.stream.shutdown_send();
    pair_.run(1s);
    pair_.say(c.dialer, 100);
    pair_.run(1ms);
    pair_.cut(0, true);
    c.dialer.stream.shutdown_send();
    if (crossing) c.server.stream.shutdown_send();
    pair_.run(1ms);
    pair_.cut(0, false);
    pair_.run(10s);
    expect("a FIN that alone was lost is sent again, whatever else is acknowledged",
           c.server.ended == error::eof && c.dialer.ended == error::eof);
  }
  rehearsed_connection& repeated_end() {
    auto& c = pair_.connected();
    const auto before = pair_.packets();
    pair_.cut(1, true);
    c.dialer.stream.shutdown_send();
    pair_.run(one_way + 1ms);
    pair_.cut(1, false);
    pair_.run(2min);
    expect("a FIN that comes again is acknowledged again", pair_.packets() == before + 4);
    return c;
  }
  void half_closed(rehearsed_connection& c) {
    c.dialer.stream.close();
    bool taken = true;
    for (const duration wait : {20s, 20s, 60s}) {
      pair_.run(wait);
      for (int twice = 0; twice < 2; ++twice) {  // the first may be answered by a reset
        pair_.say(c.server, 100);
        pair_.run(1s);
      }
      taken = taken && (c.server.failed == error_code()) == (wait != 60s);
    }
    expect("who closed waits a minute for the other's end, and then knows nothing of it", taken);
  }
  void closing_unread() {
    auto& c = pair_.connected();
    pair_.hear(c.dialer);
    pair_.say(c.dialer, 100);
    pair_.run(1s);
    c.server.stream.close();
    pair_.run(1s);
    pair_.say(c.dialer, more_than_window);
    pair_.run(2s);
    expect("who closes with bytes unread ends in order and takes what still comes",
           c.dialer.ended == error::eof && c.dialer.failed == error_code() &&
               c.dialer.stream.progress().unacknowledged == 0);
  }

  /// False: it is so large that it did not close.
  bool window_that_closes(rehearsed_connection& c) {
    const auto unacknowledged = [&c] { return c.dialer.stream.progress().unacknowledged; };
    pair_.say(c.dialer, more_than_window);
    pair_.run(1s);
    const bool first = unacknowledged() != 0;
    pair_.hear(c.server, more_than_window / 2);
    pair_.run(1s);  // before a probe
    expect("what waits for a window that was closed arrives as soon as it is read",
           unacknowledged() == 0);
    pair_.say(c.dialer, more_than_window);
    pair_.run(1s);
    pair_.hear(c.server, 1000);  // not worth an update; the next probe hears of it
    pair_.run(1min);
    const bool again = unacknowledged() != 0;
    expect("a window that is too small for a segment is probed", !again || !quiet_for(2min));
    return first && again;
  }
  void nobody_answers() {
    auto &told = pair_.connected(), &ended = pair_.connected(), &small = pair_.connected();
    const bool closed = window_that_closes(small);
    pair_.cut(true);
    pair_.say(told.dialer, 100);
    ended.dialer.stream.shutdown_send();
    for (auto* const c : {&told, &ended, &small}) pair_.hear(c->dialer);
    pair_.run(patience);
    expect("what nobody acknowledges times out, and the reason stays", timed_out(told.dialer));
    expect("a FIN that nobody acknowledges times out where the other end is heard",
           timed_out(ended.dialer));
    expect("probes of a window that nobody answers time out", !closed || timed_out(small.dialer));
    expect("who gave up is silent", quiet_for(patience));

    for (auto* const c : {&told, &ended, &small}) c->dialer.stream.abort();
    pair_.cut(false);
    auto& left = pair_.connected();
    pair_.cut(true);
    left.dialer.stream.close();
    pair_.run(20min);
    expect("a FIN that nobody answers is not repeated for ever", quiet_for(20min));
  }
  bool timed_out(rehearsed_end& end) {
    if (end.ended != error::timed_out) return false;
    end.ended.reset();
    pair_.hear(end);
    pair_.run(1ms);
    return end.ended == error::timed_out;
  }

  rehearsed_pair pair_;
  dialed refused_, given_up_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> socket_faults(
    const std::function<std::unique_ptr<sim::fabric>(sim::fabric_options)>& make) {
  return rehearsal(make).faults();
}

}  // namespace tandem::packet
