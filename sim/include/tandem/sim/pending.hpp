// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/assert.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

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

  explicit pending_service(asio::io_context& io) : service(io), io_(io) { free_.reserve(free_max); }
  ~pending_service() {
    for (void* const block : free_) ::operator delete(block);
  }

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

  /// Memory of completions on their way, which is used again.
  void* take(std::size_t size) {
    if (size > block_size || free_.empty())
      return ::operator new(size > block_size ? size : block_size);
    void* const block = free_.back();
    free_.pop_back();
    return block;
  }
  void give(void* block, std::size_t size) noexcept {
    if (size > block_size || free_.size() == free_max)
      ::operator delete(block);
    else
      free_.push_back(block);
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

  static constexpr std::size_t block_size = 128;
  static constexpr std::size_t free_max = 1024;

  asio::io_context& io_;
  operation* first_ = nullptr;
  std::vector<void*> free_;
  bool shut_down_ = false;
};

/// Allocates from a pending_service.
template <class T>
class pending_memory {
 public:
  using value_type = T;
  explicit pending_memory(pending_service& from) noexcept : from_(&from) {}
  template <class Other>
  pending_memory(const pending_memory<Other>& other) noexcept : from_(other.from_) {}
  T* allocate(std::size_t count) { return static_cast<T*>(from_->take(count * sizeof(T))); }
  void deallocate(T* block, std::size_t count) noexcept { from_->give(block, count * sizeof(T)); }
  template <class Other>
  bool operator==(const pending_memory<Other>& other) const noexcept {
    return from_ == other.from_;
  }

 private:
  template <class Other>
  friend class pending_memory;
  pending_service* from_;
};

/// A call of `handler` that waits in the io_context.
template <class Handler, class... Args>
class pending_call {
 public:
  using allocator_type = pending_memory<std::byte>;

  pending_call(pending_service& service, Handler handler, Args... args)
      : service_(&service), handler_(std::move(handler)), args_(std::move(args)...) {}
  allocator_type get_allocator() const noexcept { return allocator_type(*service_); }
  void operator()() { std::apply(std::move(handler_), std::move(args_)); }

 private:
  pending_service* service_;
  Handler handler_;
  std::tuple<Args...> args_;
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
    const auto io = service.io().get_executor();
    if (runs_on(io, done))
      asio::post(io, pending_call<handler, Args...>(service, std::move(done), std::move(args)...));
    else
      asio::post(io, asio::append(std::move(done), std::move(args)...));
  }

 private:
  using io_executor = asio::io_context::executor_type;

  static bool runs_on(const io_executor& io, const handler& done) {
    const auto own = asio::get_associated_executor(done, io);
    const auto* const same = own.template target<io_executor>();
    return same && *same == io;
  }

  void drop() override {
    service_ = nullptr;
    handler dying;
    dying.swap(handler_);
  }

  handler handler_;
  pending_service* service_ = nullptr;
};

}  // namespace tandem::sim
