// SPDX-License-Identifier: MIT
#include "read/arithmetic.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/read.hpp"
#include "tandem/scenarios/run.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

std::string result_of(const std::string& expression) {
  const auto named = [](std::string_view name) -> quantity {
    if (name == "peers") return {quantity::kind::plain, 20};
    if (name == "outage") return {quantity::kind::duration, 90e9};
    throw std::invalid_argument("no " + std::string(name));
  };
  try {
    return text_of(calculate(expression, named));
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
}

TEST(arithmetic, has_the_usual_order_and_parentheses) {
  EXPECT_EQ(result_of("1 + 2 * 3"), "7");
  EXPECT_EQ(result_of("(1 + 2) * 3"), "9");
  EXPECT_EQ(result_of("10 - 4 - 3"), "3");
  EXPECT_EQ(result_of("100 / 10 / 5"), "2");
  EXPECT_EQ(result_of("2 * -(peers - 18)"), "-4");
  EXPECT_EQ(result_of("peers"), "20");
}

TEST(arithmetic, keeps_units) {
  EXPECT_EQ(result_of("outage + 5m"), "390s");
  EXPECT_EQ(result_of("outage / 4"), "22500ms");
  EXPECT_EQ(result_of("outage / 30s"), "3");
  EXPECT_EQ(result_of("10Mbit/s * 2"), "20000000bit/s");
  EXPECT_EQ(result_of("64KiB * 2"), "131072");
  EXPECT_EQ(result_of("peers * 0.5/s"), "10/s");
  EXPECT_EQ(result_of("peers / outage * 9"), "2/s");
  EXPECT_EQ(result_of("20/s * 30s"), "600");
  EXPECT_EQ(result_of("peers / 5/s"), "4s") << "a rate where no blank is";
  EXPECT_EQ(result_of("50% * peers"), "10");
}

TEST(arithmetic, refuses_what_has_no_meaning) {
  EXPECT_EQ(result_of("outage + 5"), "a duration and a number have no sum");
  EXPECT_EQ(result_of("outage - 5/s"), "a duration and a rate have no difference");
  EXPECT_EQ(result_of("outage * outage"), "a duration and a duration have no product");
  EXPECT_EQ(result_of("64KiB / 2s"), "a size and a duration have no quotient");
  EXPECT_EQ(result_of("peers / (peers - 20)"), "a division by 0");
  EXPECT_EQ(result_of("peers +"), "a value is missing at the end");
  EXPECT_EQ(result_of("(peers"), "a `)` is missing");
  EXPECT_EQ(result_of("peers 3"), "nothing can follow here: `3`");
  EXPECT_EQ(result_of("3fortnights"), "no value: `3fortnights`");
  EXPECT_EQ(result_of("* 3"), "no value: `* 3`");
  EXPECT_EQ(result_of("other + 1"), "no other");
}

const std::string parametrised = R"(scenario: p
parameters: {peers: 20, outage: 30s, profile: ns3-default, limit: "${2 * peers}"}
duration: ${outage + 1m}
tcp: ${profile}
groups:
  hub: {listen: true, manager: {max_connections: ${limit}}}
  peers: {count: ${peers}}
workload:
  - dial: {from: peers, to: hub, arrivals: {poisson: ${peers / 10s}}}
expectations:
  - hub.icn_p2p_active_connections.max <= ${0.5 * peers}
)";

TEST(parameters, stand_for_their_values_everywhere) {
  const auto s = parse_scenario(parametrised, "f.yaml");
  EXPECT_EQ(s.length, seconds(90));
  EXPECT_EQ(s.tcp.name, "ns3-default");
  EXPECT_EQ(s.groups[0].manager.max_connections, 40u) << "one may use those before it";
  EXPECT_EQ(s.groups[1].count, 20u);
  EXPECT_EQ(s.expectations[0].low.value, 10);
}

TEST(parameters, are_changed_by_set_and_by_nothing_else) {
  const auto s = parse_scenario(parametrised, "f.yaml", {"parameters.peers=6"});
  EXPECT_EQ(s.groups[0].manager.max_connections, 12u);
  const auto of_set = parse_scenario(parametrised, "f.yaml", {"groups.peers.count=${peers * 2}"});
  EXPECT_EQ(of_set.groups[1].count, 40u);
  try {
    parse_scenario(parametrised, "f.yaml", {"parameters.peer=6"});
    FAIL();
  } catch (const bad_input& e) {
    EXPECT_STREQ(e.what(),
                 "--set parameters.peer=6: no parameter is called `peer`; did you mean `peers`?");
  }
}

TEST(parameters, leave_the_positions_of_other_values_where_they_are) {
  try {
    parse_scenario(
        "scenario: p\nparameters: {a: 5}\nduration: 10s\n"
        "groups: {x: {count: ${a}, listen: maybe}}\n",
        "f.yaml");
    FAIL();
  } catch (const bad_input& e) {
    EXPECT_THAT(e.what(), HasSubstr("f.yaml:4:35: `groups.x.listen` must be true or false"));
  }
}

TEST(parameters, are_not_meant_where_the_dollar_comes_twice) {
  const auto said = [](const std::string& description) {
    const auto s = parse_scenario("scenario: p\nparameters: {a: 5}\nduration: 10s\ndescription: " +
                                      description + "\ngroups: {x: {}}\n",
                                  "f.yaml");
    EXPECT_EQ(parse_scenario(s.flat, "flat.yaml").description, s.description) << s.flat;
    return s.description;
  };
  EXPECT_EQ(said("$${a} is ${a}"), "${a} is 5");
  EXPECT_EQ(said("\"$${a}\""), "${a}");
  EXPECT_EQ(said("write $${, then ${a} $"), "write ${, then 5 $");
  EXPECT_EQ(said("$$ and $$${a}"), "$$ and $${a}");
  EXPECT_EQ(said("\"$${\""), "${");
}

class extends : public testing::Test {
 protected:
  extends() { std::filesystem::create_directories(folder_); }
  ~extends() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  static std::string error_of(const std::string& path) {
    try {
      read_scenario(path);
    } catch (const bad_input& e) {
      return e.what();
    }
    return "no error";
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                  testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(extends, merges_mappings_and_replaces_all_else) {
  write("base.yaml", parametrised);
  const auto path = write("own.yaml",
                          "extends: base.yaml\nscenario: own\nparameters: {peers: 8}\n"
                          "groups:\n  hub: {manager: {connection_timeout: 10s}}\n  more: {}\n"
                          "workload:\n  - dial: {from: more, to: hub}\n");
  const auto s = read_scenario(path);
  EXPECT_EQ(s.name, "own");
  ASSERT_EQ(s.groups.size(), 3u);
  EXPECT_EQ(s.groups[0].name, "hub");
  EXPECT_TRUE(s.groups[0].listen);
  EXPECT_EQ(s.groups[0].manager.max_connections, 16u);
  EXPECT_EQ(s.groups[0].manager.connection_timeout, seconds(10));
  EXPECT_EQ(s.groups[1].count, 8u);
  ASSERT_EQ(s.workload.size(), 1u);
  EXPECT_THAT(s.where.at("workload.0.dial.from"), testing::HasSubstr("own.yaml:8:18"));
}

TEST_F(extends, names_the_file_that_each_value_is_from) {
  const auto base = write("base.yaml", "scenario: b\nduration: 10\ngroups:\n  a: {count: x}\n");
  const auto own = write("own.yaml", "extends: base.yaml\n\ngroups:\n  a: {listen: maybe}\n");
  try {
    read_scenario(own);
    FAIL();
  } catch (const bad_inputs& e) {
    EXPECT_THAT(e.lines(), testing::UnorderedElementsAre(
                               HasSubstr(base + ":2:11: `duration`"), HasSubstr(base + ":4:14: "),
                               HasSubstr(own + ":4:15: `groups.a.listen`")));
  }
}

TEST_F(extends, ends_when_a_file_extends_itself) {
  const auto path = write("self.yaml", "extends: self.yaml\n");
  EXPECT_THAT(error_of(path), HasSubstr("does one extend itself?"));
}

TEST_F(extends, names_the_line_of_a_base_that_is_not_there) {
  const auto path = write("own.yaml", "scenario: x\nextends: no.yaml\n");
  EXPECT_THAT(error_of(path), HasSubstr("own.yaml:2:10: `extends` names a file"));
  EXPECT_THAT(error_of(path), HasSubstr("no.yaml: cannot be read: No such file or directory"));
}

TEST_F(extends, is_shown_flat_and_the_flat_file_is_the_same_scenario) {
  write("base.yaml", parametrised);
  const auto path = write("own.yaml", "extends: base.yaml\nparameters: {peers: 8}\n");
  const auto flat = read_scenario(path).flat;
  EXPECT_EQ(flat.find("${"), std::string::npos);
  EXPECT_EQ(flat.find("extends"), std::string::npos);
  EXPECT_EQ(flat.find("parameters"), std::string::npos);
  const auto again = parse_scenario(flat, "flat.yaml");
  EXPECT_EQ(again.groups[1].count, 8u);
  EXPECT_EQ(again.length, seconds(90));
}

TEST_F(extends, makes_another_experiment_when_the_base_becomes_another) {
  const auto base = [&](const std::string& count) {
    write("base.yaml", "duration: 1s\ngroups: {a: {count: " + count + "}}\n");
    return read_scenario(write("own.yaml", "extends: base.yaml\nscenario: own\n"));
  };
  const auto three = base("3"), four = base("4");
  EXPECT_NE(hash_of(three), hash_of(four));
  EXPECT_EQ(hash_of(three), hash_of(base("3")));
  EXPECT_THAT(four.flat, HasSubstr("count: 4"));
}

}  // namespace
}  // namespace tandem::scenarios
