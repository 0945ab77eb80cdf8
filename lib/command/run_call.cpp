// SPDX-License-Identifier: MIT
#include "run_call.hpp"

#include "tandem/asio/network.hpp"
#include "tandem/command/command.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_future.hpp>

#include <csignal>
#include <cstdio>

namespace tandem::cli {

int run_call(const call_settings& settings,
             const std::function<asio::awaitable<int>(peer_call&)>& with) {
  std::signal(SIGPIPE, SIG_IGN);
  asio::io_context loop(1);
  const auto net = make_asio_network(loop);
  peer_call call(*net, settings);
  asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&](error_code failed, int) {
    if (!failed) call.stop();
  });
  const auto whole = [&]() -> asio::awaitable<int> {
    const int code = co_await with(call);
    co_await call.hang_up();
    co_return code;
  };
  auto code = asio::co_spawn(loop, whole(), asio::use_future);
  while (code.wait_for(std::chrono::seconds(0)) != std::future_status::ready) loop.run_one();
  try {
    return code.get();
  } catch (const call_failed& failed) {
    std::fflush(stdout);
    std::fprintf(stderr, "tandem: %s\n", failed.what());
    return exit_failed;
  }
}

}  // namespace tandem::cli
