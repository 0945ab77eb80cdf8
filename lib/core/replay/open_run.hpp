// SPDX-License-Identifier: MIT
#pragma once

#include "core/replay/recorded_run.hpp"
#include "core/replay/replay_links.hpp"
#include "core/replay/replay_report.hpp"
#include "tandem/core/replay.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace tandem::detail {

/// The manager with changed options, beside the recorded run: run(), then finish().
class open_run {
 public:
  open_run(recorded_run& record, const option_change& change, const replay_options& options);
  void run();
  open_replay_result finish();

 private:
  using link_pointer = replay_links::pointer;
  struct request : replay_subject {
    bool recorded_over = false;
    bool open_over = false;
  };

  // replay_open.cpp: steps, and what both runs decide in them.
  manager_options changed(manager_options options) const;
  void go_on(const manager_options& options);
  void begin(request_id id, const peer_id& peer);
  bool own_deadlines(time_point recorded_due);
  void begin();
  void recorded(const action& what);
  void recorded_probe(const actions::probe& what);
  void outcome(const notification& n, bool open);
  void drain();
  void opened(const action& what);

  // replay_events.cpp: what the open run hears.
  void input();
  void skip(const event& what);
  void tell(const event& what);
  void settle();
  bool translate(event& what);
  bool translate(event& what, const link_pointer& link);
  bool translate_end(const link_pointer& link);
  void opened_probe(const actions::probe& what);
  void admitted(const link_pointer& link, stage to);
  void ended(const link_pointer& link, cause why);

  recorded_run& record_;
  const option_change& change_;
  const replay_options& options_;
  replay_report report_;
  connection_manager manager_;
  time_point now_ = time_point::min();
  std::string stopped_;  ///< why it did not go on to the end
  replay_links links_;
  replay_resolves resolves_;
  std::unordered_map<request_id, std::shared_ptr<request>> requests_;
  const std::shared_ptr<replay_subject> node_ = std::make_shared<replay_subject>();
  std::vector<link_pointer> probed_;  ///< by the recorded run in this step
  std::vector<event> owed_;           ///< made up, for the open run
  std::vector<request_id> over_;      ///< in the recorded run, in this step; what it asked counts
  bool abandons_ = true;              ///< the open run still has the request that is abandoned
  open_replay_result result_;
};

}  // namespace tandem::detail
