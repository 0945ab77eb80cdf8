// SPDX-License-Identifier: MIT
// Sessions on modelled streams: the upgrade costs the round trips of the protocol, to the
// nanosecond.
#include "net/session/session_fixture.hpp"
#include "tandem/sim/fabric.hpp"

#include <gmock/gmock.h>

#include <map>

namespace tandem {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

constexpr duration delay = 10ms;  // one way

/// A dialer and a listener on two hosts, `delay` apart; times of their calls in units of it.
class session_timing : public testing::Test {
 protected:
  void SetUp() override {
    sim::fabric_options options;
    between.latency = delay;
    options.links = [this](sim::host_index, sim::host_index) -> const sim::link& {
      return between;
    };
    fabric = sim::make_stream_fabric(std::move(options));
    const auto dials = fabric->add_host();
    const auto listens = fabric->add_host();
    listener_options.own = std::make_shared<credentials>(identity_of_byte(1));
    dialer_options.own = std::make_shared<credentials>(identity_of_byte(2));
    listener_options.allowed = dialer_options.allowed = {security::plaintext};
    watch(dialer, dialer_times);
    watch(listener, listener_times);
    const auto at = fabric->listen_address(listens);
    acceptor = fabric->host(listens).listen(at).value();
    acceptor->async_accept([this](error_code error, connected made) {
      ASSERT_FALSE(error);
      listener_times["arrived"] = now();
      begin(listener, direction::inbound, std::move(made.stream), listener_options);
    });
    fabric->host(dials).async_connect(at, [this](error_code error, connected made) {
      ASSERT_FALSE(error);
      dialer_times["connected"] = now();
      begin(dialer, direction::outbound, std::move(made.stream), dialer_options);
    });
  }
  void run_for(duration time) { fabric->run_until(fabric->clock().now() + time, {}); }
  /// Only for times that are a whole number of delays.
  int now() const {
    const auto since = fabric->clock().now().time_since_epoch();
    EXPECT_EQ(since % delay, 0ns);
    return static_cast<int>(since / delay);
  }

  sim::link between;
  std::unique_ptr<sim::fabric> fabric;
  session_options dialer_options, listener_options;
  std::unique_ptr<tandem::acceptor> acceptor;
  recording_owner dialer, listener;
  std::map<std::string, int> dialer_times, listener_times;

 private:
  void watch(recording_owner& owner, std::map<std::string, int>& times) {
    owner.during = [this, &times](const std::string& what) { times[what] = now(); };
  }
  void begin(recording_owner& owner, direction way, byte_stream stream,
             const session_options& options) {
    const auto conn = way == direction::outbound ? connection_id{1} : connection_id{2};
    owner.self = std::make_unique<session>(conn, way, std::move(stream), options, fabric->clock(),
                                           peer_id(), owner);
    owner.self->start();
  }
};

using times = std::map<std::string, int>;

TEST_F(session_timing, of_the_upgrade_is_three_round_trips) {
  run_for(1s);
  EXPECT_EQ(dialer_times, (times{{"connected", 2}, {"authenticated", 4}, {"ready", 6}}));
  EXPECT_EQ(listener_times, (times{{"arrived", 3}, {"authenticated", 5}, {"ready", 5}}));
  EXPECT_THAT(dialer.rtts, ElementsAre(2 * delay));
  EXPECT_THAT(listener.rtts, ElementsAre(2 * delay));
}

TEST_F(session_timing, of_a_refusal_is_read_with_the_muxers_answer) {
  listener.answers = recording_owner::answer::refuse;
  run_for(1s);
  EXPECT_EQ(dialer_times,
            (times{{"connected", 2}, {"authenticated", 4}, {"remote_refused", 6}, {"closed", 6}}));
  EXPECT_EQ(listener_times, (times{{"arrived", 3}, {"authenticated", 5}, {"closed", 7}}));
  EXPECT_EQ(dialer.remote_reason, cause::limit_reached);
  EXPECT_THAT(listener.closed, ElementsAre(cause::limit_reached));
}

TEST_F(session_timing, of_a_message_is_one_way) {
  run_for(1s);
  dialer.self->send(bytes_of("hello"));
  run_for(1s);
  EXPECT_EQ(listener_times["message"], 100 + 1);
}

TEST_F(session_timing, of_a_close_is_one_way_and_back) {
  run_for(1s);
  dialer.self->close(cause::requested);
  run_for(1s);
  EXPECT_EQ(listener_times["closed"], 100 + 1);
  EXPECT_EQ(dialer_times["closed"], 100 + 2);
  EXPECT_THAT(dialer.closed, ElementsAre(cause::requested));
  EXPECT_THAT(listener.closed, ElementsAre(cause::remote_closed));
}

}  // namespace
}  // namespace tandem
