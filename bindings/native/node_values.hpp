// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/bad_input.hpp"
#include "tandem/core/time.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/net/peer_facts.hpp"
#include "tandem/net/request.hpp"

#include <boost/asio/error.hpp>
#include <boost/json.hpp>
#include <boost/system/system_error.hpp>

#include <pybind11/pybind11.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::bindings {

/// What Nodes speak when nothing else is said.
inline constexpr const char* standard_protocol = "/tandem/request/1";

[[noreturn]] inline void raise_os_error(const boost::system::system_error& e) {
  PyErr_SetObject(PyExc_OSError, pybind11::make_tuple(e.code().value(), e.what()).ptr());
  throw pybind11::error_already_set();
}

inline std::vector<std::byte> bytes_of(const pybind11::bytes& from) {
  const std::string_view view(from);
  std::vector<std::byte> bytes(view.size());
  std::memcpy(bytes.data(), view.data(), view.size());
  return bytes;
}
inline pybind11::bytes bytes_to(const std::vector<std::byte>& from) {
  return {reinterpret_cast<const char*>(from.data()), from.size()};
}
inline duration duration_of(double seconds) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
}
inline std::string why_of(const boost::system::error_code& failed) {
  if (failed == boost::asio::error::not_connected) return "there is no connection with it";
  if (failed == boost::asio::error::timed_out) return "timed out";
  if (failed == boost::asio::error::connection_aborted) return "the connection ended";
  if (failed == boost::asio::error::connection_reset)
    return "the peer refused it, or the connection ended";
  return failed.message();
}

/// What a peer says of itself, as JSON.
inline std::string json_of(const peer_facts& said) {
  boost::json::array addresses;
  for (const auto& each : said.listening) addresses.emplace_back(to_multiaddr(each));
  const boost::json::value observed = said.observed.port == 0
                                          ? boost::json::value()
                                          : boost::json::value(to_multiaddr(said.observed));
  return boost::json::serialize(boost::json::object{
      {"agent", said.agent},
      {"protocol_version", said.protocol_version},
      {"protocols", boost::json::array(said.protocols.begin(), said.protocols.end())},
      {"addresses", std::move(addresses)},
      {"observed", observed}});
}

inline identity identity_of(const std::string& seed) {
  if (seed.size() != identity::seed_size)
    throw bad_input("an identity is " + std::to_string(identity::seed_size) +
                    " secret bytes, not " + std::to_string(seed.size()));
  std::array<std::uint8_t, identity::seed_size> bytes{};
  std::memcpy(bytes.data(), seed.data(), seed.size());
  return identity::from_seed(bytes);
}
/// Requests of peers: those Python has not looked at yet, and those that wait for its answer. From
/// any thread; answers are called and dropped on the loop's.
class questions {
 public:
  using answer = std::function<void(std::vector<std::byte>)>;

  /// Beyond so many that nobody looked at, one is refused.
  static constexpr std::size_t new_max = 4096;

  void came(received_request what) {
    const std::lock_guard locked(mutex_);
    if (new_.size() < new_max) new_.push_back(std::move(what));
  }
  /// Refuses all; before the node is gone.
  void clear() {
    const std::lock_guard locked(mutex_);
    new_.clear();
    wait_.clear();
  }
  /// Those that came, each with its number: answer_of() has its answer then.
  std::vector<std::pair<std::uint64_t, received_request>> take() {
    const std::lock_guard locked(mutex_);
    std::vector<std::pair<std::uint64_t, received_request>> out;
    for (auto& one : std::exchange(new_, {})) {
      wait_.emplace(++last_, std::exchange(one.answer, {}));
      out.emplace_back(last_, std::move(one));
    }
    return out;
  }
  /// Once; empty when there is none.
  answer answer_of(std::uint64_t number) {
    const std::lock_guard locked(mutex_);
    const auto at = wait_.find(number);
    if (at == wait_.end()) return {};
    auto found = std::move(at->second);
    wait_.erase(at);
    return found;
  }

 private:
  std::mutex mutex_;
  std::vector<received_request> new_;
  std::map<std::uint64_t, answer> wait_;
  std::uint64_t last_ = 0;
};

}  // namespace tandem::bindings
