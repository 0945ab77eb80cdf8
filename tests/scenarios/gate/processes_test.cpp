// SPDX-License-Identifier: MIT
#include "gate/processes.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

using testing::HasSubstr;

bool never_stop() { return false; }

std::map<std::size_t, child_end> ends_of(std::size_t count, unsigned jobs,
                                         const std::function<std::string(std::size_t)>& work) {
  std::map<std::size_t, child_end> ends;
  run_in_processes(
      count, jobs, work, [&](std::size_t i, const child_end& end) { ends.emplace(i, end); },
      never_stop);
  return ends;
}

TEST(processes, tell_what_their_work_returned_however_long_it_is) {
  for (const unsigned jobs : {1u, 3u}) {
    const auto ends = ends_of(7, jobs, [](std::size_t i) { return std::string(i * 100'000, 'x'); });
    ASSERT_EQ(ends.size(), 7u);
    for (const auto& [i, end] : ends) {
      EXPECT_TRUE(end.good());
      EXPECT_EQ(end.told.size(), i * 100'000);
    }
  }
}

TEST(processes, that_crash_or_throw_take_nobody_along) {
  const auto ends = ends_of(4, 2, [](std::size_t i) -> std::string {
    if (i == 1) {
      std::fputs("a last word", stderr);
      std::raise(SIGKILL);
    }
    if (i == 2) throw std::runtime_error("not this one");
    return "fine";
  });
  EXPECT_EQ(ends.at(0).told, "fine");
  EXPECT_EQ(ends.at(1).signal, SIGKILL);
  EXPECT_EQ(ends.at(1).complaints, "a last word");
  EXPECT_FALSE(ends.at(1).good());
  EXPECT_TRUE(ends.at(2).threw);
  EXPECT_EQ(ends.at(2).told, "not this one");
  EXPECT_EQ(ends.at(2).why(), "it cannot be run: not this one");
  EXPECT_EQ(ends.at(3).told, "fine");
}

TEST(processes, are_killed_when_somebody_stops) {
  bool stopped = false;
  std::size_t done = 0;
  run_in_processes(
      3, 3,
      [](std::size_t i) -> std::string {
        if (i > 0)
          for (;;) std::raise(SIGSTOP);
        return "first";
      },
      [&](std::size_t, const child_end&) {
        ++done;
        stopped = true;
      },
      [&] { return stopped; });
  EXPECT_EQ(done, 1u);
}

TEST(programs, are_given_words_as_they_are) {
  const auto made = output_of({"printf", "%s|", "a b", "it's", "$HOME", ""});
  EXPECT_EQ(made.text, "a b|it's|$HOME||");
  EXPECT_EQ(made.code, 0);
  EXPECT_EQ(output_of({"false"}).code, 1);
  EXPECT_THROW(output_of({"/nowhere/at/all"}), std::runtime_error);
}

}  // namespace
}  // namespace tandem::scenarios
