// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/byte_stream.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tandem {

/// How the bytes of a memory_link move, and which operation fails.
struct memory_options {
  std::size_t read_max = std::numeric_limits<std::size_t>::max();   ///< bytes of one read
  std::size_t write_max = std::numeric_limits<std::size_t>::max();  ///< bytes of one write
  std::size_t capacity = std::numeric_limits<std::size_t>::max();   ///< bytes unread by the peer
  std::size_t fail_at = 0;  ///< the operation (1, 2, …) at which the link fails; 0: none
  error_code fails_with = asio::error::connection_reset;
  std::size_t changed_at = std::numeric_limits<std::size_t>::max();  ///< byte of end a's, changed
};

/// Two connected ends without delay on one io_context. Destroying the link drops what is pending.
class memory_link {
 public:
  /// One end: what its owner reads from, and what happened to it.
  struct end {
    std::vector<std::uint8_t> unread;
    std::size_t taken = 0;           ///< bytes of unread that were read after all
    std::vector<std::uint8_t> sent;  ///< everything this end wrote
    error_code over;                 ///< what a read gets when nothing is unread
    bool sending = true;
    bool closed = false;
    bool reset = false;      ///< its owner aborted it
    send_progress progress;  ///< what its transport says of what it wrote
    std::size_t writes = 0;
    io_handler reader, writer;
    asio::mutable_buffer into;
    asio::const_buffer from;
    end* peer = nullptr;
  };

  memory_link(asio::io_context& io, memory_options options = {}) : io_(io), options_(options) {
    a.peer = &b;
    b.peer = &a;
  }
  ~memory_link() {
    *alive_ = false;
    for (auto* e : {&a, &b})
      for (auto* pending : {&e->reader, &e->writer}) {
        io_handler dropped;
        dropped.swap(*pending);
      }
  }
  memory_link(const memory_link&) = delete;

  byte_stream stream_of(end& of) {
    return byte_stream(std::make_unique<stream>(*this, of), io_.get_executor());
  }
  std::size_t operations() const { return operations_; }

  // A scripted peer acts on its end without a stream.
  void put(end& as, std::span<const std::uint8_t> bytes) {
    as.sent.insert(as.sent.end(), bytes.begin(), bytes.end());
    as.peer->unread.insert(as.peer->unread.end(), bytes.begin(), bytes.end());
    wake(*as.peer);
  }
  std::vector<std::uint8_t> take(end& as) {
    drop(as, 0, true);
    auto taken = std::exchange(as.unread, {});
    wake(*as.peer);
    return taken;
  }
  void end_sending(end& as) {
    if (!as.sending) return;
    as.sending = false;
    if (!as.peer->over) as.peer->over = asio::error::eof;
    wake(*as.peer);
  }
  void reset(end& as) {
    as.sending = false;
    forget(*as.peer);
    as.peer->over = asio::error::connection_reset;
    as.peer->sending = false;
    wake(*as.peer);
  }

  end a, b;
  /// Every write of a stream, in order; end a is C.
  std::vector<std::pair<std::string, std::vector<std::uint8_t>>> record;

 private:
  class stream final : public stream_impl {
   public:
    stream(memory_link& link, end& of) : alive_(link.alive_), link_(link), end_(of) {}
    ~stream() override { abort(); }
    void read_some(asio::mutable_buffer into, io_handler done) override {
      end_.reader.swap(done);
      end_.into = into;
      if (auto slot = asio::get_associated_cancellation_slot(end_.reader); slot.is_connected())
        slot.assign([this](asio::cancellation_type) {
          link_.complete(end_.reader, asio::error::operation_aborted, 0);
        });
      if (link_.fails()) return;
      link_.wake(end_);
    }
    void write_some(asio::const_buffer from, io_handler done) override {
      ++end_.writes;
      end_.writer.swap(done);
      end_.from = from;
      if (link_.fails()) return;
      link_.wake(end_);
    }
    void shutdown_send() override { link_.end_sending(end_); }
    void close() override {
      if (!*alive_ || std::exchange(end_.closed, true)) return;
      link_.end_sending(end_);
      abort_pending();
    }
    void abort() override {
      if (!*alive_ || std::exchange(end_.closed, true)) return;
      end_.reset = true;
      link_.reset(end_);
      abort_pending();
    }
    send_progress progress() override { return *alive_ ? end_.progress : send_progress{}; }

   private:
    void abort_pending() {
      link_.complete(end_.reader, asio::error::operation_aborted, 0);
      link_.complete(end_.writer, asio::error::operation_aborted, 0);
    }
    std::shared_ptr<bool> alive_;  // streams in posted completions outlive the link
    memory_link& link_;
    end& end_;
  };

  /// Counts an operation; at the chosen one the link fails for both ends.
  bool fails() {
    if (++operations_ != options_.fail_at) return false;
    for (auto* e : {&a, &b}) {
      forget(*e);
      e->over = options_.fails_with;
      e->sending = false;
    }
    wake(a);
    wake(b);
    return true;
  }

  static std::size_t left(const end& of) { return of.unread.size() - of.taken; }
  static void forget(end& of) {
    of.unread.clear();
    of.taken = 0;
  }
  /// Takes off what was read; in large pieces, for one byte at a time it is moved too often.
  static void drop(end& of, std::size_t size, bool now = false) {
    of.taken += size;
    if (!now && of.taken * 2 < of.unread.size()) return;
    of.unread.erase(of.unread.begin(), of.unread.begin() + static_cast<std::ptrdiff_t>(of.taken));
    of.taken = 0;
  }

  void complete(io_handler& pending, error_code error, std::size_t size) {
    if (!pending) return;
    io_handler done;
    done.swap(pending);
    if (auto slot = asio::get_associated_cancellation_slot(done); slot.is_connected()) slot.clear();
    asio::post(io_, asio::append(std::move(done), error, size));
  }

  void wake(end& e) {
    if (e.reader && left(e) > 0) {
      const auto size = std::min({left(e), e.into.size(), options_.read_max});
      std::copy_n(e.unread.data() + e.taken, size, static_cast<std::uint8_t*>(e.into.data()));
      drop(e, size);
      complete(e.reader, {}, size);
      wake(*e.peer);
    } else if (e.reader && e.over) {
      complete(e.reader, e.over, 0);
    }
    if (e.writer && !e.sending) {
      complete(e.writer, e.over ? e.over : asio::error::connection_reset, 0);
    } else if (e.writer && left(*e.peer) < options_.capacity) {
      const auto size =
          std::min({e.from.size(), options_.write_max, options_.capacity - left(*e.peer)});
      const auto* from = static_cast<const std::uint8_t*>(e.from.data());
      e.sent.insert(e.sent.end(), from, from + size);
      if (&e == &a && e.sent.size() > options_.changed_at &&
          e.sent.size() - size <= options_.changed_at)
        e.sent[options_.changed_at] ^= 1;
      from = &e.sent[e.sent.size() - size];
      record.emplace_back(&e == &a ? "C>S" : "S>C", std::vector(from, from + size));
      if (!e.peer->closed) e.peer->unread.insert(e.peer->unread.end(), from, from + size);
      complete(e.writer, {}, size);
      wake(*e.peer);
    }
  }

  asio::io_context& io_;
  memory_options options_;
  std::size_t operations_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace tandem
