// SPDX-License-Identifier: MIT
// Any bytes are the file of a node's options: they are read, or each mistake is said in one line
// that names the file.
#include "command/node_arguments.hpp"
#include "fuzz.hpp"
#include "tandem/command/bad_input.hpp"

#include <CLI/CLI.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace {

/// A file of the process alone, which has the same path for every input.
int file() {
  static const int made = memfd_create("node.yaml", 0);
  return made;
}

/// A table of options that is made once: that takes fifty times as long as to read a file with it.
struct reader {
  CLI::App app;
  tandem::cli::node_arguments all;
  const tandem::cli::node_arguments untouched = all;

  reader() { all.add_to(app); }
  tandem::cli::node_settings read(const std::string& path) {
    app.clear();
    all = untouched;
    app.get_option("--config")->add_result(path)->run_callback();
    return all.read(app);
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  static const std::string path = "/proc/self/fd/" + std::to_string(file());
  static reader options;
  must(ftruncate(file(), 0) == 0 && pwrite(file(), data, size, 0) == static_cast<ssize_t>(size));
  try {
    const auto read = options.read(path);
    for (const auto& [option, where] : read.given->places()) must(where.starts_with(path));
  } catch (const bad_inputs& e) {
    must(e.lines().size() > 1);
    for (const auto& line : e.lines()) must(!line.empty());
  } catch (const bad_input& e) {
    must(std::string_view(e.what()).find(':') != std::string_view::npos);
  }
  return 0;
}
