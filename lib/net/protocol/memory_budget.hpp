// SPDX-License-Identifier: MIT
#pragma once

#include "net/protocol/varint.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

namespace tandem {

/// How much memory the buffers of a node's connections may take.
struct memory_limits {
  static constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

  std::uint64_t share = none;            ///< bytes each connection has whatever the others hold
  std::uint64_t connection_most = none;  ///< bytes of one connection, its share among them
  std::uint64_t loans_most = none;       ///< bytes of all connections beyond their shares
};

/// Frees memory of one connection because others need it.
class memory_holder {
 public:
  virtual ~memory_holder() = default;
  /// Gives up what takes most. Not called while the holder itself asks for memory.
  virtual void shed_memory() = 0;
};

class memory_budget;

/// Lends the connections of one node what their buffers take beyond their shares. A share is never
/// refused; a loan may be called in, from whoever borrowed most, for one that asks for less.
class memory_pool {
 public:
  /// New limits; loans that no longer fit are called in.
  void limit(const memory_limits& limits);
  const memory_limits& limits() const noexcept { return limits_; }

  std::uint64_t used() const noexcept { return used_; }        ///< bytes, shares and loans
  std::uint64_t lent() const noexcept { return lent_; }        ///< bytes, loans alone
  std::uint64_t refused() const noexcept { return refused_; }  ///< requests so far
  std::uint64_t shed() const noexcept { return shed_; }        ///< loans called in so far
  std::uint64_t held() const noexcept { return held_; }        ///< bytes of used() in memory_holds

 private:
  friend class memory_budget;
  friend class memory_hold;

  bool room_for(std::uint64_t loan) const noexcept {
    return lent_ <= limits_.loans_most && loan <= limits_.loans_most - lent_;
  }
  bool call_in_for(std::uint64_t loan, const memory_budget* asking);
  void change_loan(memory_budget& of, std::uint64_t loan);

  memory_limits limits_;
  std::uint64_t used_ = 0;
  std::uint64_t lent_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t shed_ = 0;
  std::uint64_t held_ = 0;
  std::vector<memory_budget*> borrowers_;
};

/// What the buffers of one connection take. All is given back when it goes.
class memory_budget {
 public:
  /// The pool is shared because operations in flight keep connections alive longer than their node.
  memory_budget(std::shared_ptr<memory_pool> pool, memory_holder& holder)
      : pool_(std::move(pool)), holder_(&holder) {}
  ~memory_budget() { give(used_); }
  memory_budget(const memory_budget&) = delete;
  memory_budget& operator=(const memory_budget&) = delete;

  /// All of it or nothing. For what a peer sends and what is sent to it: others may have to shed.
  bool claim(std::uint64_t bytes);
  /// A quarter of what there is, at most `wanted`. For what only makes a connection faster.
  std::uint64_t take_up_to(std::uint64_t wanted);
  void give(std::uint64_t bytes);
  /// The connection is over: what is held of it still is a loan, without a share.
  void outlive();
  std::uint64_t used() const noexcept { return used_; }
  std::uint64_t held() const noexcept { return held_; }

 private:
  friend class memory_pool;
  friend class memory_hold;
  std::uint64_t loan_for(std::uint64_t bytes) const noexcept;
  void take(std::uint64_t bytes);
  /// What shed_memory() may free.
  std::uint64_t sheddable() const noexcept { return holder_ ? loan_ - std::min(loan_, held_) : 0; }

  std::shared_ptr<memory_pool> pool_;
  memory_holder* holder_;  // none: the connection is over
  std::uint64_t used_ = 0;
  std::uint64_t loan_ = 0;  // of used_
  std::uint64_t held_ = 0;  // of used_
  std::size_t place_ = 0;   // in the pool's list, while there is a loan
};

/// Memory that the program holds of a connection until it lets go of it, whatever becomes of the
/// connection: nobody can call it in.
class memory_hold {
 public:
  /// Null when refused: it must fit into the connection's share, or all that is held into half of
  /// what the pool lends, so that others can borrow.
  static std::shared_ptr<memory_hold> of(std::shared_ptr<memory_budget> budget,
                                         std::uint64_t bytes);
  ~memory_hold();
  memory_hold(const memory_hold&) = delete;
  memory_hold& operator=(const memory_hold&) = delete;

 private:
  memory_hold(std::shared_ptr<memory_budget> budget, std::uint64_t bytes);

  const std::shared_ptr<memory_budget> budget_;
  const std::uint64_t bytes_;
};

/// Bytes in a row, charged by their capacity before they are taken, given back when none are left.
class charged_bytes {
 public:
  explicit charged_bytes(memory_budget& budget) : budget_(budget) {}
  ~charged_bytes() { clear(); }
  charged_bytes(const charged_bytes&) = delete;
  charged_bytes& operator=(const charged_bytes&) = delete;

  byte_view view() const noexcept { return byte_view(bytes_).subspan(front_); }
  std::size_t size() const noexcept { return bytes_.size() - front_; }
  bool empty() const noexcept { return size() == 0; }
  std::size_t capacity() const noexcept { return bytes_.capacity(); }

  /// Room for `more` bytes; capacity doubles, but not above `most` unless it must. False, and
  /// nothing changed, when the budget refuses.
  bool reserve(std::size_t more, std::size_t most = std::numeric_limits<std::size_t>::max());
  bool append(byte_view more, std::size_t most = std::numeric_limits<std::size_t>::max());
  /// `more` bytes to be written to; shorten() takes off what was not. Empty when refused.
  std::span<std::uint8_t> extend(std::size_t more);
  void shorten(std::size_t by) { bytes_.resize(bytes_.size() - by); }
  void drop_front(std::size_t count);
  void clear();

 private:
  memory_budget& budget_;
  byte_buffer bytes_;
  std::size_t front_ = 0;
};

}  // namespace tandem
