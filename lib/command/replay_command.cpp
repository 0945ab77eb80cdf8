// SPDX-License-Identifier: MIT
#include "tandem/command/bad_input.hpp"
#include "tandem/command/command.hpp"
#include "tandem/command/recording.hpp"
#include "tandem/net/identity.hpp"

#include <CLI/CLI.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace tandem::cli {
namespace {

/// Says on stderr how far a long replay is.
class replay_line {
 public:
  ~replay_line() {
    if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
  }
  void show(double read, const replay_progress& at) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + (terminal_ ? std::chrono::milliseconds(200) : std::chrono::seconds(10));
    shown_ = true;
    std::fprintf(
        stderr, "%s%.0f %%, %llu inputs, %.1f s of the record%s", terminal_ ? "\r\033[K" : "",
        100 * read, static_cast<unsigned long long>(at.inputs),
        std::chrono::duration<double>(at.now.time_since_epoch()).count(), terminal_ ? "" : "\n");
    std::fflush(stderr);
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_ =
      std::chrono::steady_clock::now() + std::chrono::seconds(2);
};

class replay_command final : public command {
 public:
  explicit replay_command(CLI::App& parent)
      : app_(*parent.add_subcommand("replay",
                                    "Replay what a node recorded, also with other options")) {
    app_.add_option("FILE", files_, "Recorded files in order, or the PATH of `node --record`")
        ->required();
    app_.add_option("--set", sets_,
                    "NAME=VALUE: an option of the manager; shows what would be decided otherwise")
        ->expected(1)
        ->take_all();
    app_.add_flag("--json", json_, "Print one JSON array, an object per run");
    app_.add_option("--explain", explain_, "Show what the manager said about this peer, by its id");
    app_.add_option("--rows", rows_, "Differences to print")->capture_default_str();
    app_.footer(
        "Without --set every action is compared with the recorded one, byte for byte. With --set\n"
        "the record goes through a manager with those options as well; the other side does not\n"
        "react to its decisions.\n"
        "Exit codes: 0 nothing differs, 1 something does, 2 bad input or a damaged record. A "
        "missing\ntail, as after a crash, is said and is no error.\n"
        "Examples:\n"
        "  tandem node --listen 0.0.0.0:4001 --allow-plaintext --record /var/tmp/node\n"
        "  tandem replay /var/tmp/node\n"
        "  tandem replay /var/tmp/node.000003.trace --set max_connections=128\n"
        "  tandem replay /var/tmp/node --set connection_timeout=60s --set backoff_cap=10s --json");
  }
  CLI::App& app() override { return app_; }

  int run() override {
    replay_options options;
    if (!explain_.empty()) {
      const auto id = parse_peer_id(explain_);
      if (!id) throw bad_input("--explain " + explain_, "no peer id; write 12D3KooW...");
      options.watch = *id;
      options.on_watched = [this](time_point at, bool open, const notification& n) {
        std::fprintf(json_ ? stderr : stdout, "%10.3f %s%s %s\n",
                     std::chrono::duration<double>(at.time_since_epoch()).count(),
                     sets_.empty() ? "" : (open ? "new      " : "recorded "),
                     std::string(name_of(n.kind)).c_str(),
                     n.why == cause::none ? "" : describe(n).c_str());
      };
    }
    change_of(sets_);  // before anything is read
    std::vector<replayed> runs;
    int code = exit_held;
    for (const auto& files : recordings_in(files_)) {
      replay_line line;
      runs.push_back(replay_recording(files, sets_, options,
                                      [&](double read, const auto& at) { line.show(read, at); }));
      const auto& last = runs.back();
      if (last.broken()) {
        std::fprintf(stderr, "tandem: %s\n", last.record.error.c_str());
        code = exit_bad_input;
      } else if (!last.same() && code == exit_held) {
        code = exit_failed;
      }
      if (!json_) print(last);
    }
    if (json_) std::fputs(to_json(runs).c_str(), stdout);
    return code;
  }

 private:
  void print(const replayed& run) const {
    std::fputs(to_text(run, rows_).c_str(), stdout);
    if (run.record.explained)
      std::printf("explained: %s\n", run.record.explained->sentence.c_str());
    if (run.open && run.open->explained)
      std::printf("with --set: %s\n", run.open->explained->sentence.c_str());
  }

  CLI::App& app_;
  std::vector<std::string> files_;
  std::vector<std::string> sets_;
  std::string explain_;
  bool json_ = false;
  std::size_t rows_ = 20;
};

}  // namespace

std::unique_ptr<command> make_replay_command(CLI::App& parent) {
  return std::make_unique<replay_command>(parent);
}

}  // namespace tandem::cli
