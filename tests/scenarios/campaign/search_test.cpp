// SPDX-License-Identifier: MIT
#include "tandem/scenarios/campaign/search.hpp"
#include "scenarios/run_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/read.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

namespace tandem::scenarios {
namespace {

using testing::HasSubstr;

/// A search among whole numbers of which nobody runs anything.
struct asked {
  search_course course;
  std::map<std::size_t, tried_value> values;  ///< asked for, by index

  std::string answer(const candidates& in) const {
    return course.answer ? in.text(*course.answer) : "none";
  }
};
asked search_in(
    const candidates& in, bool smallest, const std::function<bool(double)>& holds,
    std::optional<std::size_t> start = {},
    const std::function<double(double)>& number = [](double) { return 0.0; }) {
  asked out;
  out.course = search({in, start, smallest}, [&](const std::vector<std::size_t>& indices) {
    std::vector<const tried_value*> answers;
    for (const auto i : indices) {
      EXPECT_FALSE(out.values.contains(i)) << "asked twice for " << in.text(i);
      tried_value one;
      one.index = i;
      one.value = in.text(i);
      one.significant = true;
      one.seeds = 5;
      one.holds = holds(in.value(i));
      one.number = {.count = 5, .mean = number(in.value(i)), .half_width = 0.01};
      answers.push_back(&out.values.emplace(i, one).first->second);
    }
    return answers;
  });
  return out;
}

TEST(search, finds_every_first_and_last_value_by_bisection) {
  for (const int size : {2, 3, 17, 64, 1000}) {
    const auto in = candidates::between("1.." + std::to_string(size));
    for (int bound = 1; bound <= size; bound += size > 100 ? 37 : 1) {
      const auto up = search_in(in, true, [&](double v) { return v >= bound; });
      EXPECT_EQ(up.answer(in), std::to_string(bound)) << size;
      EXPECT_EQ(up.course.not_monotone, "");
      EXPECT_EQ(up.course.at_the_end, bound == 1);
      const auto down = search_in(in, false, [&](double v) { return v <= bound; });
      EXPECT_EQ(down.answer(in), std::to_string(bound)) << size;
      EXPECT_EQ(down.course.at_the_end, bound == size);
      EXPECT_LE(up.values.size(), 5 + std::log2(size));
    }
  }
}

TEST(search, asks_for_the_neighbours_of_the_answer) {
  const auto in = candidates::between("1..1000");
  const auto found = search_in(in, true, [](double v) { return v >= 300; });
  for (const std::size_t index : {298u, 299u, 300u}) EXPECT_TRUE(found.values.contains(index));
}

TEST(search, from_a_value_leaps_no_further_than_twice_the_answer) {
  const auto in = candidates::between("1..100000");
  const auto up = search_in(
      in, true, [](double v) { return v >= 700; }, 9);
  EXPECT_EQ(up.answer(in), "700");
  EXPECT_LE(in.value(up.values.rbegin()->first), 1400);
  const auto below = search_in(
      in, true, [](double v) { return v >= 3; }, 999);
  EXPECT_EQ(below.answer(in), "3");
  const auto largest = search_in(
      in, false, [](double v) { return v <= 700; }, 9);
  EXPECT_EQ(largest.answer(in), "700");
  const auto all = search_in(
      in, false, [](double) { return true; }, 9);
  EXPECT_EQ(all.answer(in), "100000");
  EXPECT_TRUE(all.course.at_the_end);
}

TEST(search, goes_through_a_grid_when_neither_end_holds) {
  const auto in = candidates::between("1..20");
  const auto middle = [](double v) { return v >= 7 && v <= 12; };
  const auto up = search_in(in, true, middle);
  EXPECT_EQ(up.answer(in), "7");
  EXPECT_EQ(up.course.not_monotone, "it holds neither with 1 nor with 20");
  EXPECT_TRUE(up.course.all_tried);
  EXPECT_EQ(search_in(in, false, middle).answer(in), "12");
  const auto wide = candidates::between("1..10000");
  const auto found = search_in(wide, true, [](double v) { return v >= 777 && v <= 3000; });
  EXPECT_EQ(found.answer(wide), "777");
  EXPECT_FALSE(found.course.all_tried);
}

TEST(search, that_comes_upon_a_contradiction_goes_through_a_grid) {
  // The neighbour above the answer does not hold.
  const auto in = candidates::between("1..64");
  const auto holes = search_in(in, true, [](double v) { return v == 32 || v >= 60; });
  EXPECT_THAT(holes.course.not_monotone, HasSubstr("it holds with 32 and not with 33"));
  EXPECT_EQ(holes.answer(in), "32");
  // Between the ends it holds early, fails, and holds again: the number shows it.
  const auto number = [](double v) { return std::sin(v / 64 * 2 * 3.14159265); };
  const auto wave = search_in(
      in, true, [](double v) { return (v >= 8 && v <= 20) || v >= 60; }, {}, number);
  EXPECT_THAT(wave.course.not_monotone, HasSubstr("the number rises from"));
  EXPECT_EQ(wave.answer(in), "8");
}

TEST(search, finds_nothing_where_nothing_holds) {
  const auto in = candidates::between("1..20");
  for (const bool smallest : {true, false}) {
    EXPECT_EQ(search_in(in, smallest, [](double) { return false; }).answer(in), "none");
    EXPECT_EQ(search_in(
                  in, smallest, [](double) { return false; }, 4)
                  .answer(in),
              "none");
  }
}

TEST(candidates, are_whole_numbers_or_values_a_percent_apart) {
  const auto count = candidates::between("1..1024");
  EXPECT_EQ(count.size(), 1024u);
  EXPECT_EQ(count.text(14), "15");
  EXPECT_EQ(count.at_least(15), 14u);
  EXPECT_EQ(count.at_least(5000), 1024u);
  const auto times = candidates::between("10ms..2s");
  EXPECT_EQ(times.text(0), "10ms");
  EXPECT_EQ(times.text(times.size() - 1), "2s");
  for (std::size_t i = 1; i < times.size(); ++i) {
    EXPECT_LT(times.value(i - 1), times.value(i));
    EXPECT_LT(times.value(i) / times.value(i - 1), 1.025) << times.text(i);
    EXPECT_LE(times.text(i).size(), 6u) << times.text(i);
  }
  const auto parts = candidates::between("0%..100%");
  EXPECT_EQ(parts.text(0), "0%");
  EXPECT_EQ(parts.text(parts.size() - 1), "100%");
  EXPECT_EQ(parts.size(), 201u);
  const auto listed = candidates::between("64,128,256");
  EXPECT_EQ(listed.size(), 3u);
  EXPECT_EQ(candidates::between("10ms..600ms/log/5").text(1), "27.8ms");
}

/// 0 and the value.
candidates list_with(const std::string& value) {
  const auto unit = value.find_first_not_of("0123456789.");
  return candidates::between("0" + (unit < value.size() ? value.substr(unit) : "") + "," + value);
}

TEST(candidates, around_a_value_have_it_and_lie_on_both_sides) {
  for (const char* value : {"10", "30s", "2.4/h", "5%", "64KiB", "10Mbit/s"}) {
    const auto in = candidates::around(value);
    const auto here = list_with(value).value(1);
    const auto at = in.at_least(here);
    ASSERT_LT(at, in.size()) << value;
    EXPECT_EQ(in.value(at), here) << value;
    EXPECT_GT(in.value(in.size() - 1), 60 * here) << value;
    EXPECT_LT(in.value(0), here / 9) << value;
  }
}

std::string refusal_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "taken";
}

TEST(candidates, that_are_none_are_refused) {
  const auto told = [](const char* text) { return refusal_of([&] { candidates::between(text); }); };
  EXPECT_EQ(told("20..10"), "the ends of `20..10` must rise");
  EXPECT_EQ(told("1s..10"), "the ends of `1s..10` must measure the same thing");
  EXPECT_EQ(told("5"), "write FROM..TO, as in 1..1024 or 10ms..2s, not `5`");
  EXPECT_EQ(told("3,2"), "the values of `3,2` must rise");
  EXPECT_EQ(told("3,2s"), "the values of `3,2s` must measure the same thing");
  EXPECT_EQ(told("full,equal"), "`full` is no value that can be more or less than another");
}

/// A scenario in a folder that goes with the test.
class asking : public testing::Test {
 protected:
  asking() {
    std::filesystem::create_directories(folder_);
    std::ofstream(file_) << "scenario: s\nparameters: {limit: 8}\nduration: 3s\n"
                            "levels: [message]\ngroups:\n"
                            "  server: {listen: true, manager: {max_connections: \"${limit}\"}}\n"
                            "  dialers: {count: 10}\n"
                            "workload:\n  - dial: {from: dialers, to: server}\n";
  }
  ~asking() override { std::filesystem::remove_all(folder_); }

  search_request about(const std::string& path, const std::string& such_that,
                       const std::string& between = "") const {
    search_request of;
    of.file = file_;
    of.path = path;
    of.such_that = such_that;
    of.between = between;
    return of;
  }
  search_plan plan(const search_request& of) const { return plan_search(of, test_levels()); }
  std::string told(const std::string& path, const std::string& such_that,
                   const std::string& between = "") const {
    return refusal_of([&] { plan(about(path, such_that, between)); });
  }

  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("tandem-search-" + std::to_string(getpid()));
  std::string file_ = (folder_ / "s.yaml").string();
};

constexpr const char* fine = "server.blocking <= 1%";

TEST_F(asking, begins_with_what_the_file_or_the_default_says) {
  const auto parameter = plan(about("parameters.limit", fine));
  EXPECT_EQ(parameter.values.text(*parameter.start), "8");
  // With 1 it would be below max_connections_per_peer.
  EXPECT_EQ(parameter.values.text(0), "2");
  const auto option = plan(about("groups.dialers.manager.connection_timeout", fine));
  EXPECT_EQ(option.values.text(*option.start), "30s");
  EXPECT_TRUE(parameter.of_mean);
  for (const char* of_each : {"server.refused == 0", "always server.active <= 8",
                              "each dialers.dials <= 1", "dialers.dial_time <= 1s"})
    EXPECT_FALSE(plan(about("parameters.limit", of_each)).of_mean) << of_each;
}

TEST_F(asking, of_what_nobody_can_answer_is_refused_with_what_is_wrong) {
  EXPECT_EQ(told("groups.srver.manager.max_connections", fine),
            "--smallest groups.srver.manager.max_connections: no group is called `srver`; did you "
            "mean `server`?");
  EXPECT_EQ(told("groups.server.manager.max_conections", fine, "1..9"),
            "--smallest groups.server.manager.max_conections: with 1: unknown key "
            "`max_conections` in manager options; did you mean `max_connections`?");
  EXPECT_EQ(told("parameters.limits", fine),
            "--smallest parameters.limits: no parameter is called `limits`; did you mean `limit`?");
  EXPECT_EQ(told("links.default.latency", fine),
            "--smallest links.default.latency: the scenario gives it no value to begin with; say "
            "between which values to look, as in --between 1..1024");
  EXPECT_THAT(told("links.default.latncy", fine), HasSubstr("unknown key `latncy` in a link"));
  EXPECT_EQ(told("parameters.limit", "server.refused <= dialers.dials"),
            "--such-that server.refused <= dialers.dials: a number stands on the right side; the "
            "right side is a value that the left one is held against, as in `server.blocking <= "
            "1%`: bring both to the left side, as in `a.dials - b.dials <= 0`");
  EXPECT_EQ(told("parameters.limit", "server.blockng <= 1%"),
            "--such-that server.blockng <= 1%: `server.blockng <= 1%`, column 1: no metric is "
            "called `blockng`; did you mean `blocking`?");
  EXPECT_EQ(told("parameters.limit", fine, "20..10"), "--between: the ends of `20..10` must rise");
  EXPECT_EQ(told("parameters.limit", fine, "0..10"),
            "--smallest parameters.limit: with 0: " + file_ +
                ":6:53: `max_connections` must be between 1 and 10000000, not `0`");
}

TEST(machine_needs, are_those_of_a_node_at_its_limits) {
  manager_options options;
  options.max_connections = 100;
  EXPECT_EQ(needs_of(options).memory, 100u * options.connection_memory);
  EXPECT_GT(needs_of(options).descriptors, 100u + options.max_pending_inbound);
  options.max_memory = 10 * options.connection_memory;
  EXPECT_EQ(needs_of(options).connections, 10u);
}

group_cost cost_with(const std::string& manager) {
  const auto what = parse_scenario(
      "scenario: s\nduration: 1s\ngroups:\n  a: {listen: true, manager: " + manager + "}\n",
      "s.yaml");
  return cost_of(what.groups.front());
}

TEST(cost, of_a_passive_group_counts_no_descriptor_that_has_no_limit) {
  const manager_options defaults;
  const auto limited = cost_with("{max_connections: 11, max_connections_per_peer: 8}");
  EXPECT_TRUE(limited.pending_has_limit);
  EXPECT_EQ(limited.needs->descriptors, 11 + defaults.max_pending_inbound +
                                            defaults.max_pending_outbound +
                                            defaults.max_lingering_refusals + 32);
  const auto passive = cost_with("{passive: true, max_connections: 11}");
  EXPECT_FALSE(passive.pending_has_limit);
  EXPECT_EQ(passive.needs->connections, 11u);
  EXPECT_EQ(passive.needs->descriptors, 11 + defaults.max_lingering_refusals + 32);
  EXPECT_FALSE(cost_with("passive").needs);
}

}  // namespace
}  // namespace tandem::scenarios
