// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/workers.hpp"

#include "worker_process.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <deque>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace tandem::scenarios {
namespace {

// While one is running the next is there already: a worker never waits for its parent.
constexpr std::size_t cells_ahead = 2;
constexpr int ask_every_ms = 100;

struct worker {
  std::unique_ptr<worker_process> process{};  ///< none: it begins when there is a cell
  std::deque<std::size_t> cells{};            ///< it has them; the first one is running
  std::string read{};                         ///< of an answer that is not whole
};

class work_force {
 public:
  work_force(std::span<const cell> cells, const worker_options& options,
             const std::function<void(cell_done)>& done)
      : cells_(cells),
        options_(options),
        tell_(done),
        workers_(std::max<std::size_t>(options.jobs, 1)) {}

  bool run(const std::function<bool()>& stop) {
    while (finished_ < cells_.size()) {
      if (stop && stop()) return false;
      for (auto& each : workers_) feed(each);
      wait();
    }
    return true;
  }

 private:
  std::size_t next() {
    if (returned_.empty()) return next_++;
    const auto index = returned_.front();
    returned_.pop_front();
    return index;
  }

  void feed(worker& of) {
    while (of.cells.size() < cells_ahead && (next_ < cells_.size() || !returned_.empty())) {
      // The last cells are for those who have none.
      const bool idle_elsewhere = std::ranges::any_of(
          workers_, [&](const worker& w) { return &w != &of && w.cells.empty(); });
      if (!of.cells.empty() && idle_elsewhere) return;
      if (!of.process) of.process = std::make_unique<worker_process>(options_.command);
      const auto index = next();
      of.cells.push_back(index);
      if (!of.process->write(to_line(cells_[index]) + "\n")) return;  // its end is seen soon
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
    from.read += text;
    std::size_t begin = 0;
    for (std::size_t end; (end = from.read.find('\n', begin)) != std::string::npos; begin = end + 1)
      answer(from, std::string_view(from.read).substr(begin, end - begin));
    from.read.erase(0, begin);
  }

  void answer(worker& from, std::string_view line) {
    cell_done done;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), done.wall_s);
    if (error != std::errc{} || from.cells.empty())
      throw std::runtime_error("a worker said what is no result: " + std::string(line));
    line.remove_prefix(std::min(line.size(), static_cast<std::size_t>(end - line.data()) + 1));
    done.result = cell_result_of_line(line);
    finish(from, std::move(done));
  }

  void finish(worker& from, cell_done done) {
    done.index = from.cells.front();
    from.cells.pop_front();
    ++finished_;
    tell_(std::move(done));
  }

  void bury(worker& of) {
    const auto how = of.process->ending();
    of.process.reset();
    of.read.clear();
    if (of.cells.empty()) return;
    finish(of, {0, {.broke = "the process that ran it " + how, .verdict = verdict::failed}, 0});
    returned_.insert(returned_.end(), of.cells.begin(), of.cells.end());
    of.cells.clear();
  }

  std::span<const cell> cells_;
  const worker_options& options_;
  const std::function<void(cell_done)>& tell_;
  std::vector<worker> workers_;
  std::size_t next_ = 0;
  std::deque<std::size_t> returned_;  ///< by workers that died before they began them
  std::size_t finished_ = 0;
};

}  // namespace

bool run_cells(std::span<const cell> cells, const worker_options& options,
               const std::function<void(cell_done)>& done, const std::function<bool()>& stop) {
  return work_force(cells, options, done).run(stop);
}

}  // namespace tandem::scenarios
