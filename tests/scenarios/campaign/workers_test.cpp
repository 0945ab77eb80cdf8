// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/workers.hpp"
#include "tandem/scenarios/campaign/statistics.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

using testing::HasSubstr;

std::vector<cell> cells(std::size_t count) {
  std::vector<cell> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({"f.yaml", {}, "message", i, {}, {}});
  return out;
}

/// A shell that answers each cell; `before` is run for each, which knows its seed as `$seed`.
std::vector<std::string> shell(const std::string& before) {
  const auto answer = to_line(cell_result{.trace_hash = "SEED"});
  return {"/bin/bash", "-c",
          "while read -r line; do seed=${line#*\\\"seed\\\":}; seed=${seed%%,*}; " + before +
              "; echo \"0.5 ${0/SEED/$seed}\"; done",
          answer};
}

std::map<std::size_t, cell_result> run_all(std::size_t count, const std::string& before,
                                           std::size_t jobs) {
  std::map<std::size_t, cell_result> found;
  const auto all = cells(count);
  EXPECT_TRUE(run_cells(all, {shell(before), jobs},
                        [&](const cell_done& one) {
                          EXPECT_TRUE(found.emplace(one.index, one.result).second) << one.index;
                        },
                        {}));
  return found;
}

TEST(workers, run_every_cell_once) {
  const auto found = run_all(100, ":", 3);
  ASSERT_EQ(found.size(), 100u);
  for (const auto& [index, result] : found) EXPECT_EQ(result.trace_hash, std::to_string(index));
}

TEST(workers, go_on_to_other_cells_in_the_same_process) {
  std::set<std::string> processes;
  for (const auto& [index, result] : run_all(40, "seed=$$", 2)) processes.insert(result.trace_hash);
  EXPECT_LE(processes.size(), 2u);
  EXPECT_GE(processes.size(), 1u);
}

TEST(workers, that_die_break_the_cell_they_ran_and_no_other) {
  const auto found = run_all(30, "[ $seed = 7 ] && kill -SEGV $$; [ $seed = 8 ] && exit 3", 2);
  ASSERT_EQ(found.size(), 30u);
  for (const auto& [index, result] : found) EXPECT_EQ(result.ran(), index != 7 && index != 8);
  EXPECT_THAT(found.at(7).broke, HasSubstr("was killed by signal 11 (Segmentation fault)"));
  EXPECT_THAT(found.at(8).broke, HasSubstr("ended with exit code 3"));
  EXPECT_EQ(found.at(7).verdict, verdict::failed);
}

TEST(workers, that_always_die_break_every_cell) {
  for (const auto& [index, result] : run_all(50, "exit 1", 2)) EXPECT_FALSE(result.ran()) << index;
}

TEST(workers, are_told_when_they_cannot_be_started) {
  const auto all = cells(1);
  EXPECT_THROW(run_cells(all, {{"/no/such/program"}, 1}, [](cell_done) {}, {}), std::runtime_error);
}

TEST(workers, stop_at_once_when_asked) {
  const auto all = cells(10);
  std::size_t done = 0;
  EXPECT_FALSE(run_cells(
      all, {shell("[ $seed = 2 ] && exec sleep 1000"), 1}, [&](cell_done) { ++done; },
      [&] { return done == 2; }));
  EXPECT_EQ(done, 2u);
}

TEST(cells_as_lines, come_back_as_they_were) {
  const cell what{"a b.yaml",   {"x=\"1\"", "y={a: [1]}"}, "stream", 18446744073709551615u,
                  {"a.b >= 0"}, "0123456789abcdef"};
  const auto back = cell_of_line(to_line(what));
  EXPECT_EQ(back.sets, what.sets);
  EXPECT_EQ(back.seed, what.seed);
  EXPECT_EQ(back.also, what.also);
  EXPECT_EQ(back.key, what.key);
  const cell_result result{.verdict = verdict::untested,
                           .trace_hash = "ab",
                           .prints = {"p"},
                           .events = 9,
                           .lines = {{"a == 1", verdict::failed, "2 \"x\"", 2.5, "why\n"}},
                           .also = {{"b >= 0", verdict::ok, "no value", {}, ""}},
                           .numbers = {{"a.b", 0.1}, {"c", 3}}};
  EXPECT_EQ(cell_result_of_line(to_line(result)), result);
  EXPECT_EQ(to_line(result).find('\n'), std::string::npos);
  for (const char* bad : {"", "{}", "[]", "{\"file\": 3}", "nonsense"})
    EXPECT_THROW(cell_of_line(bad), std::invalid_argument) << bad;
}

TEST(intervals, are_student_s) {
  // t(4; 0.975) = 2.776445, s = 1.581139: 1.963243.
  const std::vector<double> values{1, 2, 3, 4, 5};
  const auto found = interval_of(values);
  EXPECT_DOUBLE_EQ(found.mean, 3);
  EXPECT_NEAR(found.half_width, 1.963243, 1e-6);
  EXPECT_EQ(found.least, 1);
  EXPECT_EQ(found.most, 5);
}

TEST(intervals, of_one_value_are_endless_and_of_equal_ones_empty) {
  EXPECT_TRUE(std::isinf(interval_of(std::vector{4.0}).half_width));
  const auto equal = interval_of(std::vector{0.1, 0.1, 0.1});
  EXPECT_EQ(equal.half_width, 0);
  EXPECT_EQ(equal.mean, 0.1);
}

}  // namespace
}  // namespace tandem::scenarios
