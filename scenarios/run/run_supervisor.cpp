// SPDX-License-Identifier: MIT
#include "run_supervisor.hpp"

#include <utility>

namespace tandem::scenarios {

run_supervisor::run_supervisor(const run_options& options, const world& in, const tracker& ledger,
                               time_point start, duration length)
    : options_(options), world_(in), tracker_(ledger), start_(start), length_(length) {}

bool run_supervisor::ask() noexcept {
  try {
    if (options_.on_progress && wall_clock::now() - reported_ >= options_.progress_every) {
      reported_ = wall_clock::now();
      options_.on_progress({world_.now() - start_, length_, reported_ - began_, tracker_.steps()});
    }
    stopped_ = stopped_ || (options_.stop && options_.stop());
  } catch (...) {
    failure_ = std::current_exception();
    stopped_ = true;
  }
  return stopped_;
}

void run_supervisor::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, {}));
}

double run_supervisor::wall_s() const {
  return std::chrono::duration<double>(wall_clock::now() - began_).count();
}

}  // namespace tandem::scenarios
