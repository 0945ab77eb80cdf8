// SPDX-License-Identifier: MIT
#include "fault_book.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {

std::string_view name_of(touch what) noexcept {
  static constexpr std::array<std::string_view, touches_count> names{"nodes", "connections",
                                                                     "attempts", "packets"};
  return names[static_cast<std::size_t>(what)];
}

fault_book::fault_book(std::vector<fault_head> faults) {
  for (auto& head : faults) faults_.push_back({std::move(head)});
}

void fault_book::began(std::size_t fault, time_point now) {
  auto& it = faults_[fault];
  it.on = true;
  ++it.times;
  if (!it.began) it.began = now;
  if (tell_) tell_(now);
}

void fault_book::ended(std::size_t fault, time_point now) {
  auto& it = faults_[fault];
  if (!it.on) return;
  it.on = false;
  it.ended = now;
  if (tell_) tell_(now);
}

void fault_book::touched(std::size_t fault, touch what, std::uint64_t by) {
  *count_of(fault, what) += by;
}

std::optional<time_point> fault_book::healed() const {
  std::optional<time_point> last;
  for (const auto& it : faults_) {
    if (it.on) return {};
    last = std::max(last, it.ended);
  }
  return last;
}

std::vector<fault_result> fault_book::results() const {
  std::vector<fault_result> out;
  for (const auto& it : faults_) {
    const bool hit = std::ranges::any_of(it.touched, [](auto count) { return count > 0; });
    fault_result made{
        it.head.text, hit ? verdict::ok : verdict::untested, it.times, it.touched, {}};
    if (!hit) made.why = it.times == 0 ? "it never began" : "it touched nothing";
    if (!hit && !it.head.allow_untested.empty()) {
      made.verdict = verdict::ok;
      made.why += ", allowed: " + it.head.allow_untested;
    }
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace tandem::scenarios
