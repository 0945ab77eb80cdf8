// SPDX-License-Identifier: MIT
// When a number of a line is looked at: windows, and the moments they begin and end with.
#include "arithmetic.hpp"
#include "expectation_reader.hpp"

#include <algorithm>

namespace tandem::scenarios {

namespace {

using word_kind = expectation_word::kind;

}  // namespace

duration expectation_reader::read_duration(const std::string& otherwise) {
  const auto word = next();
  const auto value = word.what == word_kind::value ? parse_duration(word.text) : std::nullopt;
  if (!value) fail(otherwise);
  take();
  return *value;
}

std::optional<window> expectation_reader::read_window() {
  window out;
  if (take("at")) {
    out.until = read_moment("at");
    out.at = true;
  } else if (take("from")) {
    out.from = read_moment("from");
    if (take("until")) out.until = read_moment("until");
  } else if (take("until")) {
    out.until = read_moment("until");
  } else if (take("between")) {
    out.from = read_moment("between");
    need("and", "`between` takes two moments, as in `between 10s and 60s`");
    out.until = read_moment("and");
  } else {
    return {};
  }
  if (out.from && out.until && out.from->from == out.until->from &&
      out.from->fault == out.until->fault && out.from->plus >= out.until->plus)
    fail("the window ends before it begins");
  return out;
}

moment expectation_reader::read_moment(std::string_view after) {
  const auto word = next();
  moment out;
  if (word.is("heal")) {
    take();
    out.from = moment::base::heal;
  } else if (word.what == word_kind::name && !word.text.empty()) {
    const bool end = word.text.ends_with(".end");
    const auto name = word.text.substr(0, word.text.size() - (end ? 4 : 0));
    const auto it = std::ranges::find(names_.faults, name);
    auto known = names_.faults;
    std::erase(known, "");
    if (it == names_.faults.end() && known.empty())
      fail("a time must follow " + quoted(after) + ", as in `" + std::string(after) + " 10s`");
    if (it == names_.faults.end())
      fail("no fault is called " + quoted(name) + suggestion(name, known));
    take();
    out.from = end ? moment::base::fault_end : moment::base::fault_begin;
    out.fault = static_cast<std::size_t>(it - names_.faults.begin());
  } else {
    out.plus = read_duration("a time must follow " + quoted(after) + ", as in `" +
                             std::string(after) + " 10s`");
  }
  while (next().is("+") || next().is("-")) {
    const bool minus = take().text == "-";
    const auto by = read_duration("a time must follow, as in `heal + 60s`");
    out.plus += minus ? -by : by;
  }
  if (out.plus < duration{})
    fail(word, "a moment cannot lie before " +
                   std::string(out.from == moment::base::start ? "the start" : word.text) +
                   ": write it with `+`");
  if (out.from == moment::base::start && out.plus > names_.length)
    fail(word, "the time after " + quoted(after) + " is beyond the scenario's duration of " +
                   format_duration(names_.length));
  out.text = out_.text.substr(word.column,
                              words_[at_ - 1].column + words_[at_ - 1].text.size() - word.column);
  return out;
}

}  // namespace tandem::scenarios
