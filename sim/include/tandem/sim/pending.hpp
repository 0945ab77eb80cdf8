// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/assert.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <utility>

namespace tandem::sim {

namespace asio = boost::asio;
using boost::system::error_code;

/// Owns the pending operations of an execution context, so that they die with it. A waiting
/// coroutine is owned by its handler, the handler by the operation, the operation by a stream, and
/// the stream lives in the coroutine's frame: shutdown() cuts this cycle.
class pending_service final : public asio::execution_context::service {
 public:
  using key_type = pending_service;
  inline static asio::execution_context::id id;

  /// An operation in the list of its service.
  class operation {
   public:
    operation() = default;
    operation(const operation&) = delete;
    operation& operator=(const operation&) = delete;

   protected:
    ~operation() = default;

   private:
    friend class pending_service;
    virtual void drop() = 0;  // may destroy *this
    operation* before_ = nullptr;
    operation* after_ = nullptr;
  };

  explicit pending_service(asio::io_context& io) : service(io), io_(io) {}

  asio::io_context& io() const noexcept { return io_; }

  bool shut_down() const noexcept { return shut_down_; }

  void add(operation& op) noexcept {
    op.before_ = nullptr;
    op.after_ = first_;
    if (first_) first_->before_ = &op;
    first_ = &op;
  }
  void remove(operation& op) noexcept {
    (op.before_ ? op.before_->after_ : first_) = op.after_;
    if (op.after_) op.after_->before_ = op.before_;
  }

 private:
  void shutdown() override {
    shut_down_ = true;
    while (first_) {
      operation& op = *first_;
      remove(op);
      op.drop();
    }
  }

  asio::io_context& io_;
  operation* first_ = nullptr;
  bool shut_down_ = false;
};

/// One operation: completes exactly once, through the io_context, or dies with it.
template <class... Args>
class pending final : pending_service::operation {
 public:
  using handler = asio::any_completion_handler<void(Args...)>;

  ~pending() {
    if (service_) service_->remove(*this);
  }

  bool armed() const noexcept { return service_ != nullptr; }

  void arm(asio::io_context& io, handler done) {
    auto& service = asio::use_service<pending_service>(io);
    TANDEM_ASSERT(!armed() && "one operation of a kind at a time");
    if (service.shut_down()) return;
    // Swap: move assignment of Boost 1.81's any_completion_handler recurses without end.
    handler_.swap(done);
    service_ = &service;
    service.add(*this);
  }

  /// Calls `cancel()` when the operation is cancelled through the handler's slot.
  template <class Cancel>
  void on_cancel(Cancel cancel) {
    if (!armed()) return;
    if (auto slot = asio::get_associated_cancellation_slot(handler_); slot.is_connected())
      slot.assign([cancel](asio::cancellation_type) {
        const Cancel kept = cancel;  // completing clears the slot and destroys this function
        kept();
      });
  }

  void complete(Args... args) {
    if (!armed()) return;
    handler done;
    done.swap(handler_);
    pending_service& service = *std::exchange(service_, nullptr);
    service.remove(*this);
    if (auto slot = asio::get_associated_cancellation_slot(done); slot.is_connected()) slot.clear();
    // To the I/O executor: asio::post goes on to the handler's own executor, if it has one.
    asio::post(service.io().get_executor(), asio::append(std::move(done), std::move(args)...));
  }

 private:
  void drop() override {
    service_ = nullptr;
    handler dying;
    dying.swap(handler_);
  }

  handler handler_;
  pending_service* service_ = nullptr;
};

}  // namespace tandem::sim
