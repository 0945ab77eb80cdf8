// SPDX-License-Identifier: MIT
#pragma once

#include "expectation_words.hpp"
#include "tandem/scenarios/expectation.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::scenarios {

/// Recursive descent over the words of one line:
///
///     line     = "eventually" "within" time
///              | ["always" | "sometimes"] sum [window] compare [window]
///     compare  = OP sum | "in" "[" sum "," sum "]" | "~=" sum "+-" sum
///              | "reaches" sum "within" time "of" moment
///     sum      = product {("+" | "-") product};  product = factor {("*" | "/") factor}
///     factor   = value | "-" factor | "(" sum ")" | FORMULA "(" sum {"," sum} ")" | number
///     number   = ["each"] GROUP ["[" N [".." N] "]"] "." MEASURE ["." STATISTIC]
///                ["peak" "per" time | "rate"] [window, on the left side]
///     window   = "from" moment | "until" moment | "between" moment "and" moment | "at" moment
///     moment   = (time | "heal" | FAULT ["." "end"]) {("+" | "-") time}
class expectation_reader {
 public:
  expectation_reader(std::string_view text, const expectation_names& names);

  expectation read();
  /// The same of a line whose comparison may be left out.
  expectation read_measure();

 private:
  const expectation_word& next() const { return words_[at_]; }
  expectation_word take();
  bool take(std::string_view text);
  [[noreturn]] void fail(const std::string& message) const;
  [[noreturn]] static void fail(const expectation_word& at, const std::string& message);
  void need(std::string_view sign, const std::string& otherwise);

  void read_eventually();
  void read_comparison();
  void read_reaches();
  void read_tolerance();
  expression read_right(const std::string& after);
  expression sum();
  expression product();
  expression factor();
  expression call(const expectation_word& name);
  expression literal();
  expression number(bool each);
  expression part_refused(number_use use);
  void read_nodes(number_use& use);
  void read_measure(const expectation_word& word, std::string_view text, number_use& use);
  static void fail_at_cause(const expectation_word& word, std::string_view stem,
                            std::string_view name);
  static void fail_at_whole(const expectation_word& word, std::string_view whole,
                            std::string_view cause);
  void read_plain_statistic(const expectation_word& word, std::string_view name, number_use& use);
  void read_trailing_statistic(number_use& use);
  std::optional<window> read_window();
  moment read_moment(std::string_view after);
  duration read_duration(const std::string& otherwise);
  int seconds_of(const number_use& use) const;

  void spread(const window& all);
  void check_numbers() const;
  void check_kinds(const expression& left, const expression& right,
                   const expectation_word& at) const;
  [[noreturn]] void fail_at_number(const number_use& use, const std::string& message) const;

  const expectation_names& names_;
  std::vector<expectation_word> words_;
  std::size_t at_ = 0;
  bool left_side_ = true;
  bool compares_ = true;  ///< it must
  expectation out_;
};

}  // namespace tandem::scenarios
