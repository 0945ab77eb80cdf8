// SPDX-License-Identifier: MIT
#include "node_files.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace tandem::cli {

using namespace scenarios;

void node_files::add_to(CLI::App& app) {
  const auto nodes = [&](const char* name, std::vector<std::string>& into, const char* needs) {
    app.add_option(name, into,
                   "These nodes alone: `server`, `peers[3]`, `peers[0..9]`; may be repeated")
        ->type_name("NODES")
        ->expected(1)
        ->take_all()
        ->needs(needs)
        ->group("Files of each node");
  };
  app.add_option("--record", record_.directory,
                 "Folder for the trace of each node, for `tandem replay` (made when missing)")
      ->type_name("DIR")
      ->group("Files of each node");
  nodes("--record-nodes", record_.nodes, "--record");
  app.add_option("--record-size", record_size_,
                 "Size of the recording of a level, about; the oldest steps go first")
      ->type_name("BYTES")
      ->capture_default_str()
      ->group("Files of each node");
  app.add_option("--pcap", pcap_.directory,
                 "Folder for the packets of each node at level packet (made when missing)")
      ->type_name("DIR")
      ->group("Files of each node");
  nodes("--pcap-nodes", pcap_.nodes, "--pcap");
}

void node_files::prepare(const scenario& what, const std::vector<const level*>& on,
                         std::uint64_t seed, bool overwrite) {
  const auto size = parse_bytes(record_size_);
  if (!size || *size < (std::uint64_t{1} << 20))
    throw bad_input("--record-size " + record_size_, "must be at least 1MiB, written as 64MiB");
  record_.bytes_max = *size;
  record_.replace = pcap_.replace = overwrite;
  if (!pcap_.directory.empty()) {
    const auto it = std::ranges::find(on, "packet", &level::name);
    if (it == on.end())
      throw bad_input("--pcap " + pcap_.directory,
                      "only level packet has packets, and it does not run here");
    captured_level_ = static_cast<std::size_t>(it - on.begin());
    captures_ = std::make_unique<run_captures>(what, seed, pcap_);
  }
  if (record_.directory.empty()) return;
  for (const auto* level : on)
    recordings_.push_back(std::make_unique<run_recording>(what, level->name, seed, record_));
}

void node_files::ask(std::size_t level, run_options& of) const {
  if (!recordings_.empty())
    of.traces_to = [to = recordings_[level].get()](std::uint32_t node) { return (*to)[node]; };
  if (captures_ && level == captured_level_)
    of.captures_to = [to = captures_.get()](std::uint32_t node) { return (*to)[node]; };
}

void node_files::finish(std::size_t level) const {
  if (!recordings_.empty()) recordings_[level]->finish();
}

std::vector<std::string> node_files::lines() const {
  std::vector<std::string> all;
  for (const auto& each : recordings_) all.push_back("Recorded: " + each->folder());
  if (captures_) all.push_back("Captured: " + captures_->folder());
  return all;
}

}  // namespace tandem::cli
