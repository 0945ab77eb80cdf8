// SPDX-License-Identifier: MIT
#pragma once

#include "line_output.hpp"
#include "log_level.hpp"
#include "tandem/net/node.hpp"

#include <map>
#include <string>
#include <string_view>

namespace tandem::cli {

/// Prints what happens to a node, a line each with the wall clock's time, as text or as JSON
/// objects. Of each kind of line at most 100 a second are printed; how many more there were is said
/// when the second is over.
class event_log final : public node_observer {
 public:
  event_log(line_output& to, bool json, log_level least) : to_(to), json_(json), least_(least) {}

  void on_notification(time_point now, const notification& what) override;
  void on_step(time_point, const connection_manager&) override {}
  void on_message(time_point now, const received_message& message) override;
  void on_identified(time_point now, connection_id conn, const peer_id& peer,
                     const peer_facts& facts) override;

  /// What matters less is not printed from here on.
  void set_level(log_level least) { least_ = least; }
  /// To be called now and then: says what was left out of seconds that are over.
  void look(time_point now);
  /// To be called once, after the last line: says what was left out since.
  void end(time_point now);
  /// Lines left out so far.
  std::uint64_t left_out() const { return left_out_; }

 private:
  struct kind {
    time_point since{};  ///< when its second began
    std::uint64_t lines = 0;
    std::uint64_t left_out = 0;
  };
  struct line {
    std::string_view what;
    connection_id conn;
    const peer_id& peer;
    endpoint where{};
    std::string more{};
    cause why = cause::none;
  };

  bool admit(time_point now, std::string_view name);
  void end_second(time_point now, std::string_view name, kind& of);
  void print(time_point now, const line& of);

  line_output& to_;
  const bool json_;
  log_level least_;
  std::map<std::string_view, kind> kinds_;  ///< by names that stand in tables of the core
  std::uint64_t left_out_ = 0;
};

}  // namespace tandem::cli
