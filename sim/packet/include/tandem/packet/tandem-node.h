// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "tandem/packet/tandem-notification.h"

#include <ns3/address.h>
#include <ns3/application.h>
#include <ns3/nstime.h>
#include <ns3/traced-callback.h>
#include <ns3/traced-value.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem {
class node;
class peer_id;
struct endpoint;
struct manager_options;
struct node_options;
struct notification;
}  // namespace tandem

namespace ns3 {

/// A Tandem node as an application of an ns-3 node, on whatever IPv4 and IPv6 stacks and topology
/// that has. Runs the same code as `tandem node` does on real sockets; TCP goes through
/// TandemTcpSockets.
///
/// Its identity is a function of Seed and NodeIndex, which by default is another for each ns-3 node
/// and each TandemNode on it; several on one need a Port each. From StartTime on it listens on Port
/// of every address; at StopTime it shuts down gracefully. What it draws is of these two and of
/// ns-3's RngSeed and RngRun, and from none of ns-3's random streams; TcpBbr, where TCP is to use
/// it, draws from those that Seed and NodeIndex name.
///
/// Every option of the connection manager is an attribute (max_connections is MaxConnections), and
/// so are the node's own limits (message_size_max is MessageSizeMax). While it runs those of the
/// manager hold at once, and none of the others can be set. Every notification of the node is a
/// trace source (connection_established is ConnectionEstablished), and Notification gives all of
/// them whole.
class TandemNode : public Application {
 public:
  static TypeId GetTypeId();
  TandemNode();
  ~TandemNode() override;

  // From StartTime on, unless it was killed; else nothing happens but a warning in the log.

  /// Connects to another application at each of its addresses (GetAddresses()) that is of a family
  /// this node has an address of, those on a network of its own first. Without any it fails with
  /// NoAddress (DialFailed), unless it dialled the peer before: then it tries what it knows.
  void Dial(Ptr<TandemNode> peer);
  /// Connects to it at these addresses, InetSocketAddresses and Inet6SocketAddresses, for an IPv6
  /// host that takes only what comes for the interface it arrives at, or an address translation.
  void DialAt(Ptr<TandemNode> peer, const std::vector<Address>& addresses);
  /// Closes every connection to a peer.
  void Disconnect(Ptr<TandemNode> peer);
  /// Closes every connection and stops listening; what StopTime does. Dials fail from then on.
  void Shutdown();
  /// Ends at once, after the event that says so, as by a crash: peers see resets.
  void Kill();
  /// Begins anew, after the event that says so: with its identity, as attributes are now, knowing
  /// nothing of before and with other draws. A node that runs is killed first.
  void Restart();
  /// Sends a message to a connected peer. One that cannot be sent is told of by MessageRefused.
  void Send(Ptr<TandemNode> peer, const std::string& message);

  /// base58btc.
  std::string GetPeerId() const;
  /// Where it listens: the addresses of the node's interfaces that are up, without loopback, of
  /// IPv4 and then of IPv6 (global scope); none with Port 0. InetSocketAddress, Inet6SocketAddress.
  std::vector<Address> GetAddresses() const;
  std::uint16_t GetPort() const { return m_port; }
  /// The production node, for whatever else it can be told (tandem/net/node.hpp, in C++20): its
  /// commands run after the event that gives them, at its time. Null before StartTime, while it is
  /// killed, and in the end.
  tandem::node* GetTandemNode() const;

  /// A peer's id and a cause: `LimitReached`, `IdleTimeout`, …
  typedef void (*EventTracedCallback)(const std::string& peer, const std::string& cause);
  typedef void (*MessageTracedCallback)(const std::string& peer, const std::string& message);
  typedef void (*NotificationTracedCallback)(const TandemNotification& what);

 private:
  using EventTrace = TracedCallback<const std::string&, const std::string&>;
  struct Running;
  class Option;
  class Limit;
  class Told;
  class AtStart;

  static void AddStart(TypeId& type);
  static void AddOptions(TypeId& type);
  static void AddLimits(TypeId& type);
  static void AddNotices(TypeId& type);
  void Tell(const tandem::notification& what);

  void StartApplication() override;
  void StopApplication() override;
  void DoDispose() override;
  void End();
  Ptr<Node> Host() const;
  std::string Place() const;
  std::uint64_t Index() const;
  std::uint64_t SeedOfRun() const;
  std::vector<tandem::endpoint> Listening() const;
  void Refuse(const tandem::peer_id& peer, const char* why);
  bool Runs(const char* method) const;
  void DialEndpoints(const TandemNode& peer, std::vector<tandem::endpoint> to);
  bool Become(const tandem::manager_options& options);
  tandem::peer_id Identity() const;

  std::uint16_t m_port = 0;
  std::uint64_t m_seed = 0;
  std::int64_t m_index = -1;
  std::uint64_t m_lives = 0;
  std::string m_security;
  bool m_identifies = false;
  std::string m_agent;
  std::unique_ptr<tandem::node_options> m_options;  // what attributes say of them

  std::vector<EventTrace> m_told;  // by notice
  TracedCallback<const TandemNotification&> m_notification;
  EventTrace m_message;
  EventTrace m_refused;
  EventTrace m_identified;
  TracedValue<std::uint64_t> m_active;
  std::unique_ptr<Running> m_running;
};

}  // namespace ns3
