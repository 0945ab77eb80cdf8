// SPDX-License-Identifier: MIT
#include "buffer_arguments.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>

namespace tandem::cli {
namespace {

std::uint64_t bytes_of(const std::string& option, const std::string& text) {
  const auto parsed = parse_bytes(text);
  if (!parsed) throw bad_input(option + " " + text, "no size; write 134217728 or 128MiB");
  if (*parsed > buffer_options::most)
    throw bad_input(option + " " + text,
                    "must be at most " + std::to_string(buffer_options::most) + " bytes");
  return *parsed;
}

}  // namespace

void buffer_arguments::add_to(CLI::App& app) {
  app.add_option("--connection-buffers-max", connection_buffers_,
                 "Memory that the buffers of one connection take at most, both directions; "
                 "beyond it streams are reset and messages refused")
      ->default_str("32MiB");
  app.add_option("--buffers-max", buffers_,
                 "Memory that all buffers take at most beyond 24 KiB each, if max_memory leaves "
                 "as much; for more whoever took most loses a stream. Default: go-libp2p's")
      ->default_str("128MiB");
  app.add_option("--streams-max", streams_,
                 "Streams of one connection that are open at once, of either end: one more of the "
                 "peer's is reset, one more of this node's not opened; 1 to 1 million")
      ->type_name("COUNT")
      ->default_str("256");
  app.add_option("--receive-window", receive_window_,
                 "Bytes of one stream that its peer may send before they are read (the window of "
                 "yamux, which begins with 256KiB): more is faster where round trips are long, and "
                 "takes more memory; at most connection_buffers_max")
      ->default_str("256KiB");
}

void buffer_arguments::read_buffers(node_options& into) const {
  auto& buffers = into.buffers;
  if (!connection_buffers_.empty())
    buffers.connection_buffers_max = bytes_of("--connection-buffers-max", connection_buffers_);
  if (buffers.connection_buffers_max < into.message_size_max)
    throw bad_input("--connection-buffers-max " + connection_buffers_,
                    "a message has up to 1MiB and would never fit; give as much at least");
  if (!buffers_.empty()) buffers.buffers_max = bytes_of("--buffers-max", buffers_);
}

void buffer_arguments::read_streams(node_options& into) const {
  auto& streams = into.streams;
  if (!streams_.empty()) {
    const auto count = parse_count(streams_);
    if (!count || *count < 1 || *count > stream_options::streams_most)
      throw bad_input("--streams-max " + streams_, "must be a whole number from 1 to 1000000");
    streams.streams_max = *count;
  }
  if (receive_window_.empty()) return;
  const auto window = bytes_of("--receive-window", receive_window_);
  if (window < stream_options::window_least || window > stream_options::window_most)
    throw bad_input("--receive-window " + receive_window_,
                    "must be from 256KiB, which yamux begins with, to 4GiB less a byte");
  if (window > into.buffers.connection_buffers_max)
    throw bad_input("--receive-window " + receive_window_,
                    "is above connection_buffers_max, " +
                        format_bytes(into.buffers.connection_buffers_max) +
                        ": what a peer may send would not fit; lower it or raise that");
  streams.receive_window = window;
}

}  // namespace tandem::cli
