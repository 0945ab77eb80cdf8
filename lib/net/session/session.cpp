// SPDX-License-Identifier: MIT
#include "net/security/credentials.hpp"
#include "net/session/session_impl.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace tandem {
namespace {

/// Pings without an answer; further ones are not sent. Liveness gives up long before.
constexpr std::size_t pings_max = 16;

}  // namespace

session::impl::impl(connection_id conn, direction way, byte_stream stream,
                    const session_options& options, const tandem::clock& time,
                    const peer_id& expected, const endpoint& remote, session_owner& owner)
    : conn_(conn),
      way_(way),
      options_(options),
      time_(time),
      owner_(&owner),
      memory_(std::make_shared<memory_budget>(options.memory, *this)),
      budget_(*memory_),
      wire_(std::move(stream), *this, budget_),
      expected_(expected),
      remote_(remote),
      mux_(way, options.streams_max, options.window, *this, budget_) {
  message_size_max = options.message_size_max;
}

void session::impl::start() {
  asio::co_spawn(wire_.stream().get_executor(), run(shared_from_this()), asio::detached);
}

void session::impl::decide(cause refusal, duration retry_after) {
  if (!running() || decision_) return;
  decision_ = refusal;
  retry_after_ = retry_after;
  decided_.emit(asio::cancellation_type::terminal);
}

void session::impl::close(cause reason, duration retry_after) {
  if (!running() || phase_ == phase::closing || phase_ == phase::failing) return;
  if (phase_ == phase::upgrading) {
    abort(reason);
    return;
  }
  phase_ = phase::closing;
  reason_ = reason;
  retry_after_ = retry_after;
  pump();
}

void session::impl::abort(cause reason) {
  if (!running()) return;
  phase_ = phase::over;
  mux_.stop();
  wire_.stop();
  wire_.stream().abort();
  asio::post(wire_.stream().get_executor(), [self = shared_from_this(), reason] {
    if (auto* const owner = std::exchange(self->owner_, nullptr))
      owner->on_closed(self->conn_, reason);
  });
}

void session::impl::detach() {
  owner_ = nullptr;
  if (phase_ == phase::over) return;
  phase_ = phase::over;
  mux_.stop();
  wire_.stop();
  wire_.stream().abort();
}

void session::impl::finish(cause why, bool orderly) {
  if (!running()) return;
  phase_ = phase::over;
  mux_.stop();
  wire_.stop();
  if (orderly)
    wire_.stream().close();
  else
    wire_.stream().abort();
  std::exchange(owner_, nullptr)->on_closed(conn_, why);
}

void session::impl::ping(std::uint32_t value, bool probe) {
  if (!running() || phase_ != phase::open || pings_.size() >= pings_max) return;
  pings_.push_back({value, time_.now(), probe});
  mux_.ping(value);
  pump();
}

void session::impl::ready() {
  ready_ = true;
  owner_->on_ready(conn_);
}

void session::impl::on_frame(const yamux_header& header) {
  if (!ready_ && phase_ == phase::open && header.type != yamux_type::go_away) ready();
}

bool session::impl::on_pong(std::uint32_t value) {
  const auto found = std::find_if(pings_.begin(), pings_.end(),
                                  [&](const ping_sent& ping) { return ping.value == value; });
  if (found == pings_.end()) return false;
  const auto ping = *found;
  pings_.erase(found);
  owner_->on_rtt(conn_, time_.now() - ping.at);
  if (ping.probe && running()) owner_->on_probe_answered(conn_, value);
  return true;
}

void session::impl::on_go_away(std::uint32_t code) {
  if (remote_reason_ != cause::none || phase_ != phase::open) return;
  const auto [ours, retry_after] = parse_go_away(code);
  const bool failed = code == yamux_code::protocol_error || code == yamux_code::internal_error;
  remote_reason_ = ours.value_or(failed ? cause::protocol_error : cause::remote_closed);
  if (ours) owner_->on_remote_refused(conn_, *ours, retry_after);
}

void session::impl::shed_memory() {
  if (corked_ || !running() || phase_ == phase::upgrading) return;
  mux_.reset_largest();
  pump();
}

void session::impl::on_wire_sent(std::size_t size) {
  taken_ += size;
  traffic_.sent += size;
  note_traffic();
}

void session::impl::on_wire_received(std::size_t size) {
  if (!running()) return;
  traffic_.received += size;
  traffic_.last_received_at = time_.now();
  note_traffic();
}

void session::impl::note_app_bytes(std::size_t size) {
  if (!running() || size == 0) return;
  traffic_.app_bytes += size;
  traffic_.last_app_at = time_.now();
  note_traffic();
}

void session::impl::note_sent(std::size_t app_bytes) {
  if (app_bytes == 0) return;
  note_app_bytes(app_bytes);
  app_end_ = taken_;
  left_ = taken_ - std::min(taken_, wire_.stream().progress().unsent);
}

/// A slow line sends the last application bytes long after the transport took them.
void session::impl::note_left() {
  if (!running() || left_ >= app_end_) return;
  const auto progress = wire_.stream().progress();
  left_ = taken_ - std::min(taken_, progress.unsent);
  const auto since = left_ >= app_end_ ? progress.since_sent : duration{};
  traffic_.last_app_at = std::max(traffic_.last_app_at, time_.now() - since);
  note_traffic();
}

/// Pings do not count: the system of a peer that hangs acknowledges them for ever.
session_progress session::impl::progress() {
  if (!running() || acknowledged_ >= app_end_) return {};
  const auto progress = wire_.stream().progress();
  const auto before = acknowledged_;
  acknowledged_ = std::max(before, taken_ - std::min(taken_, progress.unacknowledged));
  const bool moved = acknowledged_ > before;
  return {moved ? time_.now() - progress.since_acknowledged : time_point{},
          acknowledged_ < app_end_};
}

void session::impl::note_traffic() {
  if (!running() || std::exchange(dirty_, true)) return;
  owner_->on_dirty(conn_);
}

session_traffic session::impl::take_traffic() {
  dirty_ = false;
  return std::exchange(traffic_, {});
}

session::session(connection_id conn, direction way, byte_stream stream,
                 const session_options& options, const tandem::clock& time, const peer_id& expected,
                 session_owner& owner, const endpoint& remote)
    : impl_(std::make_shared<impl>(conn, way, std::move(stream), options, time, expected, remote,
                                   owner)) {}

session::~session() { impl_->detach(); }

void session::start() { impl_->start(); }
void session::admit() { impl_->decide(cause::none, {}); }
void session::refuse(cause why, duration retry_after) { impl_->decide(why, retry_after); }
void session::probe(std::uint32_t nonce) { impl_->probe(nonce); }
send_result session::send(std::span<const std::byte> message) { return impl_->send(message); }
void session::open_stream() { impl_->open_stream(); }
void session::close_stream() { impl_->close_stream(); }
boost::system::result<byte_stream> session::open(std::string_view protocol,
                                                 const stream_terms& terms,
                                                 std::function<void(error_code)> opened) {
  return impl_->open(protocol, terms, std::move(opened));
}
void session::close(cause reason, duration retry_after) { impl_->close(reason, retry_after); }
void session::abort(cause reason) { impl_->abort(reason); }
session_progress session::progress() { return impl_->progress(); }
session_traffic session::take_traffic() { return impl_->take_traffic(); }
const session_traffic& session::traffic() const { return impl_->traffic(); }
const std::shared_ptr<memory_budget>& session::memory() const { return impl_->memory(); }
const session_upgrade& session::upgrade() const { return impl_->upgraded(); }
std::size_t session::streams() const noexcept { return impl_->streams(); }
error_code session::failure() const { return impl_->failure(); }

}  // namespace tandem
