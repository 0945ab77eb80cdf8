// SPDX-License-Identifier: MIT
#include "run/behaviour/misbehaving_network.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/dispatch.hpp>

#include <utility>

namespace tandem::scenarios {
namespace {

void finish(connect_handler done, error_code error, connected made) {
  asio::dispatch(asio::append(std::move(done), error, std::move(made)));
}

class misbehaving_acceptor final : public acceptor {
 public:
  misbehaving_acceptor(std::unique_ptr<acceptor> inner, std::shared_ptr<misbehaving> node,
                       tandem::clock& time)
      : state_(std::make_shared<state>(state{std::move(inner), std::move(node), time})) {}
  ~misbehaving_acceptor() override { state_->inner.reset(); }

  endpoint local_endpoint() const override { return state_->inner->local_endpoint(); }

 private:
  struct state {
    std::unique_ptr<acceptor> inner;
    std::shared_ptr<misbehaving> node;
    tandem::clock& time;
  };

  void accept(connect_handler done) override {
    if (state_->node->accepts())
      next(state_, std::move(done));
    else
      never_.swap(done);  // move assignment of Boost 1.81 recurses without end
  }

  static void next(std::shared_ptr<state> of, connect_handler done) {
    auto& inner = *of->inner;
    inner.async_accept([of = std::move(of), done = std::move(done)](error_code error,
                                                                    connected made) mutable {
      if (error || !of->inner) return finish(std::move(done), error, std::move(made));
      if (!of->node->takes()) {
        made.stream.abort();
        return next(std::move(of), std::move(done));
      }
      made.stream = of->node->wrap(std::move(made.stream));
      const auto after = of->node->accepts_after();
      if (after == duration{}) return finish(std::move(done), error, std::move(made));
      auto& time = of->time;
      time.at(later(time.now(), after),
              [of = std::move(of), done = std::move(done), made = std::move(made)]() mutable {
                const error_code late = of->inner ? error_code{} : asio::error::operation_aborted;
                finish(std::move(done), late, late ? connected{} : std::move(made));
              });
    });
  }

  std::shared_ptr<state> state_;
  connect_handler never_;  // of one that never accepts
};

}  // namespace

boost::system::result<std::unique_ptr<acceptor>> misbehaving_network::listen(
    const endpoint& local) {
  auto made = inner_.listen(local);
  if (!made) return made.error();
  return std::make_unique<misbehaving_acceptor>(std::move(*made), node_, inner_.clock());
}

void misbehaving_network::connect(const endpoint& remote, connect_handler done) {
  const auto slot = asio::get_associated_cancellation_slot(done);
  inner_.async_connect(
      remote, asio::bind_cancellation_slot(slot, [node = node_, done = std::move(done)](
                                                     error_code error, connected made) mutable {
        if (!error) made.stream = node->wrap(std::move(made.stream));
        finish(std::move(done), error, std::move(made));
      }));
}

}  // namespace tandem::scenarios
