// SPDX-License-Identifier: MIT
// Sums of a line: arithmetic over numbers, values and formulas, and the unit that comes of it.
#include "arithmetic.hpp"
#include "expectation_reader.hpp"
#include "formulas.hpp"

#include <algorithm>
#include <utility>

namespace tandem::scenarios {
namespace {

using word_kind = expectation_word::kind;

expression both(expression::kind what, expression a, expression b, int seconds) {
  return {.what = what, .seconds = seconds, .parts = {std::move(a), std::move(b)}};
}

}  // namespace

expression expectation_reader::sum() {
  expression left = product();
  while (next().is("+") || next().is("-")) {
    const auto sign = take();
    expression right = product();
    if (left.seconds != right.seconds)
      fail(sign, std::string("a number, a duration and a rate have no ") +
                     (sign.text == "+" ? "sum" : "difference"));
    const int seconds = left.seconds;
    left = both(sign.text == "+" ? expression::kind::add : expression::kind::subtract,
                std::move(left), std::move(right), seconds);
  }
  return left;
}

expression expectation_reader::product() {
  expression left = factor();
  while (next().is("*") || next().is("/")) {
    const bool times = take().text == "*";
    expression right = factor();
    const int seconds = left.seconds + (times ? right.seconds : -right.seconds);
    left = both(times ? expression::kind::multiply : expression::kind::divide, std::move(left),
                std::move(right), seconds);
  }
  return left;
}

expression expectation_reader::factor() {
  if (take("(")) {
    expression inside = sum();
    need(")", "a `)` is missing");
    return inside;
  }
  if (take("-")) {
    expression inside = factor();
    const int seconds = inside.seconds;
    return {.what = expression::kind::negate, .seconds = seconds, .parts = {std::move(inside)}};
  }
  if (next().what == word_kind::value) return literal();
  if (next().what != word_kind::name)
    fail(next().what == word_kind::end ? "a value is missing at the end"
                                       : quoted(next().text) + " is no value");
  if (words_[at_ + 1].is("(")) return call(take());
  return number(take("each"));
}

expression expectation_reader::call(const expectation_word& name) {
  const auto all = formulas();
  const auto it = std::ranges::find(all, std::string_view(name.text), &formula::name);
  if (it == all.end()) {
    std::vector<std::string> known;
    for (const auto& f : all) known.emplace_back(f.name);
    fail(name, "no function is called " + quoted(name.text) + suggestion(name.text, known));
  }
  std::string usage = name.text + "(";
  for (const auto argument : it->arguments)
    usage += (argument == it->arguments.front() ? "" : ", ") + std::string(argument);
  usage += ")";
  expression out{.what = expression::kind::call,
                 .index = static_cast<std::size_t>(it - all.begin())};
  take("(");
  for (std::size_t i = 0; i < it->arguments.size(); ++i) {
    if (i > 0) need(",", quoted(name.text) + " takes " + quoted(usage));
    // An argument may be named, `load: 550`, in its place.
    if (at_ + 1 < words_.size() && words_[at_ + 1].is(":")) {
      if (next().text != it->arguments[i])
        fail("no such argument here: " + quoted(name.text) + " takes " + quoted(usage));
      at_ += 2;
    }
    const auto at = next();
    out.parts.push_back(sum());
    if (out.parts.back().seconds != 0) fail(at, "arguments are plain numbers");
  }
  need(")", quoted(name.text) + " takes " + quoted(usage));
  return out;
}

expression expectation_reader::literal() {
  const auto word = take();
  const auto value = read_quantity(word.text);
  if (!value) fail(word, quoted(word.text) + " is no number");
  switch (value->what) {
    case quantity::kind::duration:
      return {.value = value->value / 1e9, .seconds = 1};
    case quantity::kind::rate:
      return {.value = value->value, .seconds = -1};
    case quantity::kind::bandwidth:
      return {.value = value->value / 8, .seconds = -1};  // bytes per second
    default:
      return {.value = value->value};
  }
}

}  // namespace tandem::scenarios
