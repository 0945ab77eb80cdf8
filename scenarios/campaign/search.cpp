// SPDX-License-Identifier: MIT
// Which values are asked for. Places count from the end where the line is to hold last: the answer
// is the first place at which it holds.
#include "tandem/scenarios/campaign/search.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace tandem::scenarios {
namespace {

constexpr std::size_t grid_most = 25;

class seeker {
 public:
  seeker(const search_space& in, const ask_values& ask) : in_(in), ask_(ask) {}

  search_course run() {
    if (in_.start)
      leap(place_of(*in_.start));
    else
      look_at_ends();
    if (const auto wrong = contradiction(); !wrong.empty()) {
      found_.not_monotone = wrong;
      go_through_grid();
    }
    return found_;
  }

 private:
  std::size_t last() const { return in_.values.size() - 1; }
  /// Its own inverse.
  std::size_t place_of(std::size_t index) const { return in_.smallest ? index : last() - index; }

  void look(std::vector<std::size_t> places) {
    std::erase_if(places, [&](std::size_t place) { return known_.contains(place); });
    std::ranges::sort(places);
    places.erase(std::ranges::unique(places).begin(), places.end());
    if (places.empty()) return;
    std::vector<std::size_t> indices;
    for (const auto place : places) indices.push_back(place_of(place));
    const auto answers = ask_(indices);
    for (std::size_t i = 0; i < places.size(); ++i) known_[places[i]] = answers[i];
  }
  bool holds(std::size_t place) {
    look({place});
    return known_[place]->holds;
  }

  void look_at_ends() {
    look({0, last()});
    if (known_[0]->holds)
      answer(0);
    else if (known_[last()]->holds)
      bisect(0, last());
  }

  // Twice as far each time, so that no value is asked for that is much beyond the answer.
  void leap(std::size_t from) {
    if (holds(from)) {
      auto yes = from;
      while (yes > 0) {
        const auto next = twice_as_far(yes, false);
        if (!holds(next)) return bisect(next, yes);
        yes = next;
      }
      return answer(0);
    }
    auto no = from;
    while (no < last()) {
      const auto next = twice_as_far(no, true);
      if (holds(next)) return bisect(no, next);
      no = next;
    }
    look({0});
  }
  std::size_t twice_as_far(std::size_t place, bool away) const {
    const auto index = place_of(place);
    const bool up = away == in_.smallest;
    const double wanted = in_.values.value(index) * (up ? 2 : 0.5);
    const auto next = std::min(in_.values.at_least(wanted), last());
    return place_of(next != index ? next : up ? index + 1 : index - 1);
  }

  void bisect(std::size_t no, std::size_t yes) {
    while (yes - no > 1) {
      const auto middle = no + (yes - no) / 2;
      (holds(middle) ? yes : no) = middle;
    }
    answer(yes);
  }

  void answer(std::size_t place) {
    found_.answer = place_of(place);
    found_.at_the_end = place == 0;
    std::vector<std::size_t> around;
    if (place > 0) around.push_back(place - 1);
    if (place < last()) around.push_back(place + 1);
    look(around);
  }

  /// What is known that cannot be where a line holds from one value on.
  std::string contradiction() const {
    const auto all = by_value();
    if (!found_.answer)
      return "it holds neither with " + all.front()->value + " nor with " + all.back()->value;
    if (place_of(*found_.answer) == 0) return {};  // nothing comes before
    const tried_value* before = nullptr;
    for (const auto& [place, tried] : known_) {
      if (before && before->holds && !tried->holds && before->significant && tried->significant)
        return "it holds with " + before->value + " and not with " + tried->value;
      before = tried;
    }
    return turn(all);
  }

  /// The number rises and falls, and that is no chance: it may cross its bound elsewhere, too.
  static std::string turn(const std::vector<const tried_value*>& all) {
    std::string rise;
    std::string fall;
    for (std::size_t a = 0; a < all.size(); ++a)
      for (std::size_t b = a + 1; b < all.size(); ++b) {
        const auto& from = all[a]->number;
        const auto& to = all[b]->number;
        const double chance = from.half_width + to.half_width + 1e-9 * std::abs(from.mean);
        if (!(std::abs(to.mean - from.mean) > chance)) continue;
        auto& way = to.mean > from.mean ? rise : fall;
        if (way.empty()) way = "from " + all[a]->value + " to " + all[b]->value;
      }
    if (rise.empty() || fall.empty()) return {};
    return "the number rises " + rise + " and falls " + fall;
  }

  std::vector<const tried_value*> by_value() const {
    std::vector<const tried_value*> all;
    for (const auto& [place, tried] : known_) all.push_back(tried);
    if (!in_.smallest) std::ranges::reverse(all);
    return all;
  }

  std::vector<std::size_t> grid() const {
    std::vector<std::size_t> places;
    const auto count = in_.values.size();
    if (count <= grid_most) {
      for (std::size_t i = 0; i < count; ++i) places.push_back(i);
      return places;
    }
    const double least = in_.values.value(0);
    const double most = in_.values.value(last());
    const bool factor = least > 0 && most > 10 * least;
    for (std::size_t i = 0; i < grid_most; ++i) {
      const double part = static_cast<double>(i) / (grid_most - 1);
      const double value =
          factor ? least * std::pow(most / least, part) : least + part * (most - least);
      places.push_back(place_of(std::min(in_.values.at_least(value), last())));
    }
    for (const auto& [place, tried] : known_) places.push_back(place);
    std::ranges::sort(places);
    places.erase(std::ranges::unique(places).begin(), places.end());
    return places;
  }

  // Then between the first place at which it holds and the one before.
  void go_through_grid() {
    found_.answer.reset();
    const auto places = grid();
    found_.all_tried = places.size() == in_.values.size();
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!holds(places[i])) continue;
      if (i == 0) return answer(0);
      return bisect(places[i - 1], places[i]);
    }
  }

  const search_space& in_;
  const ask_values& ask_;
  std::map<std::size_t, const tried_value*> known_;
  search_course found_;
};

}  // namespace

search_course search(const search_space& in, const ask_values& ask) {
  return seeker(in, ask).run();
}

}  // namespace tandem::scenarios
