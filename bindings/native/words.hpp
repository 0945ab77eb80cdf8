// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/actions.hpp"
#include "tandem/core/events.hpp"

#include <boost/pfr/tuple_size.hpp>

#include <tuple>

// The events and actions of the core as Python names them: a class each, with the same fields.
namespace tandem::bindings {

template <class T, class Member>
struct field {
  using of = T;
  const char* name;
  Member T::*member;
};
template <class T, class Member>
field(const char*, Member T::*) -> field<T, Member>;

template <class... Fields>
struct word {
  const char* name;
  std::tuple<Fields...> fields;
};
template <class... Fields>
constexpr word<Fields...> make_word(const char* name, Fields... fields) {
  return {name, {fields...}};
}

/// How many fields an aggregate has, a notification its own.
template <class T>
inline constexpr std::size_t members = boost::pfr::tuple_size_v<T>;

template <class T>
constexpr auto word_of();

#define TANDEM_WORD(TYPE, NAME, ...)                   \
  template <>                                          \
  constexpr auto word_of<TYPE>() {                     \
    using t [[maybe_unused]] = TYPE;                   \
    return make_word(NAME __VA_OPT__(, ) __VA_ARGS__); \
  }                                                    \
  static_assert(std::tuple_size_v<decltype(word_of<TYPE>().fields)> == members<TYPE>)
#define TANDEM_FIELD(NAME) \
  field { #NAME, &t::NAME }
#define F TANDEM_FIELD

TANDEM_WORD(events::dial_wanted, "DialWanted", F(request), F(peer), F(addresses), F(mode),
            F(priority), F(deadline));
TANDEM_WORD(events::dial_abandoned, "DialAbandoned", F(request));
TANDEM_WORD(events::disconnect_wanted, "DisconnectWanted", F(peer), F(conn), F(reason));
TANDEM_WORD(events::peer_marked, "PeerMarked", F(peer), F(what), F(on), F(until), F(weight));
TANDEM_WORD(events::subnet_marked, "SubnetMarked", F(network), F(prefix), F(what), F(on), F(until));
TANDEM_WORD(events::backoff_overridden, "BackoffOverridden", F(peer));
TANDEM_WORD(events::configured, "Configured", F(options));
TANDEM_WORD(events::shutdown_wanted, "ShutdownWanted", F(deadline));
TANDEM_WORD(events::addresses_found, "AddressesFound", F(request), F(list), F(final),
            F(why));
TANDEM_WORD(events::attempt_connected, "AttemptConnected", F(attempt));
TANDEM_WORD(events::attempt_failed, "AttemptFailed", F(attempt), F(why), F(local), F(retry_after));
TANDEM_WORD(events::arrived, "Arrived", F(conn), F(remote));
TANDEM_WORD(events::authenticated, "Authenticated", F(conn), F(peer));
TANDEM_WORD(events::ready, "Ready", F(conn));
TANDEM_WORD(events::traffic, "Traffic", F(conn), F(sent), F(received), F(app_bytes),
            F(last_received_at), F(last_app_at));
TANDEM_WORD(events::rtt_sampled, "RttSampled", F(conn), F(rtt));
TANDEM_WORD(events::probe_answered, "ProbeAnswered", F(conn), F(nonce));
TANDEM_WORD(events::stream_opened, "StreamOpened", F(conn), F(app));
TANDEM_WORD(events::stream_closed, "StreamClosed", F(conn), F(app));
TANDEM_WORD(events::remote_refused, "RemoteRefused", F(conn), F(reason), F(retry_after));
TANDEM_WORD(events::progressed, "Progressed", F(conn), F(at), F(more));
TANDEM_WORD(events::closed, "Closed", F(conn), F(why));
TANDEM_WORD(events::network_changed, "NetworkChanged");
TANDEM_WORD(events::pressure, "Pressure", F(memory), F(descriptors));
TANDEM_WORD(events::accept_failed, "AcceptFailed", F(why));

TANDEM_WORD(actions::resolve, "Resolve", F(request), F(peer));
TANDEM_WORD(actions::start_attempt, "StartAttempt", F(attempt), F(peer), F(address), F(timeout));
TANDEM_WORD(actions::cancel_attempt, "CancelAttempt", F(attempt));
TANDEM_WORD(actions::admit, "Admit", F(conn), F(stage));
TANDEM_WORD(actions::refuse, "Refuse", F(conn), F(refusal), F(how), F(retry_after));
TANDEM_WORD(actions::ask_progress, "AskProgress", F(conn));
TANDEM_WORD(actions::probe, "Probe", F(conn), F(nonce));
TANDEM_WORD(actions::close, "Close", F(conn), F(reason), F(retry_after), F(drain_until));
TANDEM_WORD(actions::abort, "Abort", F(conn), F(reason));
TANDEM_WORD(actions::listen_pause, "ListenPause");
TANDEM_WORD(actions::listen_resume, "ListenResume");
TANDEM_WORD(actions::notify, "Notify", F(what));
TANDEM_WORD(actions::shutdown_complete, "ShutdownComplete", F(left));
TANDEM_WORD(notification, "Notification", F(kind), F(why), F(way), F(conn), F(request), F(peer),
            F(current), F(limit), F(failures), F(ceiling), F(until), F(where), F(untried));

#undef F
#undef TANDEM_FIELD
#undef TANDEM_WORD

}  // namespace tandem::bindings
