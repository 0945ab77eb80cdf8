// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace tandem {

/// A move-only callable without arguments, run at most once (std::move_only_function is C++23).
/// Callables of up to 32 bytes are stored in place: an event of the kernel needs no allocation.
class task {
 public:
  task() = default;

  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, task> && std::is_invocable_v<F&>)
      task(F&& f) {  // NOLINT: implicit, as std::function
    using callable = std::remove_cvref_t<F>;
    if constexpr (fits<callable>) {
      ::new (static_cast<void*>(storage_)) callable(std::forward<F>(f));
      table_ = &in_place<callable>;
    } else {
      ::new (static_cast<void*>(storage_)) callable*(new callable(std::forward<F>(f)));
      table_ = &on_heap<callable>;
    }
  }

  task(task&& other) noexcept { take(other); }
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~task() { reset(); }

  explicit operator bool() const noexcept { return table_ != nullptr; }

  /// Runs and destroys the callable; the task is empty before the call begins.
  void operator()() {
    task running(std::move(*this));
    running.table_->run(running.storage_);
  }

 private:
  static constexpr std::size_t capacity = 32;

  struct functions {
    void (*run)(void*);
    void (*move)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };

  template <class F>
  static constexpr bool fits =
      sizeof(F) <= capacity &&
      alignof(F) <= alignof(void*) && std::is_nothrow_move_constructible_v<F>;

  template <class F>
  static constexpr functions in_place = {[](void* p) { (*static_cast<F*>(p))(); },
                                         [](void* from, void* to) noexcept {
                                           ::new (to) F(std::move(*static_cast<F*>(from)));
                                           static_cast<F*>(from)->~F();
                                         },
                                         [](void* p) noexcept { static_cast<F*>(p)->~F(); }};

  template <class F>
  static constexpr functions on_heap = {
      [](void* p) { (**static_cast<F**>(p))(); },
      [](void* from, void* to) noexcept { ::new (to) F*(*static_cast<F**>(from)); },
      [](void* p) noexcept { delete *static_cast<F**>(p); }};

  void take(task& other) noexcept {
    table_ = std::exchange(other.table_, nullptr);
    if (table_) table_->move(other.storage_, storage_);
  }
  void reset() noexcept {
    if (const auto* table = std::exchange(table_, nullptr)) table->destroy(storage_);
  }

  alignas(void*) std::byte storage_[capacity];
  const functions* table_ = nullptr;
};

}  // namespace tandem
