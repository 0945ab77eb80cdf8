// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/workers.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

bool write_all(int to, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const auto n = write(to, text.data() + done, text.size() - done);
    if (n < 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

int serve_cells(const std::vector<level>& known) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a parent that was gone already left an input that ends
  // What is sent to the whole group, as Ctrl-C is, is for the parent: it ends its workers as it
  // wants.
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) std::signal(each, SIG_IGN);
  // What libraries print must not be taken for an answer.
  const int answers = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (answers < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return 1;
  for (std::string line; std::getline(std::cin, line);) {
    const auto began = std::chrono::steady_clock::now();
    cell what;
    try {
      what = cell_of_line(line);
    } catch (const std::invalid_argument& e) {
      std::fprintf(stderr, "tandem cell-worker: %s\n", e.what());
      return 2;
    }
    const auto result = run_cell(what, known);
    const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
    if (!write_all(answers, std::to_string(wall.count()) + " " + to_line(result) + "\n")) return 1;
  }
  return 0;
}

}  // namespace tandem::scenarios
