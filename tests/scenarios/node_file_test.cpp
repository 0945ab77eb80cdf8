// SPDX-License-Identifier: MIT
#include "tandem/scenarios/node_file.hpp"

#include "tandem/command/bad_input.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tandem::scenarios {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class node_file : public testing::Test {
 protected:
  ~node_file() override { std::filesystem::remove(path); }
  const std::string& write(const std::string& text) const {
    std::ofstream(path) << text;
    return path;
  }
  std::vector<std::string> warnings(const std::string& text,
                                    std::optional<duration> round_trip = {}) const {
    return contradictions_in_node_file(write(text), round_trip);
  }
  const std::string path = testing::TempDir() + "tandem_node_file_" +
                           testing::UnitTest::GetInstance()->current_test_info()->name() + ".yaml";
};

TEST_F(node_file, has_options_and_no_scenario) {
  EXPECT_TRUE(is_node_file(write("max_connections: 10\n")));
  EXPECT_TRUE(is_node_file(write("conection_timeout: 5s\nmax_connections: 10\n")));
  EXPECT_FALSE(is_node_file(write("scenario: a\nmax_connections: 10\n")));
  EXPECT_FALSE(is_node_file(write("extends: a.yaml\nmax_connections: 10\n")));
  EXPECT_FALSE(is_node_file(write("groups: {a: {}}\n")));
  EXPECT_FALSE(is_node_file(write("[1, 2]\n")));
  EXPECT_FALSE(is_node_file(write("max_connections: [\n")));
  EXPECT_FALSE(is_node_file("/no/such/file"));
}

TEST_F(node_file, is_held_to_the_descriptors_of_a_process) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit few{1024, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  EXPECT_THAT(warnings("# mine\nmax_connections: 2000\n"),
              Contains(AllOf(StartsWith(path + ":2:18: max_connections 2000"),
                             HasSubstr("RLIMIT_NOFILE is 1024"))));
  EXPECT_THAT(warnings("max_connections: 100\nmax_pending_inbound: 100\n"), IsEmpty());
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Cells of a gate are forks: a fork of a process with threads cannot end those.
TEST_F(node_file, starts_no_thread) {
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  const auto before = threads();
  warnings("dns: 192.0.2.1\nmax_connections: 100\n");
  EXPECT_EQ(threads(), before);
}

TEST_F(node_file, is_held_to_the_memory_of_the_machine) {
  EXPECT_THAT(warnings("max_connections: 10000000\nmax_pending_inbound: 10\n"),
              Contains(HasSubstr("are more than the memory of")));
}

TEST_F(node_file, is_held_to_the_round_trip_that_is_given) {
  const std::string text = "max_connections: 100\nmax_pending_inbound: 100\nattempt_timeout: 3s\n";
  EXPECT_THAT(warnings(text), IsEmpty());
  EXPECT_THAT(warnings(text, 1s), IsEmpty());
  EXPECT_THAT(warnings(text, 2500ms), Contains(HasSubstr("before the second SYN")));
  EXPECT_THAT(warnings(text, 3s), Contains(HasSubstr("no dial connects")));
}

TEST_F(node_file, tells_every_mistake_with_its_place) {
  try {
    warnings("max_connections: 0\nconection_timeout: 5s\n");
    FAIL();
  } catch (const bad_inputs& e) {
    ASSERT_EQ(e.lines().size(), 2u);
    EXPECT_THAT(e.lines()[0], StartsWith(path + ":1:18: "));
    EXPECT_THAT(e.lines()[1],
                AllOf(StartsWith(path + ":2:1: "), HasSubstr("`connection_timeout`")));
  }
}

}  // namespace
}  // namespace tandem::scenarios
