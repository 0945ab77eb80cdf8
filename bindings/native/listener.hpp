// SPDX-License-Identifier: MIT
#pragma once

#include "native.hpp"

namespace tandem::bindings {

/// What a long call tells its caller. KeyboardInterrupt, from a signal or from the callback, asks
/// it to stop and is dropped: what it found is handed over. Every other exception ends it and goes
/// on.
class listener {
 public:
  explicit listener(pybind11::object callback) : callback_(std::move(callback)) {}

  /// On the thread of the call, without the GIL.
  template <class... At>
  void report(At... at) {
    const pybind11::gil_scoped_acquire locked;
    try {
      let_signals_in();
      callback_(at...);
    } catch (const pybind11::error_already_set& e) {
      if (!e.matches(PyExc_KeyboardInterrupt)) throw;
      interrupted_ = true;
    }
  }
  bool interrupted() const { return interrupted_; }

 private:
  pybind11::object callback_;
  bool interrupted_ = false;
};

}  // namespace tandem::bindings
