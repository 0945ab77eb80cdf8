// SPDX-License-Identifier: MIT
#pragma once

#include "core/fields.hpp"
#include "core/table/slot.hpp"
#include "tandem/core/events.hpp"
#include "tandem/core/time.hpp"

#include <algorithm>
#include <cstdint>

namespace tandem::detail {

/// What the operator thinks of one peer, each mark until its time.
class peer_marks {
 public:
  /// Sets or takes back protect, tag or keep_alive.
  void set(const events::peer_marked& e, time_point now) noexcept {
    const time_point until = e.on ? e.until : time_point::min();
    if (e.what == mark::protect) protected_until_ = until;
    if (e.what == mark::keep_alive) kept_until_ = until;
    if (e.what != mark::tag) return;
    weight_ = e.weight;
    tagged_at_ = now;
    tagged_until_ = until;
  }
  bool is_protected(time_point now) const noexcept { return now < protected_until_; }
  bool is_kept_alive(time_point now) const noexcept { return now < kept_until_; }
  /// When it is (or was) kept alive no more; time_point::min() when it never was.
  time_point kept_alive_until() const noexcept { return kept_until_; }
  /// The tag's weight, falling linearly to 0 at its end; constant when it has none.
  std::int64_t tag(time_point now) const noexcept {
    if (now >= tagged_until_) return 0;
    if (tagged_until_ == never || now <= tagged_at_) return weight_;
    __extension__ using wide = __int128;
    return static_cast<std::int64_t>(static_cast<wide>(weight_) * (tagged_until_ - now).count() /
                                     (tagged_until_ - tagged_at_).count());
  }
  /// When none of them holds any more.
  time_point end() const noexcept {
    return std::max({protected_until_, kept_until_, tagged_until_});
  }

  slot<peer_marks> next_free;
  bool used = false;

  TANDEM_FIELDS(protected_until_, kept_until_, tagged_at_, tagged_until_, weight_, next_free, used)

 private:
  time_point protected_until_ = time_point::min();
  time_point kept_until_ = time_point::min();
  time_point tagged_at_ = time_point::min();
  time_point tagged_until_ = time_point::min();
  std::int32_t weight_ = 0;
};

}  // namespace tandem::detail
