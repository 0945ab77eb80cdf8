// SPDX-License-Identifier: MIT
// What a node asks its peers: who they are, and whether they are there.
#include "net/node/node_facts.hpp"

#include "net/node/node_impl.hpp"
#include "net/node/node_timed_stream.hpp"
#include "net/protocol/identify.hpp"
#include "net/security/credentials.hpp"
#include "net/session/stream_protocols.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <exception>
#include <utility>

namespace tandem {

/// A ping on its way. Its coroutine owns it.
struct node::impl::pinged : timed_stream {
  std::weak_ptr<impl> by;
  noise_key sent, came{};
  ping_handler done;
};

namespace {

/// Bytes of a peer's answer to identify that are read: go-libp2p sends two messages, a signed
/// record in the second.
constexpr std::size_t answer_max = 2 * identify_size_max;
constexpr std::size_t agent_max = 128;
constexpr std::size_t version_max = 64;
constexpr std::size_t protocols_max = 64;
constexpr std::size_t protocol_bytes_max = 2048;
constexpr std::size_t addresses_max = 16;

/// Neither makes a connection used: a node may ask one that is about to end as idle.
constexpr stream_terms asking{false, answer_max};
constexpr stream_terms pinging{false};

peer_facts kept(const identify_answer& said) {
  peer_facts out{std::string(said.agent.substr(0, agent_max)),
                 std::string(said.protocol_version.substr(0, version_max)),
                 {},
                 said.listening,
                 said.observed};
  std::size_t bytes = 0;
  for (const auto each : said.protocols) {
    bytes += each.size();
    if (bytes > protocol_bytes_max || out.protocols.size() == protocols_max) break;
    out.protocols.emplace_back(each);
  }
  if (out.listening.size() > addresses_max) out.listening.resize(addresses_max);
  out.listening.shrink_to_fit();
  return out;
}

std::size_t memory_of(const peer_facts& facts) {
  auto bytes = sizeof facts + facts.agent.capacity() + facts.protocol_version.capacity() +
               facts.protocols.capacity() * sizeof(std::string) +
               facts.listening.capacity() * sizeof(endpoint);
  for (const auto& each : facts.protocols) bytes += each.capacity();
  return bytes;
}

}  // namespace

boost::system::result<peer_facts> read_facts(byte_view answer, const peer_id& of) {
  const auto said = parse_identify(answer);
  if (!said) return said.error();
  const auto& key = said->public_key_message;
  if (!key.empty() && peer_id_of_public_key(key) != of) return net_error::key_mismatch;
  return kept(*said);
}

void node::impl::identify(connection_id conn, duration within, facts_handler done) {
  ask(conn, std::string(identify_protocol), asking, {}, within,
      [this, conn, done = std::move(done)](error_code error, std::vector<std::byte> answer) {
        peer_facts facts;
        auto* of = find(conn);
        if (!error && !of) error = asio::error::connection_aborted;
        if (!error) {
          const auto* bytes = reinterpret_cast<const std::uint8_t*>(answer.data());
          if (auto found = read_facts({bytes, answer.size()}, of->peer))
            facts = std::move(*found);
          else
            error = found.error();
        }
        if (!error) {
          // Refused, what it said before stays, and stays charged.
          if (auto held = memory_hold::of(of->session->memory(), memory_of(facts)))
            of->facts_held = std::move(held);
          else
            error = net_error::out_of_memory;
        }
        if (error) return done(error, {});
        of->facts = std::make_unique<const peer_facts>(facts);
        const auto peer = of->peer;
        const auto self = shared_from_this();  // the observer may destroy the node
        if (observer_) observer_->on_identified(net_.clock().now(), conn, peer, facts);
        if (!dead_) done({}, facts);
      });
}

const peer_facts* node::impl::facts(connection_id conn) const {
  const auto found = links_.find(conn);
  return found == links_.end() ? nullptr : found->second->facts.get();
}

void node::impl::ping(connection_id conn, duration within, ping_handler done) {
  const auto deadline = later(net_.clock().now(), within);
  const auto made = std::make_shared<pinged>();
  made->by = weak_from_this();
  made->sent = session_options_.own->fresh_secret();
  made->done = std::move(done);
  open(conn, std::string(ping_protocol), pinging, within,
       [this, made, deadline](error_code error, application_stream stream) {
         if (error) return made->done(error, {});
         made->stream = std::move(stream);
         abort_at(made, clock_, deadline);
         asio::co_spawn(net_.executor(), hear_pong(made), [](const std::exception_ptr& thrown) {
           if (thrown) std::rethrow_exception(thrown);
         });
       });
}

asio::awaitable<void> node::impl::hear_pong(std::shared_ptr<pinged> of) {
  error_code error;
  time_point began{};
  if (const auto self = of->by.lock(); self && !self->dead_) began = self->net_.clock().now();
  try {
    co_await asio::async_write(of->stream.bytes, asio::buffer(of->sent), asio::use_awaitable);
    co_await asio::async_read(of->stream.bytes, asio::buffer(of->came), asio::use_awaitable);
    if (of->came != of->sent) error = net_error::malformed;
  } catch (const boost::system::system_error& failure) {
    error = of->told(failure);
  }
  of->alarm.forget();
  of->stream.bytes.close();
  const auto self = of->by.lock();
  if (!self || self->dead_) co_return;
  of->done(error, error ? duration{} : self->net_.clock().now() - began);
}

}  // namespace tandem
