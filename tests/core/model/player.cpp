// SPDX-License-Identifier: MIT
#include "player.hpp"

#include <csetjmp>
#include <memory>

namespace tandem::detail {

namespace {
// An assertion of the core ends the run it happened in like any other violation. The frames between
// are not unwound: what they held is lost, in a run that failed anyway.
thread_local std::jmp_buf* on_assertion = nullptr;
thread_local std::string assertion;
}  // namespace

void assertion_failed(const char* file, int line, const char* what) noexcept {
  assertion = std::string(file) + ":" + std::to_string(line) + ": assertion failed: " + what;
  if (on_assertion == nullptr) std::abort();
  std::longjmp(*on_assertion, 1);
}

}  // namespace tandem::detail

namespace tandem::reference {
namespace {

using std::chrono::milliseconds;
constexpr std::uint32_t peers_count = 10;
constexpr std::uint32_t self_number = 6;

peer_id peer_number(std::uint32_t n) {
  const std::array<std::uint8_t, 6> raw{0, 4, 0, 0, 0, static_cast<std::uint8_t>(n)};
  return peer_id::from_bytes(raw);
}

endpoint v6(std::array<std::uint8_t, 16> bytes, std::uint16_t port) { return {bytes, port, true}; }

/// Some networks: exempt ones, two /24 of public IPv4, IPv4-mapped, two sites of IPv6.
endpoint some_address(std::uint32_t n, std::uint16_t port) {
  const auto host = static_cast<std::uint8_t>(1 + n / 8 % 3);
  switch (n % 8) {
    case 0:
      return endpoint::v4(10, 0, 0, host, port);
    case 1:
      return endpoint::v4(127, 0, 0, host, port);
    case 2:
    case 3:
      return endpoint::v4(8, 8, 8, host, port);
    case 4:
      return endpoint::v4(9, 9, 9, host, port);
    case 5:
      return v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 8, 8, 8, host}, port);
    case 6:
      return v6({0x20, 1, 0xd, 0xb8, 0, 1, 0, host, 0, 0, 0, 0, 0, 0, 0, 1}, port);
    default:
      return v6({0x20, 1, 0xd, 0xb8, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, host}, port);
  }
}

class hashing_sink final : public trace_sink {
 public:
  explicit hashing_sink(trace_hash& into) : into_(into) {}
  void record(std::span<const std::byte> bytes) override { into_.add(bytes); }

 private:
  trace_hash& into_;
};

class player {
 public:
  player(std::uint64_t seed, const manager_options& options, reached* sum, std::ostream* log)
      : options_(options),
        self_(peer_number(self_number)),
        sink_(sum != nullptr && sum->traces ? std::make_unique<hashing_sink>(*sum->traces)
                                            : nullptr),
        real_(options, self_, seed, sink_.get()),
        mine_(options, self_),
        seed_(seed),
        sum_(sum),
        log_(log) {}

  void run(const step& s) {
    pass(s.time);
    perform(s);
  }
  void end() {
    tell(events::shutdown_wanted{});
    while (!mine_.connections().empty())
      tell(events::closed{mine_.connections().begin()->first, cause::reset});
    const manager_counters& c = real_.counters();
    if (!mine_.completed()) throw violation{"the shutdown never completed"};
    if (!mine_.requests().empty()) throw violation{"a request was never answered"};
    if (c.permits_live + c.active_connections + c.connected_peers + c.lingering +
            c.pending_inbound + c.pending_outbound !=
        0)
      throw violation{"something is left after the shutdown"};
  }
  const manager_counters& counters() const { return real_.counters(); }

 private:
  /// 0: no time passes. 1: to the next deadline; 2: to just before it. Otherwise so many
  /// microseconds, with a call of advance() at every deadline on the way if even.
  void pass(std::uint32_t time) {
    if (time == 0) return;
    const time_point next = real_.next_deadline();
    if (time == 1 && next != never) {
      now_ = std::max(now_, next);
      return advance();
    }
    if (time == 2 && next != never) {
      now_ = std::max(now_, next - duration(1));
      return advance();
    }
    const time_point to = now_ + std::chrono::microseconds(time);
    if (time % 2 == 0)
      while (real_.next_deadline() < to) {
        now_ = std::max(now_, real_.next_deadline());
        advance();
      }
    now_ = to;
  }

  void perform(const step& s) {
    const peer_id who = peer_number(s.b % peers_count);
    switch (s.kind) {
      case step_kind::dial:
        return dial(s, who);
      case step_kind::abandon:
        return tell(events::dial_abandoned{some_request(s.a)});
      case step_kind::disconnect:
        if (s.a % 2 == 0) return tell(events::disconnect_wanted{who, {}, cause::requested});
        return tell(events::disconnect_wanted{who, pick(s.b, {}), cause::requested});
      case step_kind::mark_peer:
        return tell(events::peer_marked{who, static_cast<mark>(s.a % 5), s.c % 3 != 0,
                                        s.c % 4 == 0 ? never : soon(s.c), s.c - 100});
      case step_kind::mark_subnet:
        return mark_subnet(s);
      case step_kind::override_backoff:
        return tell(events::backoff_overridden{who});
      case step_kind::configure:
        options_ = changed(options_, seed_ + s.a * 256U + s.b);
        return tell(events::configured{options_});
      case step_kind::addresses:
        return addresses(s);
      case step_kind::connect:
        return tell(events::attempt_connected{pick(s.a, life::attempting)});
      case step_kind::fail_attempt:
        return tell(events::attempt_failed{
            pick(s.a, s.b % 4 == 0 ? life::ending : life::attempting), some_failure(s.c),
            s.b % 8 == 1, milliseconds(s.b % 8 == 2 ? s.c * 20 : 0)});
      case step_kind::arrive:
        if (s.a >= 253) return tell(events::arrived{pick(s.a, {}), some_address(s.b, 1)});
        return tell(events::arrived{connection_id{2 * ++arrivals_}, some_address(s.b, s.c)});
      case step_kind::authenticate:
        return authenticate(s, who);
      case step_kind::ready:
        return tell(
            events::ready{pick(s.a, s.b % 8 == 0 ? life::superseded : life::authenticated)});
      case step_kind::traffic:
        return traffic(s);
      case step_kind::rtt:
        return tell(events::rtt_sampled{pick(s.a, life::ready), milliseconds(s.b * s.c / 16)});
      case step_kind::answer:
        if (s.c % 2 == 0) return tell(events::probe_answered{pick(s.a, life::ready), s.b});
        return tell(events::progressed{pick(s.a, life::ready), earlier(s.c), s.b % 2 == 0});
      case step_kind::open_stream:
        return tell(events::stream_opened{pick(s.a, life::ready), s.b % 4 != 0});
      case step_kind::close_stream:
        return tell(events::stream_closed{pick(s.a, life::ready), s.b % 4 != 0});
      case step_kind::told_refusal:
        return tell(events::remote_refused{pick(s.a, told_at(s.b)), some_cause(s.c),
                                           milliseconds(s.b % 3 == 0 ? s.c * 20 : 0)});
      case step_kind::close:
        return tell(events::closed{pick(s.a, static_cast<life>(s.b % 9)), some_cause(s.c)});
      case step_kind::network_changed:
        return tell(events::network_changed{});
      case step_kind::pressure:
        return tell(events::pressure{s.a % 3 == 0, s.b % 3 == 0});
      case step_kind::accept_failed:
        return tell(events::accept_failed{cause::local_resource});
      case step_kind::advance:
        return advance();
      case step_kind::shutdown:
        return tell(events::shutdown_wanted{s.a % 2 ? never : now_ + milliseconds(s.b * 10)});
    }
  }

  void dial(const step& s, const peer_id& who) {
    const bool again = s.c >= 250 && !mine_.requests().empty();
    const request_id r = again ? some_request(s.a) : request_id{++dials_};
    const bool anonymous = s.c % 16 == 15;
    const bool additional = s.c % 4 == 3;
    list_.clear();
    const std::uint32_t many = s.a >= 250 ? 20 : s.a % 5U;
    for (std::uint32_t i = 0; i < many; ++i)
      list_.push_back(address_to(s.b % peers_count, s.a / 5 + i, additional));
    tell(events::dial_wanted{r, anonymous ? peer_id{} : who, list_,
                             additional ? dial_mode::additional : dial_mode::join, s.a % 3,
                             s.c % 2 ? never : now_ + milliseconds(s.c * 50)});
  }
  /// Addresses of joining dials come from a few of the peer, those of others are all different, so
  /// that an attempt belongs to one dial only.
  endpoint address_to(std::uint32_t peer, std::uint32_t i, bool unique) {
    if (unique) return some_address(i, static_cast<std::uint16_t>(1000 + ++unique_ % 60'000));
    return some_address(peer + i, static_cast<std::uint16_t>(1 + peer));
  }
  void addresses(const step& s) {
    const request_id r = some_request(s.a);
    list_.clear();
    for (std::uint32_t i = 0; i < s.b % 4U; ++i) {
      const bool joins = mine_.joins(r);
      list_.push_back(address_to(mine_.peer_number_of(r), s.c + i, !joins));
    }
    constexpr std::array names{cause::none, cause::name_unknown, cause::name_timeout};
    tell(events::addresses_found{r, list_, s.c % 2 == 0, names[s.b % names.size()]});
  }
  void authenticate(const step& s, const peer_id& other) {
    const connection_id id = pick(s.a, life::handshaking);
    const peer_id expected = mine_.dialled(id);
    tell(events::authenticated{id, expected.empty() || s.c % 16 == 0 ? other : expected});
  }
  void traffic(const step& s) {
    tell(events::traffic{pick(s.a, life::ready), s.b, s.b % 2 ? s.b : 0U,
                         static_cast<std::uint64_t>(s.b % 4 > 1), earlier(s.c), earlier(s.c)});
  }
  time_point earlier(std::uint8_t n) const {
    return now_ - std::min(now_.time_since_epoch(), duration(n * 1'000'000));
  }
  void mark_subnet(const step& s) {
    const endpoint net = some_address(s.a, 0);
    static constexpr std::uint8_t v4[] = {8, 16, 24, 32, 0, 28};
    static constexpr std::uint8_t wide[] = {32, 48, 64, 128, 0, 96};
    tell(events::subnet_marked{net, net.v6 ? wide[s.b % 6] : v4[s.b % 6],
                               s.c % 8 == 7   ? mark::tag
                               : s.c % 2 == 0 ? mark::deny
                                              : mark::allow,
                               s.c % 3 != 0, s.b % 5 == 0 ? never : soon(s.c)});
  }

  static life told_at(std::uint8_t n) {
    return n % 4 == 0 ? life::ready : n % 2 ? life::handshaking : life::authenticated;
  }
  /// A time of its own, so that nothing is decided by a tie.
  time_point soon(std::uint8_t n) { return now_ + milliseconds(n * 40) + duration(++unique_); }
  request_id some_request(std::uint8_t n) {
    if (n >= 252 || mine_.requests().empty()) return request_id{1 + n * 7U};
    auto i = mine_.requests().begin();
    std::advance(i, n % mine_.requests().size());
    return i->first;
  }
  /// A connection in that state; another one when there is none, or sometimes; or nonsense.
  connection_id pick(std::uint8_t n, std::optional<life> at) {
    if (n >= 252 || mine_.connections().empty()) return connection_id{n * 3U};
    std::vector<connection_id> all;
    if (at && n < 240)
      for (const auto& [id, c] : mine_.connections())
        if (c.at == *at) all.push_back(id);
    if (all.empty())
      for (const auto& [id, c] : mine_.connections()) all.push_back(id);
    return all[n % all.size()];
  }
  static cause some_cause(std::uint8_t n) { return static_cast<cause>(n % causes_count); }
  static cause some_failure(std::uint8_t n) {
    static constexpr cause likely[] = {cause::connection_refused, cause::connect_timeout,
                                       cause::unreachable, cause::local_resource};
    return n % 8 == 7 ? some_cause(n / 8) : likely[n % 4];
  }

  void tell(const event& what) {
    if (log_ != nullptr) *log_ << "  " << text_of(now_) << "  " << text_of(what) << "\n";
    mine_.hears(now_, what);
    real_.handle(now_, what);
    settle();
  }
  void advance() {
    if (log_ != nullptr) *log_ << "  " << text_of(now_) << "  advance\n";
    mine_.advances(now_);
    real_.advance(now_);
    settle();
  }
  void settle() {
    while (const auto a = real_.poll_action()) {
      if (log_ != nullptr) *log_ << "      -> " << text_of(*a) << "\n";
      if (sum_ != nullptr)
        if (const auto* n = std::get_if<actions::notify>(&*a))
          ++sum_->notices[static_cast<std::size_t>(n->what.kind)];
      mine_.does(*a);
    }
    mine_.rests(real_);
    if (sum_ != nullptr) ++sum_->events;
  }

  manager_options options_;
  peer_id self_;
  std::unique_ptr<trace_sink> sink_;
  connection_manager real_;
  manager mine_;
  std::uint64_t seed_;
  reached* sum_;
  std::ostream* log_;
  time_point now_{};
  std::vector<endpoint> list_;
  std::uint64_t arrivals_ = 0;
  std::uint64_t dials_ = 0;
  std::uint32_t unique_ = 0;
};

void add(manager_counters& sum, const manager_counters& c) {
  sum.established_total += c.established_total;
  sum.failed_total += c.failed_total;
  sum.closed_total += c.closed_total;
  sum.evicted_total += c.evicted_total;
  sum.records_dropped += c.records_dropped;
  sum.ignored_events += c.ignored_events;
  for (std::size_t i = 0; i < causes_count; ++i) sum.refused[i] += c.refused[i];
}

}  // namespace

std::optional<failure> play(std::uint64_t seed, const manager_options& options,
                            const std::vector<step>& script, reached* sum, std::ostream* log) {
  std::jmp_buf here;
  // Not in this frame: longjmp leaves it alone.
  static thread_local std::size_t at;
  at = 0;
  auto* p = new player(seed, options, sum, log);
  detail::on_assertion = &here;
  if (setjmp(here) != 0) {
    detail::on_assertion = nullptr;
    return failure{at, detail::assertion};
  }
  try {
    for (; at < script.size(); ++at) p->run(script[at]);
    p->end();
    if (sum != nullptr) add(sum->counters, p->counters());
  } catch (const violation& v) {
    delete p;
    detail::on_assertion = nullptr;
    return failure{at, v.what};
  }
  detail::on_assertion = nullptr;
  delete p;
  return std::nullopt;
}

}  // namespace tandem::reference
