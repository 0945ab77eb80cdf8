// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/memory_budget.hpp"

#include <functional>

namespace tandem {

/// One connection's budget, and whether it had to shed.
struct connection_memory final : memory_holder {
  explicit connection_memory(std::shared_ptr<memory_pool> from = std::make_shared<memory_pool>())
      : pool(std::move(from)) {}
  ~connection_memory() { shared->outlive(); }
  void shed_memory() override {
    ++sheds;
    if (when_asked) when_asked();
  }

  std::shared_ptr<memory_pool> pool;
  const std::shared_ptr<memory_budget> shared = std::make_shared<memory_budget>(pool, *this);
  memory_budget& budget = *shared;
  std::function<void()> when_asked;
  int sheds = 0;
};

}  // namespace tandem
