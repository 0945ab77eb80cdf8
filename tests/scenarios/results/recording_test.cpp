// SPDX-License-Identifier: MIT
// Simulated runs are recorded as nodes are, and what is recorded replays to the same decisions.
#include "tandem/command/recording.hpp"
#include "scenarios/busy_run.hpp"
#include "scenarios/run_support.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/run_recording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class recording_of_runs : public testing::TestWithParam<std::string> {
 protected:
  ~recording_of_runs() override { fs::remove_all(folder_); }

  run_result recorded(const scenario& what, recording_options options) const {
    options.directory = folder_;
    options.replace = true;
    run_recording into(what, GetParam(), what.seed, options);
    run_options how;
    how.traces_to = [&](std::uint32_t node) { return into[node]; };
    auto r = run_on(what, GetParam(), how);
    into.finish();
    return r;
  }
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::directory_iterator(folder_ + "/" + GetParam())) {
      std::ostringstream bytes;
      bytes << std::ifstream(entry.path()).rdbuf();
      all.emplace(entry.path().filename().string(), bytes.str());
    }
    return all;
  }

  const std::string folder_ = testing::TempDir() + "tandem_recording_" + std::to_string(getpid());
  const scenario what_ = parse_scenario(busy, "busy.yaml");
};

TEST_P(recording_of_runs, replay_to_the_same_decisions) {
  const auto r = recorded(what_, {});
  EXPECT_EQ(r.trace_hash, run_on(what_, GetParam()).trace_hash) << "recording changes nothing";
  const auto runs = recordings_in({folder_});
  EXPECT_EQ(runs.size(), 8u + 1 + 6) << "one for each life: 8 nodes, of which 7 were started twice";
  std::uint64_t inputs = 0;
  for (const auto& each : runs) {
    const auto again = replay_recording(each, {});
    EXPECT_TRUE(again.record.identical) << each.front() << ": " << again.record.error;
    inputs += again.record.inputs;
  }
  EXPECT_GT(inputs, 1000u);
}

TEST_P(recording_of_runs, are_the_same_bytes_each_time) {
  recorded(what_, {});
  const auto first = files();
  recorded(what_, {});
  EXPECT_EQ(files(), first);
}

TEST_P(recording_of_runs, keep_the_newest_when_they_may_not_be_large) {
  recording_options options;
  options.nodes = {"server"};
  options.bytes_max = 1 << 16;  // segments of 16 KiB
  const auto longer = parse_scenario(
      busy, "busy.yaml",
      {"duration=200s", "workload.6.shutdown.at=190s", "workload.2.send.bytes=2000"});
  const auto r = recorded(longer, options);
  EXPECT_EQ(r.trace_hash, run_on(longer, GetParam()).trace_hash)
      << "checkpoints that begin segments are not of the run";
  const auto all = files();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_FALSE(all.contains("server.0.000001.trace"));
  std::size_t bytes = 0;
  for (const auto& [name, text] : all) bytes += text.size();
  EXPECT_LT(bytes, 2 * options.bytes_max);
  for (const auto& [name, text] : all) {
    const auto runs = recordings_in({folder_ + "/" + GetParam() + "/" + name});
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_TRUE(replay_recording(runs.front(), {}).record.identical) << name;
  }
  const auto together = recordings_in({folder_});
  ASSERT_EQ(together.size(), 1u);
  EXPECT_TRUE(replay_recording(together.front(), {}).record.identical);
}

TEST_P(recording_of_runs, are_of_the_nodes_that_were_chosen) {
  recording_options options;
  options.nodes = {"clients[1..2]", "other", "clients[2]"};
  const auto r = recorded(what_, options);
  EXPECT_EQ(r.trace_hash, run_on(what_, GetParam()).trace_hash);
  std::vector<std::string> names;
  for (const auto& [name, text] : files()) names.push_back(name.substr(0, name.find(".0000")));
  EXPECT_THAT(names, testing::ElementsAre("clients.1", "clients.1", "clients.2", "clients.2",
                                          "other.0", "other.0"));
}

INSTANTIATE_TEST_SUITE_P(level, recording_of_runs, testing::ValuesIn(virtual_levels()),
                         [](const auto& info) { return info.param; });

std::string refusal_of(const scenario& what, recording_options options) {
  options.directory = testing::TempDir() + "tandem_recording_refused";
  try {
    const run_recording made(what, "message", 1, options);
  } catch (const bad_input& e) {
    fs::remove_all(options.directory);
    return e.what();
  }
  return "made";
}

TEST(recording, refuses_nodes_there_are_not_and_more_than_can_be_recorded) {
  const auto what =
      parse_scenario(busy, "busy.yaml", {"groups.clients.count=255", "workload.2.send.bytes=2000"});
  const auto with = [&](const std::string& nodes) {
    recording_options options;
    options.nodes = {nodes};
    return refusal_of(what, options);
  };
  EXPECT_EQ(with("client"),
            "--record-nodes client: no group is called `client`; did you mean `clients`?");
  EXPECT_THAT(with("clients[255]"), HasSubstr("there is no node 255"));
  EXPECT_THAT(with("clients[x]"),
              HasSubstr("--record-nodes clients[x]: `--record-nodes` must be a group"));
  EXPECT_EQ(with("clients"), "made");
  EXPECT_THAT(refusal_of(what, {}),
              HasSubstr("--record: asks for 257 nodes, and takes at most 256; choose some, as in "
                        "`--record-nodes server`"));
}

}  // namespace
}  // namespace tandem::scenarios
