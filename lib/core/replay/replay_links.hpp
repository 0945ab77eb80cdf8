// SPDX-License-Identifier: MIT
#pragma once

#include "core/life/checkpoint.hpp"
#include "tandem/core/replay.hpp"

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tandem::detail {

/// What both runs decided about one connection or request in the step at hand, and the row of the
/// report it has, if any.
struct replay_subject {
  divergence who;  ///< whom it is about; the decisions stay empty
  std::vector<replay_decision> recorded;
  std::vector<replay_decision> open;
  bool touched = false;             ///< in the list of subjects to compare
  bool differed = false;            ///< reported
  bool waits_for_recorded = false;  ///< its row lacks that side's decision
  bool waits_for_open = false;
  std::size_t row = 0;  ///< when one of them waits
};

/// One connection as both runs know it.
struct replay_link : replay_subject {
  /// Where it stands in one run.
  struct side {
    connection_id id{};        ///< none: not in this run
    bool connected = false;    ///< past the attempt
    bool established = false;  ///< admitted to it
    bool ending = false;       ///< the manager decided its end
    bool ended = false;        ///< its last event came
    bool alive() const noexcept { return id != connection_id::none && !ended; }
  };
  side recorded_side;
  side open_side;
  bool probed = false;      ///< by the recorded run, in this step
  bool ready_came = false;  ///< before the open run admitted it
  bool ready = false;       ///< told the open run
  bool dead = false;        ///< the recorded run found the path dead

  /// What the record still says about it is not what the open run needs: it is over there.
  bool record_over() const noexcept { return !recorded_side.alive() || recorded_side.ending; }
};

/// Finds connections by the id of either run, and pairs what one run started with what the other
/// did: the same kind of thing, in order.
class replay_links {
 public:
  using pointer = std::shared_ptr<replay_link>;

  pointer by_recorded(connection_id id) const { return find(recorded_, id); }
  pointer by_open(connection_id id) const { return find(open_, id); }

  /// An inbound connection: the same id in both runs.
  pointer arrived(connection_id id, const endpoint& where);
  /// A connection that both runs have where the trace begins.
  void both(const checkpoint::open_connection& c);
  /// One run starts an attempt: a new link, or that of the other run's attempt.
  pointer recorded_attempt(const actions::start_attempt& what);
  pointer open_attempt(const actions::start_attempt& what);
  /// The recorded attempt has an outcome: no attempt of the open run is paired with it any more.
  void unpair(const pointer& link) { remove(recorded_waiting_, link); }
  /// Forgets it when it is over in both runs.
  void settle(const pointer& link);

 private:
  using ids = std::unordered_map<connection_id, pointer>;
  using key = std::pair<peer_id, endpoint>;
  using waiting = std::map<key, std::deque<pointer>>;
  static pointer find(const ids& among, connection_id id) {
    const auto found = among.find(id);
    return found == among.end() ? nullptr : found->second;
  }
  static pointer take(waiting& from, const key& of);
  static void remove(waiting& from, const pointer& link);

  ids recorded_;
  ids open_;
  waiting recorded_waiting_;
  waiting open_waiting_;
};

/// Requests the runs asked to resolve, paired by peer in order.
class replay_resolves {
 public:
  void recorded(const actions::resolve& what);
  void open(const actions::resolve& what);
  /// unknown: neither run asked since the trace began; what they have from before has one id.
  enum class answer { unknown, skip, mapped };
  /// For which request of the open run the recorded answer is. `final`: the last one.
  std::pair<answer, request_id> answered(request_id recorded, bool final);
  void over(request_id recorded);
  void open_over(request_id open, const peer_id& peer);

 private:
  std::map<request_id, std::pair<peer_id, request_id>> pairs_;  ///< by recorded id
  std::map<peer_id, std::deque<request_id>> recorded_waiting_;
  std::map<peer_id, std::deque<request_id>> open_waiting_;
};

}  // namespace tandem::detail
