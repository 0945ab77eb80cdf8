// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/memory_budget.hpp"
#include "net/session/stream_terms.hpp"
#include "tandem/core/actions.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/core/ids.hpp"
#include "tandem/net/byte_stream.hpp"
#include "tandem/net/clock.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/security.hpp"
#include "tandem/net/send_result.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace tandem {

class credentials;

/// What the sessions of one node share.
struct session_options {
  std::shared_ptr<credentials> own;
  std::vector<security> allowed{security::tls, security::noise};  ///< in order of preference
  std::size_t message_size_max = message_size_default;            ///< one application message
  std::size_t backlog_max = backlog_default;  ///< unsent application bytes of one connection
  std::size_t streams_max = 256;              ///< open yamux streams, either direction
  std::uint32_t window = 256 * 1024;          ///< yamux receive window of one stream
  std::string agent = "tandem";               ///< the program, as identify tells it
  /// Where this node can be reached, as identify tells it.
  std::shared_ptr<std::vector<endpoint>> listening = std::make_shared<std::vector<endpoint>>();
  /// What peers may open streams of beside the session's own protocols.
  std::shared_ptr<stream_protocols> protocols = std::make_shared<stream_protocols>();
  /// What the buffers of the connections are charged to.
  std::shared_ptr<memory_pool> memory = std::make_shared<memory_pool>();
};

/// How a connection was secured.
struct session_upgrade {
  security secured{};
  bool muxer_agreed = false;  ///< within the handshake, without a round trip of its own
};

/// What moved on one connection since the owner last took it.
struct session_traffic {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t app_bytes = 0;
  time_point last_received_at{};
  time_point last_app_at{};
};

/// What the peer's transport acknowledged of the application bytes since it was last asked.
struct session_progress {
  time_point at{};    ///< when, the last of them; zero: none
  bool more = false;  ///< others are not acknowledged yet
};

/// Hears one session. Calls come from the session's coroutines on the node's executor; inside them
/// every function of the session may be called.
class session_owner {
 public:
  virtual ~session_owner() = default;
  /// The session waits until admit() or refuse() is called.
  virtual void on_authenticated(connection_id conn, const peer_id& peer) = 0;
  /// Listener: the muxer is negotiated. Dialer: the first yamux frame of the peer came and was no
  /// refusal.
  virtual void on_ready(connection_id conn) = 0;
  /// The peer's GoAway carried a refusal or a close reason of ours (see cause.hpp).
  virtual void on_remote_refused(connection_id conn, cause reason, duration retry_after) = 0;
  virtual void on_rtt(connection_id conn, duration rtt) = 0;
  virtual void on_probe_answered(connection_id conn, std::uint32_t nonce) = 0;
  virtual void on_message(connection_id conn, std::span<const std::byte> message) = 0;
  /// A stream that is use, of messages or of an application, in either direction, was opened, or is
  /// over: both ends finished it, or one reset it. Streams that are open at the end of the session
  /// are not closed before on_closed.
  virtual void on_stream(connection_id conn, bool opened) = 0;
  /// The peer opened a stream of one of session_options.protocols. The stream may outlive the
  /// session. Nothing may be done with it inside this call.
  virtual void on_stream_accepted(connection_id conn, std::string_view protocol,
                                  byte_stream stream) = 0;
  /// There is something to take_traffic(); not called again until it was taken.
  virtual void on_dirty(connection_id conn) = 0;
  /// The last call, exactly once. The session may be destroyed inside it.
  virtual void on_closed(connection_id conn, cause why) = 0;
};

/// One connection from the connected byte stream to its end: multistream-select, security,
/// multistream-select, yamux with ping, and the message protocol, as in libp2p's specifications.
/// It has no timers and no policy: deadlines are its owner's. Its coroutines keep what they need
/// alive; destroying the session aborts the stream, and nothing is called afterwards.
class session {
 public:
  /// Bytes of memory a connection takes that are not charged to its budget: an idle one over TLS,
  /// 24 KiB with its record in the core; control frames that answer the peer (yamux::control_max);
  /// half of what OpenSSL holds of a record that came in part.
  static constexpr std::uint64_t least_memory = 40 * 1024;
  /// Bytes of buffers that each connection should have whatever the others hold: a handshake.
  static constexpr std::uint64_t share_least = 8 * 1024;

  /// `expected`: who a dialer dialled (empty: whoever answers). `remote`: where the peer is seen,
  /// for identify to tell it. References outlive the session.
  session(connection_id conn, direction way, byte_stream stream, const session_options& options,
          const tandem::clock& time, const peer_id& expected, session_owner& owner,
          const endpoint& remote = {});
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Whether it is a protocol of sessions themselves.
  static bool speaks(std::string_view protocol) noexcept;

  void start();  ///< begins the upgrade
  void admit();  ///< answers on_authenticated: go on to the muxer
  /// Answers on_authenticated: finish the muxer, tell why and when to come back, end.
  void refuse(cause why, duration retry_after = {});
  void probe(std::uint32_t nonce);  ///< a yamux ping
  send_result send(std::span<const std::byte> message);
  /// The stream of messages to the peer is open from now on until close_stream() was called as
  /// often, whether or not there are messages: to both ends the connection is in use.
  void open_stream();
  void close_stream();
  /// A stream of `protocol`, which carries nothing before `opened` heard, once and not inside this
  /// call, that the peer takes it. Its operations end with connection_reset when the peer resets it
  /// and with connection_aborted when the session is over, which it may outlive. Fails with
  /// not_connected, too_many_streams or out_of_memory; then `opened` hears nothing.
  boost::system::result<byte_stream> open(std::string_view protocol, const stream_terms& terms,
                                          std::function<void(error_code)> opened);
  /// GoAway with the reason (0 for requested), end of sending, drain to end of file. Before the
  /// muxer is there: as abort().
  void close(cause reason, duration retry_after = {});
  void abort(cause reason);  ///< at once; on_closed(reason) follows, not inside the call
  session_progress progress();
  /// What moved since the last call, and starts anew.
  session_traffic take_traffic();
  /// The same, left as it is.
  const session_traffic& traffic() const;
  /// What its buffers are charged to, and what the program holds of it: memory_hold.
  const std::shared_ptr<memory_budget>& memory() const;
  /// Open yamux streams of the direction that has more of them.
  std::size_t streams() const noexcept;
  /// From on_authenticated on.
  const session_upgrade& upgrade() const;
  /// What ended it, in more detail than the cause of on_closed, from there on; none when this end
  /// did.
  error_code failure() const;

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace tandem
