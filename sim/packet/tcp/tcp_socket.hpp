// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <ns3/ipv4-end-point.h>
#include <ns3/nstime.h>
#include <ns3/tcp-socket-base.h>
#include <ns3/tcp-tx-buffer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ns3 {

class TandemTcpL4Protocol;
class TandemTcpSocket;

/// What a listening socket and its half-open children share; gone when the listener is.
struct TandemTcpBacklog {
  virtual ~TandemTcpBacklog() = default;
  /// A child's handshake completed (final ACK).
  virtual void Accepted(Ptr<TandemTcpSocket> child) = 0;

  std::size_t half_open = 0;
};

/// Hears that something about a socket changed: connected, readable, writable, ended or failed. The
/// state is in the socket. Called inside ns-3: must not call back into the socket's destructive
/// operations.
class TandemTcpObserver {
 public:
  virtual void SocketChanged() = 0;

 protected:
  ~TandemTcpObserver() = default;
};

/// TcpSocketBase of ns-3.37 with what it gets wrong repaired, without patching ns-3:
/// - RST in SYN_SENT refuses at once (RFC 9293, 3.10.7.3); later it is a reset, told from an end;
/// - FINs are retried with backoff a bounded number of times, then the connection has timed out; so
///   are window probes; the state after any failure is CLOSED, and GetFailure() keeps the reason;
/// - Abort() in SYN_SENT is silent; Close() with unread data is orderly, and what still arrives is
///   dropped; an orphan in FIN_WAIT_2 dies after FinTimeout (Linux tcp_fin_timeout, 60 s);
/// - LAST_ACK and CLOSING wait for the ACK of the FIN, not for any ACK; a repeated FIN or SYN+ACK
///   is acknowledged again; a FIN counts with the data and the ACK it brings, in every state;
/// - a listener resets segments of connections that do not exist;
/// - reading from a full buffer sends a window update, and a window too small for a segment is
///   probed like one of nothing; a window that is used up gets no segment of no bytes, nor what a
///   probe said a second time (crashes);
/// - timestamps echoed are those of the last data acknowledged, also when data acknowledges it, so
///   that the retransmission timeout follows the round trip (RFC 7323, 4.3).
class TandemTcpSocket : public TcpSocketBase {
 public:
  enum class Failure : std::uint8_t { NONE, REFUSED, RESET, TIMED_OUT };

  /// What follows an operating system; see TandemTcpSocketFactory's attributes.
  struct Timers {
    Time connect_timeout;
    std::uint32_t connect_count;
    std::uint32_t syn_ack_count;
    /// After each SYN; null: ConnTimeout, doubled.
    std::shared_ptr<const std::vector<Time>> syn_waits;
    Time min_rto;
    Time rto_granularity;
    std::uint32_t data_retries;
    Time delayed_ack;
    Time time_wait;
  };

  static TypeId GetTypeId();
  TypeId GetInstanceTypeId() const override { return GetTypeId(); }
  TandemTcpSocket();
  TandemTcpSocket(const TandemTcpSocket& other);
  ~TandemTcpSocket() override;

  /// Before connecting or listening.
  void SetTimers(const Timers& timers);
  /// Its trace sources that show the state of the congestion control (CongestionWindow, RTT, ...)
  /// are silent from now on, and those of its children: 2.7 KB less for each.
  void ForgoTraces();
  /// `observer` outlives the socket or is replaced by null.
  void SetObserver(TandemTcpObserver* observer) { m_observer = observer; }
  /// For a listening socket: its children report here.
  void SetBacklog(const std::shared_ptr<TandemTcpBacklog>& backlog) { m_backlog = backlog; }

  Failure GetFailure() const { return m_failure; }
  bool IsConnected() const { return m_connected; }
  /// The peer's FIN came and everything before it.
  bool PeerFinished() const { return m_tcb->m_rxBuffer->Finished(); }
  /// Bytes taken by Send() that never left; those that leave in this instant are not among them.
  std::uint32_t GetUnsent() const;
  std::uint32_t GetUnacknowledged() const { return m_txBuffer->Size(); }
  /// Since a byte left for the first time, and since one was acknowledged; zero: never.
  Time GetSinceSent() const;
  Time GetSinceAcknowledged() const;
  /// Forgets the connection; the peer gets a RST, unless nobody `tells` it: then what is below may
  /// be gone already. Nothing is notified.
  void Abort(bool tells = true);

  /// From TandemTcpL4Protocol: a segment for this socket; the node is going away.
  void Deliver(Ptr<Packet> packet, const Ipv4Header& header, std::uint16_t from,
               Ptr<Ipv4Interface> incoming);
  void Detach();

  int Connect(const Address& address) override;
  int Listen() override;
  int Send(Ptr<Packet> packet, std::uint32_t flags) override;
  Ptr<Packet> Recv(std::uint32_t max_size, std::uint32_t flags) override;
  int ShutdownSend() override;
  int Close() override;

 protected:
  Ptr<TcpSocketBase> Fork() override;
  void CompleteFork(Ptr<Packet> packet, const TcpHeader& header, const Address& from,
                    const Address& to) override;
  void DoForwardUp(Ptr<Packet> packet, const Address& from, const Address& to) override;
  void ReceivedData(Ptr<Packet> packet, const TcpHeader& header) override;
  void SendEmptyPacket(std::uint8_t flags) override;
  std::uint32_t SendDataPacket(SequenceNumber32 sequence, std::uint32_t size,
                               bool with_ack) override;
  void ReTxTimeout() override;
  void PersistTimeout() override;

 private:
  struct Segment {
    std::uint8_t flags;
    SequenceNumber32 sequence;
    SequenceNumber32 ack;
    std::uint32_t payload;
  };

  static Segment Peek(const Ptr<Packet>& packet);
  Ptr<TandemTcpL4Protocol> Hashed() const;
  bool Register(const Ptr<TandemTcpL4Protocol>& tcp, Ipv4Address local, std::uint16_t local_port,
                Ipv4Address peer, std::uint16_t peer_port);
  void Unregister();
  void ResetStray(const Ptr<Packet>& packet, const Segment& segment, const Address& from,
                  const Address& to);
  void ReceivedWhileClosing(Ptr<Packet> packet, const Segment& segment, const Address& from,
                            const Address& to);
  static void HideFin(const Ptr<Packet>& packet);
  void ReceivedFin(const Segment& segment);
  void TurnOfFin();
  void Reset(const Segment& segment);
  bool AnswerRepeated(const Segment& segment);
  void AfterSegment(TcpStates_t before);
  void LimitNewData();
  void ProbeSmallWindow();
  std::uint32_t WindowForNewData() const;
  bool FinUnacknowledged() const;
  void FinishSending();
  void Fail(Failure why);
  void Orphan();
  void Forget();
  void LeaveBacklog();
  void Changed() {
    if (m_observer != nullptr) m_observer->SocketChanged();
  }

  TandemTcpObserver* m_observer = nullptr;
  std::weak_ptr<TandemTcpBacklog> m_backlog;
  Failure m_failure = Failure::NONE;
  std::shared_ptr<const std::vector<Time>> m_syn_waits;
  std::uint32_t m_syn_ack_count = 0;
  bool m_traceless = false;
  bool m_half_open = false;  // counted in the backlog
  bool m_orphan = false;     // closed: nobody reads any more
  std::uint8_t m_fin_tries = 0;
  std::uint8_t m_probes = 0;
  std::uint32_t m_fin_retries = 8;
  Time m_fin_timeout;
  Time m_first_persist_timeout;
  Time m_sent_at;
  Time m_acknowledged_at;
  EventId m_end_event;  // of an orphan in FIN_WAIT_2, or of TIME_WAIT

  // Of a connection in a TandemTcpL4Protocol, which owns a reference to this socket meanwhile.
  std::unique_ptr<Ipv4EndPoint> m_own_end_point;
  std::uint64_t m_key = 0;
  std::uint16_t m_listening_port = 0;
};

}  // namespace ns3
