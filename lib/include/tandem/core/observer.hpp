// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/connection_manager.hpp"

namespace tandem {

/// Hears every step of a manager from its driver; all calls come on the driver's thread.
class manager_observer {
 public:
  virtual ~manager_observer() = default;
  virtual void on_notification(time_point now, const notification& what) = 0;
  /// After each handle or advance, when its actions are drained.
  virtual void on_step(time_point now, const connection_manager& manager) = 0;
  /// Before each handle: what the driver is about to tell.
  virtual void on_event(time_point now, const event& what) { (void)now, (void)what; }
  /// Before each action is carried out.
  virtual void on_action(time_point now, const action& what) { (void)now, (void)what; }
};

}  // namespace tandem
