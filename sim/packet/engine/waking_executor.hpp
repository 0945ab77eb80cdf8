// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <type_traits>
#include <utility>

namespace tandem::packet {

/// An executor that does as `Inner` does and tells whoever polls that there is something to do:
/// what is posted from an event of ns-3 runs after that event.
template <class Wakes, class Inner>
class waking_executor {
 public:
  /// Calls wakes.wake() while it executes anything; that outlives whoever does.
  waking_executor(Wakes& wakes, Inner inner) : wakes_(&wakes), inner_(std::move(inner)) {}

  template <class Property>
  auto query(const Property& property) const
      -> decltype(boost::asio::query(std::declval<const Inner&>(), property)) {
    return boost::asio::query(inner_, property);
  }
  template <class Property>
  auto require(const Property& property) const -> waking_executor<
      Wakes, std::decay_t<decltype(boost::asio::require(std::declval<const Inner&>(), property))>> {
    return {*wakes_, boost::asio::require(inner_, property)};
  }
  template <class Property>
  auto prefer(const Property& property) const -> waking_executor<
      Wakes, std::decay_t<decltype(boost::asio::prefer(std::declval<const Inner&>(), property))>> {
    return {*wakes_, boost::asio::prefer(inner_, property)};
  }
  template <class Function>
  void execute(Function&& what) const {
    inner_.execute(std::forward<Function>(what));
    wakes_->wake();
  }
  friend bool operator==(const waking_executor& a, const waking_executor& b) noexcept {
    return a.wakes_ == b.wakes_ && a.inner_ == b.inner_;
  }
  friend bool operator!=(const waking_executor& a, const waking_executor& b) noexcept {
    return !(a == b);
  }

 private:
  Wakes* wakes_;
  Inner inner_;
};

}  // namespace tandem::packet
