// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/compare/outcome.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace tandem::scenarios {

/// The first event that one of two runs has and the other has not.
struct first_difference {
  std::size_t row = 0;  ///< in both; everything before is equal
  std::string a;        ///< in words, with its time; empty: no event is left
  std::string b;
  std::string before;  ///< the last event that both have; empty: none
};

struct layer_difference {
  std::string name;
  std::size_t eighth = 0;  ///< of the run, from 0: they are equal before
};

struct number_difference {
  std::string name;
  double a = 0;
  double b = 0;
};

struct line_difference {
  std::string text;
  std::string a;  ///< `ok 256`; empty: there is no such line
  std::string b;
};

/// Two outcomes, side by side.
struct difference {
  bool same = false;
  bool traces_differ = false;
  std::optional<first_difference> first;  ///< when both have events
  bool layers_known = false;
  std::vector<layer_difference> layers;
  std::vector<std::string> same_layers;
  std::vector<line_difference> lines;
  std::vector<number_difference> numbers;
  std::size_t same_numbers = 0;
};

difference compare(const outcome& a, const outcome& b);

/// What a layer is, for a person.
std::string_view help_of(layer what) noexcept;

/// The first events of a part of a run, at most `most`, a line each with its time.
std::string events_in_words(const outcome& of, duration from, duration until, std::size_t most);

/// For a person: first event, layers, lines and numbers that differ; each line indented by
/// `indent`. Empty when they are the same.
std::string in_words(const difference& what, std::size_t indent = 0);
/// One JSON object.
std::string to_json(const outcome& a, const outcome& b, const difference& what);

}  // namespace tandem::scenarios
