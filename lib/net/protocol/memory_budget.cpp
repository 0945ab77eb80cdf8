// SPDX-License-Identifier: MIT
#include "net/protocol/memory_budget.hpp"

#include "tandem/core/assert.hpp"

#include <algorithm>
#include <utility>

namespace tandem {

void memory_pool::limit(const memory_limits& limits) {
  limits_ = limits;
  if (lent_ > limits_.loans_most) call_in_for(0, nullptr);
}

/// True when the loan fits. Whoever holds less than `asking` would then is left alone.
bool memory_pool::call_in_for(std::uint64_t loan, const memory_budget* asking) {
  const std::uint64_t would_hold = asking ? asking->loan_ + loan : 0;
  while (!room_for(loan)) {
    memory_budget* largest = nullptr;
    for (auto* each : borrowers_)
      if (each != asking && (!largest || each->sheddable() > largest->sheddable())) largest = each;
    if (!largest || largest->sheddable() <= would_hold) return false;
    const auto before = lent_;
    largest->holder_->shed_memory();
    if (lent_ >= before) return false;  // it is in the middle of something
    ++shed_;
  }
  return true;
}

void memory_pool::change_loan(memory_budget& of, std::uint64_t loan) {
  lent_ += loan - of.loan_;
  if (of.loan_ == 0 && loan != 0) {
    of.place_ = borrowers_.size();
    borrowers_.push_back(&of);
  } else if (of.loan_ != 0 && loan == 0) {
    borrowers_.back()->place_ = of.place_;
    borrowers_[of.place_] = borrowers_.back();
    borrowers_.pop_back();
  }
  of.loan_ = loan;
}

std::uint64_t memory_budget::loan_for(std::uint64_t bytes) const noexcept {
  const auto own = used_ - loan_;
  const auto share = pool_->limits_.share;
  const auto left = share > own ? share - own : 0;
  return bytes > left ? bytes - left : 0;
}

void memory_budget::take(std::uint64_t bytes) {
  if (const auto loan = loan_for(bytes); loan != 0) pool_->change_loan(*this, loan_ + loan);
  used_ += bytes;
  pool_->used_ += bytes;
}

bool memory_budget::claim(std::uint64_t bytes) {
  const auto most = pool_->limits_.connection_most;
  const auto loan = loan_for(bytes);
  const bool granted = used_ <= most && bytes <= most - used_ &&
                       (loan == 0 || pool_->room_for(loan) || pool_->call_in_for(loan, this));
  if (granted)
    take(bytes);
  else
    ++pool_->refused_;
  return granted;
}

std::uint64_t memory_budget::take_up_to(std::uint64_t wanted) {
  const auto& limits = pool_->limits_;
  auto left = limits.connection_most - std::min(used_, limits.connection_most);
  const auto loan = loan_for(left);
  const auto lendable = limits.loans_most - std::min(pool_->lent_, limits.loans_most);
  if (loan > lendable) left -= loan - lendable;
  const auto granted = std::min(wanted, left / 4);
  take(granted);
  return granted;
}

void memory_budget::give(std::uint64_t bytes) {
  TANDEM_ASSERT(bytes <= used_);
  if (loan_ != 0) pool_->change_loan(*this, loan_ - std::min(loan_, bytes));
  used_ -= bytes;
  pool_->used_ -= bytes;
}

void memory_budget::outlive() {
  holder_ = nullptr;
  pool_->change_loan(*this, used_);
}

std::shared_ptr<memory_hold> memory_hold::of(std::shared_ptr<memory_budget> budget,
                                             std::uint64_t bytes) {
  auto& pool = *budget->pool_;
  const bool fits =
      budget->loan_for(bytes) == 0 || pool.held_ + bytes <= pool.limits_.loans_most / 2;
  if (!fits) ++pool.refused_;
  if (!fits || !budget->claim(bytes)) return nullptr;
  return std::shared_ptr<memory_hold>(new memory_hold(std::move(budget), bytes));
}

memory_hold::memory_hold(std::shared_ptr<memory_budget> budget, std::uint64_t bytes)
    : budget_(std::move(budget)), bytes_(bytes) {
  budget_->held_ += bytes_;
  budget_->pool_->held_ += bytes_;
}

memory_hold::~memory_hold() {
  budget_->held_ -= bytes_;
  budget_->pool_->held_ -= bytes_;
  budget_->give(bytes_);
}

bool charged_bytes::reserve(std::size_t more, std::size_t most) {
  if (front_ > bytes_.size() / 2 || bytes_.size() + more > bytes_.capacity()) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(front_));
    front_ = 0;
  }
  const auto needed = bytes_.size() + more;
  const auto had = bytes_.capacity();
  if (needed <= had) return true;
  const auto grown = std::max(needed, std::min(2 * had, most));
  if (!budget_.claim(grown - had)) return false;
  bytes_.reserve(grown);
  return true;
}

bool charged_bytes::append(byte_view more, std::size_t most) {
  if (!reserve(more.size(), most)) return false;
  bytes_.insert(bytes_.end(), more.begin(), more.end());
  return true;
}

std::span<std::uint8_t> charged_bytes::extend(std::size_t more) {
  if (!reserve(more)) return {};
  bytes_.resize(bytes_.size() + more);
  return std::span(bytes_).last(more);
}

void charged_bytes::drop_front(std::size_t count) {
  front_ += count;
  if (front_ == bytes_.size()) clear();
}

void charged_bytes::clear() {
  budget_.give(bytes_.capacity());
  bytes_ = byte_buffer();
  front_ = 0;
}

}  // namespace tandem
