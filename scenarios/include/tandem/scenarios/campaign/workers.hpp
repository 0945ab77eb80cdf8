// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/campaign/cells.hpp"

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// What became of a cell, and how long that took.
struct cell_done {
  std::size_t index = 0;  ///< in the cells given
  cell_result result;
  double wall_s = 0;
};

/// Who runs cells: processes, so that one that crashes takes one cell with it.
struct worker_options {
  /// A program and its arguments that do serve_cells(): `tandem cell-worker`.
  std::vector<std::string> command;
  std::size_t jobs = 1;
  /// Does what run_cells() says, in its place: other machines, say. None: processes of this one.
  std::function<bool(std::span<const cell>, const std::function<void(cell_done)>&,
                     const std::function<bool()>&)>
      instead{};
};

/// Runs every cell, `jobs` at a time, begun in their order, and tells of each as it is done, on
/// this thread. A worker that dies breaks the cell that it ran, and is replaced. `stop` is asked
/// several times a second; true ends all at once: cells that are not done are lost, and false is
/// returned. Throws std::runtime_error when workers cannot be started.
bool run_cells(std::span<const cell> cells, const worker_options& options,
               const std::function<void(cell_done)>& done, const std::function<bool()>& stop);

/// Of the worker: answers each line of standard input, a cell, with a line, what it gave, until the
/// input ends. Whatever else is printed meanwhile goes to stderr. Dies with its parent.
int serve_cells(const std::vector<level>& known);

}  // namespace tandem::scenarios
