// SPDX-License-Identifier: MIT
#include "tandem/net/timed_tasks.hpp"

#include "tandem/core/assert.hpp"

namespace tandem {

timer_id timed_tasks::add(time_point when, task what) {
  const std::uint64_t id = ++last_id_;
  tasks_.emplace(std::pair(when, id), std::move(what));
  times_.emplace(id, when);
  return timer_id{id};
}

void timed_tasks::cancel(timer_id id) {
  const auto found = times_.find(static_cast<std::uint64_t>(id));
  if (found == times_.end()) return;
  const auto node = tasks_.extract(std::pair(found->second, found->first));  // dies last
  times_.erase(found);
}

task timed_tasks::take() {
  TANDEM_ASSERT(!empty());
  const auto node = tasks_.extract(tasks_.begin());
  times_.erase(node.key().second);
  return std::move(node.mapped());
}

void timed_tasks::clear() {
  times_.clear();
  const auto dying = std::exchange(tasks_, {});
}

}  // namespace tandem
