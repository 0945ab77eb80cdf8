// SPDX-License-Identifier: MIT
#pragma once

#include "net/node/node_alarm.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/names.hpp"

#include <boost/asio/cancellation_signal.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace tandem {

/// Looks for the addresses behind the names of one peer, all at once, and tells them as they come.
/// Who answers may lie: what is asked, how deep, and what is taken of it are bounded, and nothing
/// is asked twice. Of a name with both families, IPv4 that is first waits resolution_delay for IPv6
/// (RFC 8305, section 3).
class name_search : public std::enable_shared_from_this<name_search> {
 public:
  static constexpr std::size_t questions_max = 32;  ///< rust-libp2p's MAX_DNS_LOOKUPS
  static constexpr std::size_t texts_max = 16;      ///< of an answer; rust-libp2p's MAX_TXT_RECORDS
  static constexpr int depth_max = 4;  ///< names that names lead to; go-libp2p's recursion limit
  static constexpr std::size_t addresses_max = 64;  ///< of all answers; a dial tries 16 of them
  static constexpr duration resolution_delay = std::chrono::milliseconds(50);

  struct told {
    std::function<void(std::vector<endpoint>)> found;
    /// The last: why nothing was found, none when something was.
    std::function<void(cause)> over;
  };

  /// `peer`: multiaddrs that name another one are left out.
  name_search(const name_source& source, node_clock clock, const peer_id& peer, told to)
      : source_(source), clock_(std::move(clock)), peer_(peer), to_(std::move(to)) {}

  void start(std::span<const host_name> names);
  void cancel();  ///< nothing is told any more

 private:
  /// The two families of one name.
  struct families {
    bool v6_over = false;
    std::vector<endpoint> v4;  ///< waits for those of IPv6
    node_alarm delay;
  };
  using taker = std::function<void(const error_code&, const name_answer&)>;

  void look(const host_name& name, int depth);
  void look_both(const host_name& name);
  void look_family(const host_name& name, record_kind what);
  void look_texts(const host_name& name, int depth);
  /// False when that would be too many, or is asked already.
  bool ask(const name_question& what, std::uint16_t port, taker take);
  void failed(const error_code& error);
  void take_texts(const std::vector<std::string>& texts, int depth);
  void tell(std::vector<endpoint> found);
  void end_if_nothing_is_open();

  const name_source& source_;
  node_clock clock_;
  peer_id peer_;
  told to_;
  std::set<std::pair<name_question, std::uint16_t>> asked_;
  std::list<asio::cancellation_signal> open_;  ///< a question each
  std::set<endpoint> found_;
  cause why_ = cause::name_unknown;
  bool cancelled_ = false;
  bool starting_ = false;
};

}  // namespace tandem
