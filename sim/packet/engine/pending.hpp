// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/intrusive/list.hpp>

#include <utility>

namespace tandem::packet {

namespace asio = boost::asio;

/// Knows every pending operation of one io_context and drops them when it shuts down. A waiting
/// coroutine is owned by its handler, the handler by the operation, and the operation often by the
/// coroutine's frame: here the cycle is cut.
class pending_operations final : public asio::execution_context::service {
 public:
  using key_type = pending_operations;
  inline static asio::execution_context::id id;

  class operation : public boost::intrusive::list_base_hook<
                        boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
   public:
    virtual void drop() = 0;  ///< destroys the handler, which may destroy *this

   protected:
    ~operation() = default;
  };

  explicit pending_operations(asio::execution_context& context) : service(context) {}
  void add(operation& op) { operations_.push_back(op); }

 private:
  void shutdown() override {
    while (!operations_.empty()) {
      operation& op = operations_.front();
      operations_.pop_front();
      op.drop();
    }
  }

  boost::intrusive::list<operation, boost::intrusive::constant_time_size<false>> operations_;
};

/// At most one pending operation: it completes exactly once, through the executor.
template <class... Args>
class pending final : pending_operations::operation {
 public:
  using handler = asio::any_completion_handler<void(Args...)>;

  pending() = default;
  ~pending() = default;
  pending(const pending&) = delete;
  pending& operator=(const pending&) = delete;

  bool armed() const { return static_cast<bool>(handler_); }

  void arm(asio::io_context& io, handler h) {
    handler_.swap(h);  // its move assignment recurses in Boost 1.81
    io_ = &io;
    asio::use_service<pending_operations>(io).add(*this);
  }

  /// Calls `cancelled` when the operation's cancellation slot fires. Once, after arm().
  template <class F>
  void on_cancel(F cancelled) {
    if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
      slot.assign([cancelled](asio::cancellation_type) mutable { cancelled(); });
  }

  void complete(Args... args) {
    if (!handler_) return;
    handler h;
    h.swap(handler_);
    this->unlink();
    if (auto slot = asio::get_associated_cancellation_slot(h); slot.is_connected()) slot.clear();
    asio::post(io_->get_executor(), asio::append(std::move(h), std::move(args)...));
  }

 private:
  void drop() override {
    handler h;
    h.swap(handler_);
  }

  handler handler_;
  asio::io_context* io_ = nullptr;
};

}  // namespace tandem::packet
