// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/workers.hpp"

#include "process_pool.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

/// Of `0.25 {...}`, or of a worker that died.
cell_done cell_done_of(const task_end& task) {
  if (task.told.empty())
    return {task.index,
            {.broke = "the process that ran it " + task.end.text(), .verdict = verdict::failed},
            0};
  cell_done done{task.index, {}, 0};
  std::string_view line = task.told;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), done.wall_s);
  if (error != std::errc{})
    throw std::runtime_error("a worker said what is no result: " + task.told);
  line.remove_prefix(std::min(line.size(), static_cast<std::size_t>(end - line.data()) + 1));
  done.result = cell_result_of_line(line);
  return done;
}

}  // namespace

bool run_cells(std::span<const cell> cells, const worker_options& options,
               const std::function<void(cell_done)>& done, const std::function<bool()>& stop) {
  if (options.instead) return options.instead(cells, done, stop);
  return process_pool{.count = cells.size(),
                      .jobs = options.jobs,
                      .begin = [&](std::size_t) { return child_process(options.command); },
                      .line = [&](std::size_t index) { return to_line(cells[index]); },
                      .done = [&](const task_end& task) { done(cell_done_of(task)); },
                      .stop = stop}
      .run();
}

}  // namespace tandem::scenarios
