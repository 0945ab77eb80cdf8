// SPDX-License-Identifier: MIT
#pragma once

#include "node_answers.hpp"
#include "tandem/net/application_stream.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <map>
#include <memory>

namespace tandem::bindings {

/// Streams that Python holds, by number: each as one end of a pair of sockets, which asyncio reads
/// and writes; its other end is joined with the stream. All on the loop's thread.
class streams {
 public:
  using number = std::uint64_t;

  static constexpr std::size_t piece = 16 * 1024;
  /// Bytes that one stream makes us hold: a piece each way, what is in either socket (Linux doubles
  /// what is set), and what asyncio has read ahead, twice its limit in _node.py.
  static constexpr std::size_t most_of_one = 2 * piece + 2 * 2 * piece + 2 * 32 * 1024;

  streams(asio::io_context& loop, answers& said) : loop_(loop), said_(said) {}

  /// The descriptor of Python's end, which it closes; -1 when there is none left.
  int put(number which, application_stream stream);
  /// Bytes go from now on. "over" is said once both directions ended, with the reason when the
  /// stream broke: Python's end hears nothing of that before forget().
  void start(number which);
  /// A stream that is not over is reset.
  void forget(number which);
  void clear() { held_.clear(); }

 private:
  struct joined;
  static asio::awaitable<void> to_python(std::shared_ptr<joined> of);
  static asio::awaitable<void> from_python(std::shared_ptr<joined> of);
  asio::awaitable<void> run(number which, std::shared_ptr<joined> of);

  asio::io_context& loop_;
  answers& said_;
  std::map<number, std::shared_ptr<joined>> held_;
};

}  // namespace tandem::bindings
