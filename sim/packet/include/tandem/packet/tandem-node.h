// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/application.h>
#include <ns3/ipv4-address.h>
#include <ns3/nstime.h>
#include <ns3/traced-callback.h>
#include <ns3/traced-value.h>

#include <cstdint>
#include <memory>
#include <string>

namespace tandem {
class node;
struct manager_options;
}  // namespace tandem

namespace ns3 {

/// A Tandem node as an application of an ns-3 node, on whatever IPv4 stack and topology that has.
/// Runs the same code as `tandem node` does on real sockets; TCP goes through TandemTcpSockets.
///
/// Its identity is a function of Seed and NodeIndex. From StartTime on it listens on Port of every
/// address; at StopTime it shuts down gracefully. Draws nothing from ns-3's random streams.
/// Every option of the connection manager is an attribute: max_connections is MaxConnections.
class TandemNode : public Application {
 public:
  static TypeId GetTypeId();
  TandemNode();
  ~TandemNode() override;

  /// Connects to another application, which runs on the first non-loopback address of its node.
  /// While running.
  void Dial(Ptr<TandemNode> peer);
  /// Sends a message to a connected peer; lost when there is no connection. While running.
  void Send(Ptr<TandemNode> peer, const std::string& message);
  /// base58btc.
  std::string GetPeerId() const;
  Ipv4Address GetAddress() const;
  std::uint16_t GetPort() const { return m_port; }
  /// The production node; null unless running.
  tandem::node* GetTandemNode() const;

  /// A peer's id and a cause: `LimitReached`, `IdleTimeout`, …
  typedef void (*EventTracedCallback)(const std::string& peer, const std::string& cause);
  typedef void (*MessageTracedCallback)(const std::string& peer, const std::string& message);

 private:
  struct Running;
  friend struct Running;
  class Option;

  void StartApplication() override;
  void StopApplication() override;
  void DoDispose() override;
  std::uint64_t Index() const;

  std::uint16_t m_port = 0;
  std::uint64_t m_seed = 0;
  std::int64_t m_index = -1;
  std::unique_ptr<tandem::manager_options> m_options;

  TracedCallback<const std::string&, const std::string&> m_established;
  TracedCallback<const std::string&, const std::string&> m_closed;
  TracedCallback<const std::string&, const std::string&> m_refused;
  TracedCallback<const std::string&, const std::string&> m_failed;
  TracedCallback<const std::string&, const std::string&> m_message;
  TracedValue<std::uint64_t> m_active;
  std::unique_ptr<Running> m_running;
};

}  // namespace ns3
