// SPDX-License-Identifier: MIT
#include "stopping.hpp"

#include <atomic>
#include <csignal>

namespace tandem::cli {
namespace {

std::atomic<int> asked_by = 0;

constexpr int stopping_signals[] = {SIGINT, SIGTERM, SIGHUP};

/// `handler` for `signal`, but for a hangup that is ignored.
void handle(int signal, void (*handler)(int)) {
  struct sigaction now {};
  if (signal == SIGHUP && sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN)
    return;  // nohup
  struct sigaction next {};
  next.sa_handler = handler;  // without SA_RESTART: writing to who does not read ends
  sigaction(signal, &next, nullptr);
}

void on_stop(int signal) {
  asked_by = signal;
  let_signals_end_the_program();
}

}  // namespace

void let_signals_end_the_program() {
  for (const int each : stopping_signals) handle(each, SIG_DFL);
}

void catch_stops() {
  for (const int each : stopping_signals) handle(each, on_stop);
}

int stopped_by() noexcept { return asked_by; }

}  // namespace tandem::cli
