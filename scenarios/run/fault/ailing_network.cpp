// SPDX-License-Identifier: MIT
#include "run/fault/ailing_network.hpp"

#include "run/behaviour/filtered_stream.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <deque>
#include <optional>
#include <utility>

namespace tandem::scenarios {

/// What one process cannot do now, and what waits for it, in the order in which it happened.
struct ailing_network::process {
  enum class step : std::uint8_t { any, read };

  bool can(step what) const { return !now.stands && !(what == step::read && now.reads_nothing); }
  /// Runs `then` as soon as the process can take this step.
  void take(step what, task then) {
    if (can(what))
      then();
    else
      waiting.emplace_back(what, std::move(then));
  }
  void go_on() {
    auto were = std::exchange(waiting, {});
    for (auto& [what, then] : were) take(what, std::move(then));
  }

  ailments now;
  std::deque<std::pair<step, task>> waiting{};
};

namespace {

using process = ailing_network::process;

/// A stream whose completions wait for the process.
class ailing_stream final : public filtered_stream {
 public:
  ailing_stream(byte_stream inner, std::shared_ptr<process> of)
      : filtered_stream(std::move(inner)), own_(std::make_shared<operations>(std::move(of))) {}
  ~ailing_stream() override { abort_waiting(); }

  void read_some(asio::mutable_buffer into, io_handler done) override {
    inner().async_read_some(into, completion(reading, std::move(done)));
  }
  void write_some(asio::const_buffer from, io_handler done) override {
    inner().async_write_some(from, completion(writing, std::move(done)));
  }
  void close() override {
    abort_waiting();
    filtered_stream::close();
  }
  void abort() override {
    abort_waiting();
    filtered_stream::abort();
  }

 private:
  enum kind : std::size_t { reading, writing };
  struct outcome {
    io_handler done;
    error_code error;
    std::size_t size = 0;
    void tell() && { asio::dispatch(asio::append(std::move(done), error, size)); }
  };
  struct operations {
    explicit operations(std::shared_ptr<process> of) : owner(std::move(of)) {}
    std::shared_ptr<process> owner;
    std::array<std::optional<outcome>, 2> over{};  // that the process has not come to yet
  };

  // What the inner stream calls: in the end it calls `done`, if the stream is not aborted before.
  io_handler completion(kind which, io_handler done) {
    const auto slot = asio::get_associated_cancellation_slot(done);
    return asio::bind_cancellation_slot(slot, [own = own_, which, done = std::move(done)](
                                                  error_code error, std::size_t size) mutable {
      auto it = outcome{std::move(done), error, size};
      if (error == asio::error::operation_aborted) return std::move(it).tell();
      own->over[which] = std::move(it);
      own->owner->take(which == reading ? process::step::read : process::step::any, [own, which] {
        if (auto it = std::exchange(own->over[which], {})) std::move(*it).tell();
      });
    });
  }
  void abort_waiting() {
    for (auto& each : own_->over)
      if (auto it = std::exchange(each, {}))
        complete(std::move(it->done), asio::error::operation_aborted, 0);
  }

  std::shared_ptr<operations> own_;
};

void finish(connect_handler done, error_code error, connected made) {
  asio::dispatch(asio::append(std::move(done), error, std::move(made)));
}

class ailing_acceptor final : public acceptor {
 public:
  ailing_acceptor(std::unique_ptr<acceptor> inner, std::shared_ptr<process> of,
                  asio::any_io_executor executor)
      : state_(std::make_shared<state>(std::move(inner), std::move(of))),
        executor_(std::move(executor)) {}
  ~ailing_acceptor() override { state_->inner.reset(); }

  endpoint local_endpoint() const override { return state_->inner->local_endpoint(); }

 private:
  struct state {
    state(std::unique_ptr<acceptor> acceptor, std::shared_ptr<process> of)
        : inner(std::move(acceptor)), owner(std::move(of)) {}

    void hand_over(connect_handler done) {
      if (owner->now.no_descriptors)
        return finish(std::move(done), asio::error::no_descriptors, connected{});
      auto made = std::move(*std::exchange(next, {}));
      made.stream = filtered<ailing_stream>(std::move(made.stream), owner);
      finish(std::move(done), error_code{}, std::move(made));
    }

    std::unique_ptr<acceptor> inner;
    std::shared_ptr<process> owner;
    std::optional<connected> next{};  // that there was no descriptor for
  };

  void accept(connect_handler done) override {
    if (state_->next) {
      asio::post(executor_, [of = state_, done = std::move(done)]() mutable {
        if (!of->inner || !of->next)
          return finish(std::move(done), asio::error::operation_aborted, connected{});
        of->hand_over(std::move(done));
      });
      return;
    }
    state_->inner->async_accept(
        [of = state_, done = std::move(done)](error_code error, connected made) mutable {
          of->owner->take(process::step::any,
                          [of, error, done = std::move(done), made = std::move(made)]() mutable {
                            if (!of->inner) error = asio::error::operation_aborted;
                            if (error) return finish(std::move(done), error, connected{});
                            of->next = std::move(made);
                            of->hand_over(std::move(done));
                          });
        });
  }

  std::shared_ptr<state> state_;
  asio::any_io_executor executor_;
};

}  // namespace

ailing_network::ailing_network(network& inner, const ailments& now)
    : inner_(inner), time_(inner.clock()), process_(std::make_shared<process>()) {
  suffer(now);
}
ailing_network::~ailing_network() {
  // The process is over: what waits for it would wait for ever, and keep what it belongs to.
  process_->now = {};
  process_->go_on();
}

void ailing_network::suffer(const ailments& now) {
  process_->now = now;
  process_->go_on();  // what has happened first, then what is due
  time_.go_ahead(now.clock_ahead);
  time_.stand_still(now.stands);
}

boost::system::result<std::unique_ptr<acceptor>> ailing_network::listen(const endpoint& local) {
  auto made = inner_.listen(local);
  if (!made) return made.error();
  return std::make_unique<ailing_acceptor>(std::move(*made), process_, inner_.executor());
}

void ailing_network::connect(const endpoint& remote, connect_handler done) {
  if (process_->now.no_descriptors) {
    asio::post(inner_.executor(),
               asio::append(std::move(done), error_code(asio::error::no_descriptors), connected{}));
    return;
  }
  const auto slot = asio::get_associated_cancellation_slot(done);
  inner_.async_connect(
      remote, asio::bind_cancellation_slot(slot, [of = process_, done = std::move(done)](
                                                     error_code error, connected made) mutable {
        of->take(process::step::any,
                 [of, error, done = std::move(done), made = std::move(made)]() mutable {
                   if (!error) made.stream = filtered<ailing_stream>(std::move(made.stream), of);
                   finish(std::move(done), error, std::move(made));
                 });
      }));
}

}  // namespace tandem::scenarios
