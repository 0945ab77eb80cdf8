// SPDX-License-Identifier: MIT
#include "process_pool.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace tandem::scenarios {
namespace {

// While one is done the next is there already: a process never waits for its parent.
constexpr std::size_t lines_ahead = 2;
constexpr int ask_every_ms = 100;

struct worker {
  std::optional<child_process> process{};  ///< none: it begins when there is a task
  std::deque<std::size_t> tasks{};         ///< it has them; it does the first one
  std::string told{};                      ///< of an answer that is not whole
};

class work_force {
 public:
  explicit work_force(const process_pool& pool)
      : pool_(pool), workers_(std::max<std::size_t>(pool.jobs, 1)) {}

  bool run() {
    while (finished_ < pool_.count) {
      if (pool_.stop && pool_.stop()) return false;
      for (auto& each : workers_) feed(each);
      wait();
    }
    return true;
  }

 private:
  bool any_left() const { return next_ < pool_.count || !returned_.empty(); }

  std::size_t next() {
    if (returned_.empty()) return next_++;
    const auto index = returned_.front();
    returned_.pop_front();
    return index;
  }

  void feed(worker& of) {
    const std::size_t most = pool_.line ? lines_ahead : 1;
    while (of.tasks.size() < most && any_left()) {
      // The last ones are for those who have none.
      const bool idle_elsewhere = std::ranges::any_of(
          workers_, [&](const worker& w) { return &w != &of && w.tasks.empty(); });
      if (!of.tasks.empty() && idle_elsewhere) return;
      const auto index = next();
      of.tasks.push_back(index);
      if (!of.process) of.process.emplace(pool_.begin(index));
      if (pool_.line && !of.process->write(pool_.line(index) + "\n"))
        return;  // its end is seen soon
    }
  }

  void wait() {
    std::vector<pollfd> watched;
    std::vector<worker*> who;
    for (auto& each : workers_)
      if (each.process) {
        watched.push_back({each.process->output(), POLLIN, 0});
        who.push_back(&each);
      }
    if (poll(watched.data(), watched.size(), ask_every_ms) < 0 && errno != EINTR)
      throw std::runtime_error("poll: " + std::generic_category().message(errno));
    for (std::size_t i = 0; i < watched.size(); ++i)
      if (watched[i].revents != 0) hear(*who[i]);
  }

  void hear(worker& from) {
    const auto text = from.process->read();
    if (text.empty()) return bury(from);
    from.told += text;
    if (!pool_.line) return;
    std::size_t begin = 0;
    for (std::size_t end; (end = from.told.find('\n', begin)) != std::string::npos; begin = end + 1)
      finish(from, from.told.substr(begin, end - begin), {});
    from.told.erase(0, begin);
  }

  void finish(worker& from, std::string told, process_end end) {
    if (from.tasks.empty())
      throw std::runtime_error("a process answers what nobody asked: " + told);
    const auto index = from.tasks.front();
    from.tasks.pop_front();
    ++finished_;
    pool_.done({index, std::move(told), std::move(end)});
  }

  void bury(worker& of) {
    auto end = of.process->ending();
    of.process.reset();
    auto told = std::exchange(of.told, {});
    if (pool_.line) told.clear();  // half an answer
    if (!of.tasks.empty()) finish(of, std::move(told), std::move(end));
    returned_.insert(returned_.end(), of.tasks.begin(), of.tasks.end());
    of.tasks.clear();
  }

  const process_pool& pool_;
  std::vector<worker> workers_;
  std::size_t next_ = 0;
  std::deque<std::size_t> returned_;  ///< by processes that died before they began them
  std::size_t finished_ = 0;
};

}  // namespace

bool process_pool::run() const { return work_force(*this).run(); }

}  // namespace tandem::scenarios
