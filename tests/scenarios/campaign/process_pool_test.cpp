// SPDX-License-Identifier: MIT
#include "campaign/process_pool.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

using testing::HasSubstr;

std::map<std::size_t, task_end> ends_of(std::size_t count, std::size_t jobs,
                                        const std::function<std::string(std::size_t)>& work) {
  std::map<std::size_t, task_end> ends;
  EXPECT_TRUE(
      (process_pool{.count = count,
                    .jobs = jobs,
                    .begin = [&](auto i) { return child_process([&, i] { return work(i); }); },
                    .done = [&](const task_end& end) { ends.emplace(end.index, end); }}
           .run()));
  return ends;
}

TEST(programs, that_ended_take_no_more_and_end_nobody_who_writes_to_them) {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  child_process program({"/bin/true"});
  while (!program.read().empty()) continue;
  // It may close its output before it is gone.
  bool taken = true;
  for (int i = 0; taken && i < 30'000; ++i, usleep(1000)) taken = program.write("\n");
  EXPECT_FALSE(taken);
  std::signal(SIGPIPE, before);
}

TEST(programs, are_ended_by_their_parent_and_by_no_signal_to_all) {
  child_process program({"/bin/bash", "-c", "kill -TERM $$; kill -INT $$; kill -HUP $$; echo on"});
  EXPECT_EQ(program.read(), "on\n");
  EXPECT_TRUE(program.ending().good());
}

TEST(forks, tell_what_their_work_returned_however_long_it_is) {
  for (const std::size_t jobs : {1, 3}) {
    const auto ends =
        ends_of(7, jobs, [](std::size_t i) { return std::string(i * 100'000, '\n'); });
    ASSERT_EQ(ends.size(), 7u);
    for (const auto& [i, task] : ends) {
      EXPECT_TRUE(task.end.good());
      EXPECT_EQ(task.told.size(), i * 100'000);
    }
  }
}

TEST(forks, that_crash_or_throw_take_nobody_along) {
  const auto ends = ends_of(4, 2, [](std::size_t i) -> std::string {
    if (i == 1) {
      std::fputs("a last word", stderr);
      std::raise(SIGKILL);
    }
    if (i == 2) throw std::runtime_error("not this one");
    return "fine";
  });
  EXPECT_EQ(ends.at(0).told, "fine");
  EXPECT_EQ(ends.at(1).end.signal, SIGKILL);
  EXPECT_EQ(ends.at(1).end.complaints, "a last word");
  EXPECT_FALSE(ends.at(1).end.good());
  EXPECT_EQ(ends.at(2).end.code, child_process::exit_of_a_throw);
  EXPECT_EQ(ends.at(2).told, "not this one");
  EXPECT_EQ(ends.at(3).told, "fine");
}

TEST(forks, are_killed_when_somebody_stops) {
  bool stopped = false;
  std::size_t done = 0;
  const auto work = [](std::size_t i) -> std::string {
    if (i > 0)
      for (;;) std::raise(SIGSTOP);
    return "first";
  };
  const process_pool pool{
      .count = 3,
      .jobs = 3,
      .begin = [&](auto i) { return child_process([&, i] { return work(i); }); },
      .done =
          [&](const task_end&) {
            ++done;
            stopped = true;
          },
      .stop = [&] { return stopped; }};
  EXPECT_FALSE(pool.run());
  EXPECT_EQ(done, 1u);
}

TEST(programs, are_given_words_as_they_are) {
  const auto made = output_of({"printf", "%s|", "a b", "it's", "$HOME", ""});
  EXPECT_EQ(made.text, "a b|it's|$HOME||");
  EXPECT_EQ(made.code, 0);
  EXPECT_EQ(output_of({"false"}).code, 1);
  EXPECT_THROW(output_of({"/nowhere/at/all"}), std::runtime_error);
  EXPECT_THROW(output_of({"/bin/sh", "-c", "kill -9 $$"}), std::runtime_error);
}

}  // namespace
}  // namespace tandem::scenarios
