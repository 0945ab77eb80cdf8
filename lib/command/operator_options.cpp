// SPDX-License-Identifier: MIT
#include "operator_options.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/net/error.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/node.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>

namespace tandem::cli {
namespace {

dial_address peer_of(const std::string& option, const std::string& text) {
  if (const auto id = parse_peer_id(text)) return {{}, *id, {}};
  const auto at = parse_address(text);
  if (!at && at.error() == net_error::bad_peer_id) throw bad_input(option + " " + text, no_peer_id);
  if (!at || at->peer.empty())
    throw bad_input(option + " " + text, "no peer; write its id or /ip4/127.0.0.1/tcp/4001/p2p/ID");
  if (at->at.port == 0)
    throw bad_input(option + " " + text, "nobody can be dialled at port 0; ports are 1 to 65535");
  return *at;
}

/// A rule for a peer or for a range of addresses.
void read_rule(const std::string& option, const std::string& text, mark what, node* to,
               bool on = true) {
  if (const auto id = parse_peer_id(text)) {
    if (to) to->mark(events::peer_marked{*id, what, on});
  } else if (const auto range = parse_address_range(text)) {
    if (to) to->mark(events::subnet_marked{range->first, range->prefix, what, on});
  } else {
    throw bad_input(option + " " + text,
                    "neither a peer id nor a range of addresses such as 203.0.113.0/24 or "
                    "2001:db8::/32 (bits beyond the prefix are zero)");
  }
}

/// `each` of those in `from` that are not in `but`.
void for_others(const std::vector<std::string>& from, const std::vector<std::string>& but,
                const std::function<void(const std::string&)>& each) {
  for (const auto& text : from)
    if (std::ranges::count(but, text) == 0) each(text);
}

}  // namespace

void operator_options::add_to(CLI::App& app) {
  const auto add = [&app](const char* name, std::vector<std::string>& to, const char* what) {
    app.add_option(name, to, what)->expected(1)->take_all()->group("Peers and networks");
  };
  add("--protect", protected_,
      "Peer that is never evicted, may take reserved slots, and is redialled for ever when its "
      "address is given: an id or /ip4/../tcp/../p2p/ID; repeatable");
  add("--keep-alive", kept_alive_, "Id of a peer whose connections are probed, never idle");
  add("--allow", allowed_,
      "Peer id, dialled at denied addresses too; or range of addresses inside a denied one");
  add("--deny", denied_, "Peer id, or range of addresses: 203.0.113.0/24");
}

void operator_options::check() const {
  for (const auto& text : protected_) peer_of("--protect", text);
  for (const auto& text : kept_alive_) peer_of("--keep-alive", text);
  for (const auto& text : allowed_) read_rule("--allow", text, mark::allow, nullptr);
  for (const auto& text : denied_) read_rule("--deny", text, mark::deny, nullptr);
}

void operator_options::apply(node& to, const operator_options& before) const {
  for_others(before.denied_, denied_,
             [&](auto& text) { read_rule("--deny", text, mark::deny, &to, false); });
  for_others(before.allowed_, allowed_,
             [&](auto& text) { read_rule("--allow", text, mark::allow, &to, false); });
  for_others(before.kept_alive_, kept_alive_, [&](auto& text) {
    to.mark(events::peer_marked{peer_of("--keep-alive", text).peer, mark::keep_alive, false});
  });
  for_others(before.protected_, protected_, [&](auto& text) {
    to.mark(events::peer_marked{peer_of("--protect", text).peer, mark::protect, false});
  });
  for_others(denied_, before.denied_,
             [&](auto& text) { read_rule("--deny", text, mark::deny, &to); });
  for_others(allowed_, before.allowed_,
             [&](auto& text) { read_rule("--allow", text, mark::allow, &to); });
  for_others(kept_alive_, before.kept_alive_, [&](auto& text) {
    to.mark(events::peer_marked{peer_of("--keep-alive", text).peer, mark::keep_alive});
  });
  for_others(protected_, before.protected_, [&](auto& text) {
    const auto peer = peer_of("--protect", text);
    if (peer.at.port != 0) to.add_addresses(peer.peer, {peer.at});
    to.mark(events::peer_marked{peer.peer, mark::protect});
  });
}

bool operator_options::protects(const peer_id& peer) const {
  return std::ranges::any_of(protected_,
                             [&](auto& text) { return peer_of("--protect", text).peer == peer; });
}

}  // namespace tandem::cli
