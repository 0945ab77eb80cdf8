// SPDX-License-Identifier: GPL-2.0-only
#include "seam/packet_stream.hpp"

#include <ns3/packet.h>
#include <ns3/simulator.h>
#include <boost/asio/error.hpp>

#include <algorithm>

namespace tandem::packet {

using failure = ns3::TandemTcpSocket::Failure;

error_code error_of(failure why) {
  switch (why) {
    case failure::NONE:
      return {};
    case failure::REFUSED:
      return asio::error::connection_refused;
    case failure::RESET:
      return asio::error::connection_reset;
    case failure::TIMED_OUT:
      return asio::error::timed_out;
  }
  return asio::error::fault;
}

packet_stream::packet_stream(loop& l, ns3::Ptr<ns3::TandemTcpSocket> socket)
    : loop_(l), socket_(std::move(socket)) {
  socket_->SetObserver(this);
}

packet_stream::~packet_stream() { abort(); }

void packet_stream::finish(sim::pending<error_code, std::size_t>& operation, error_code error,
                           std::size_t bytes) {
  operation.complete(error, bytes);
  loop_.wake();
}

void packet_stream::read_some(asio::mutable_buffer into, io_handler done) {
  reader_.arm(loop_.io(), std::move(done));
  reader_.on_cancel([this] { finish(reader_, asio::error::operation_aborted, 0); });
  into_ = into;
  try_read();
}

void packet_stream::write_some(asio::const_buffer from, io_handler done) {
  writer_.arm(loop_.io(), std::move(done));
  writer_.on_cancel([this] { finish(writer_, asio::error::operation_aborted, 0); });
  from_ = from;
  try_write();
}

void packet_stream::try_read() {
  if (!reader_.armed()) return;
  if (into_.size() == 0) return finish(reader_, {}, 0);
  if (!socket_) return finish(reader_, asio::error::bad_descriptor, 0);
  if (socket_->GetRxAvailable() > 0) {
    const auto wanted = static_cast<std::uint32_t>(std::min<std::size_t>(into_.size(), 1U << 30));
    const ns3::Ptr<ns3::Packet> packet = socket_->Recv(wanted, 0);
    const auto bytes = packet->CopyData(static_cast<std::uint8_t*>(into_.data()), wanted);
    return finish(reader_, {}, bytes);
  }
  if (socket_->PeerFinished()) return finish(reader_, asio::error::eof, 0);
  if (socket_->GetFailure() != failure::NONE)
    return finish(reader_, error_of(socket_->GetFailure()), 0);
}

void packet_stream::try_write() {
  if (!writer_.armed()) return;
  if (from_.size() == 0) return finish(writer_, {}, 0);
  if (!socket_) return finish(writer_, asio::error::bad_descriptor, 0);
  if (socket_->GetFailure() != failure::NONE)
    return finish(writer_, error_of(socket_->GetFailure()), 0);
  if (sending_over_) return finish(writer_, asio::error::broken_pipe, 0);
  const auto bytes =
      static_cast<std::uint32_t>(std::min<std::size_t>(from_.size(), socket_->GetTxAvailable()));
  if (bytes == 0) return;
  const int taken = socket_->Send(
      ns3::Create<ns3::Packet>(static_cast<const std::uint8_t*>(from_.data()), bytes), 0);
  if (taken < 0) return finish(writer_, asio::error::broken_pipe, 0);
  finish(writer_, {}, static_cast<std::size_t>(taken));
}

send_progress packet_stream::progress() {
  if (!socket_) return {};
  return {socket_->GetUnsent(), socket_->GetUnacknowledged(),
          duration(socket_->GetSinceSent().GetNanoSeconds()),
          duration(socket_->GetSinceAcknowledged().GetNanoSeconds())};
}

void packet_stream::SocketChanged() {
  try_read();
  try_write();
}

void packet_stream::shutdown_send() {
  sending_over_ = true;
  if (socket_) socket_->ShutdownSend();
}

void packet_stream::release() {
  socket_ = nullptr;
  finish(reader_, asio::error::operation_aborted, 0);
  finish(writer_, asio::error::operation_aborted, 0);
}

void packet_stream::close() {
  if (!socket_) return;
  socket_->SetObserver(nullptr);
  socket_->Close();
  release();
}

void packet_stream::abort() {
  if (!socket_) return;
  socket_->Abort(!loop_.over());
  // A socket that just connected has planned to say so in this moment, by its bare address.
  ns3::Simulator::ScheduleNow([kept = socket_] {});
  release();
}

}  // namespace tandem::packet
