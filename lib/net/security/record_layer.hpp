// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"

#include <cstddef>
#include <span>

namespace tandem {

/// Turns bytes into protected ones and back, for a stream of them. No input or output of its own.
class record_layer {
 public:
  virtual ~record_layer() = default;

  /// The most bytes that it needs to have in a row to make progress.
  virtual std::size_t record_size_max() const noexcept = 0;
  /// What seal() appends for so many bytes, at most.
  virtual std::size_t sealed_size(std::size_t plain) const noexcept = 0;

  /// Appends records with what it takes from the front of `plain`; how much that is.
  virtual std::size_t seal(byte_view plain, byte_buffer& out) = 0;

  struct opened {
    std::size_t consumed = 0;  ///< bytes at the front of `in` that are not needed any more
    std::size_t produced = 0;  ///< bytes in `into`; 0: a whole record is not there yet
    bool ended = false;        ///< the other end said that nothing follows, see finish()
  };
  /// Opens what lies at the front of `in`, and may overwrite it; what was not consumed must be at
  /// the front, unchanged, the next time. Fails with not_authentic or alerted.
  virtual boost::system::result<opened> open(std::span<std::uint8_t> in,
                                             std::span<std::uint8_t> into) = 0;

  /// Appends what tells the other end that nothing follows. Nothing where there is no such thing.
  virtual void finish(byte_buffer& /*out*/) {}
  /// Whether an end of the stream that was not told so is one that somebody on the way may have
  /// made.
  virtual bool tells_end() const noexcept { return false; }
};

}  // namespace tandem
