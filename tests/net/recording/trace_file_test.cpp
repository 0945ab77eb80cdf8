// SPDX-License-Identifier: MIT
#include "tandem/net/trace_file.hpp"

#include "net/recording/trace_segments.hpp"
#include "tandem/core/random.hpp"
#include "tandem/core/replay.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <system_error>
#include <thread>

namespace tandem {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// While it lives, a file holds no more than so many bytes.
class full_disk {
 public:
  explicit full_disk(rlim_t bytes) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    struct rlimit small = before_;
    small.rlim_cur = bytes;
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  ~full_disk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;

 private:
  struct rlimit before_ {};
  void (*const handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);  // then write() fails with EFBIG
};

/// Hands on what it hears and keeps it, so that a file can be held to it.
class kept_beside final : public trace_sink {
 public:
  explicit kept_beside(trace_file& to) : to_(to) {}
  void record(std::span<const std::byte> bytes) override {
    to_.record(bytes);
    all.record(bytes);
    ends.push_back(all.bytes().size());
  }
  bool checkpoint_due() const noexcept override { return to_.checkpoint_due(); }

  memory_trace all;
  std::vector<std::size_t> ends;  ///< of each record

 private:
  trace_file& to_;
};

class trace_files : public testing::Test {
 protected:
  void SetUp() override {
    folder =
        fs::temp_directory_path() / ("tandem_trace_" + std::to_string(::getpid()) + "_" +
                                     testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder);
    fs::create_directories(folder);
    options.path = folder / "node";
  }
  void TearDown() override { fs::remove_all(folder); }

  static constexpr time_point at(duration since_start) { return time_point{since_start}; }
  static peer_id peer(std::uint32_t n) {
    const std::array<std::uint8_t, 6> raw{
        0, 4, 9, 9, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
    return peer_id::from_bytes(raw);
  }
  /// Peers come and go; what the disk does meanwhile takes real time.
  manager_counters record(trace_file& file, int rounds, bool waits = false) {
    return record(file, file, rounds, waits);
  }
  manager_counters record(trace_file& file, trace_sink& sink, int rounds, bool waits = false) {
    connection_manager manager({}, peer(9999), 3, &sink);
    const auto tell = [&](const event& what) {
      manager.handle(now, what);
      while (manager.poll_action()) {
      }
    };
    for (int i = 1; i <= rounds; ++i) {
      const connection_id id{static_cast<std::uint64_t>(2 * i)};
      const auto who =
          static_cast<std::uint32_t>(static_cast<std::uint32_t>(i) * 2654435761U >> 16);
      now += 10ms;
      tell(events::arrived{id, endpoint::v4(10, 0, 0, 1, static_cast<std::uint16_t>(who))});
      tell(events::authenticated{id, peer(who)});
      tell(events::ready{id});
      if (i % 3 != 0) tell(events::closed{id, cause::remote_closed});
      if (waits && i % 50 == 0) flush(file);
    }
    return manager.counters();
  }
  /// Waits until something was written, as on a disk that keeps up, or the recording stopped.
  static void flush(trace_file& file) {
    const auto before = file.status();
    file.flush();
    const auto waits = [&] {
      const auto now = file.status();
      return now.bytes_written == before.bytes_written && now.error.empty();
    };
    for (int n = 0; n < 1'000 && waits(); ++n) std::this_thread::sleep_for(1ms);
  }
  replay_result replay_all() const {
    trace_file_source source(trace_segments(options.path));
    return replay(source);
  }
  /// What each member holds, in order: a crash loses at most the last.
  std::vector<std::size_t> member_sizes() const {
    trace_file_source source(trace_segments(options.path));
    std::vector<std::byte> into(std::size_t{1} << 20);
    std::vector<std::size_t> sizes;
    while (const auto size = source.read(into)) sizes.push_back(size);
    return sizes;
  }
  static std::vector<char> bytes_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void write(const fs::path& file, const std::vector<char>& bytes) {
    std::ofstream(file, std::ios::binary).write(bytes.data(), static_cast<long>(bytes.size()));
  }

  fs::path folder;
  trace_file_options options;
  time_point now{};
};

TEST_F(trace_files, come_back_as_they_were_recorded) {
  manager_counters counters;
  {
    trace_file file(options);
    counters = record(file, 2000);
    const auto status = file.status();
    EXPECT_EQ(status.error, "");
    EXPECT_EQ(status.records_lost, 0U);
  }
  const auto files = trace_segments(options.path);
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0], folder / "node.000001.trace");
  EXPECT_EQ(fs::status(files[0]).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto r = replay_all();
  EXPECT_TRUE(r.identical) << r.error;
  EXPECT_EQ(r.counters, counters);
  EXPECT_GT(r.actions, 2000U);
}

TEST_F(trace_files, are_bounded_and_each_can_be_replayed_alone) {
  options.segment_bytes = 8 << 10;
  options.segments_max = 3;
  options.flush_bytes = 4 << 10;
  manager_counters counters;
  {
    trace_file file(options);
    counters = record(file, 4000, true);
    EXPECT_GT(file.status().segments, 5U);
    EXPECT_EQ(file.status().error, "");
  }
  const auto files = trace_segments(options.path);
  ASSERT_EQ(files.size(), 3U);
  EXPECT_GT(files[0].filename(), "node.000003.trace") << "the oldest went";
  for (const auto& file : files) {
    trace_file_source source({file});
    const auto r = replay(source);
    EXPECT_TRUE(r.identical) << file << r.error;
    trace_file_source again({file});
    EXPECT_TRUE(heading_of(again).continues);
  }
  const auto r = replay_all();
  EXPECT_TRUE(r.identical) << r.error;
  EXPECT_EQ(r.counters, counters);
}

TEST_F(trace_files, begin_with_their_header_whatever_was_not_written_before_it) {
  {
    trace_file file(options);
    connection_manager manager({}, peer(9999), 3, &file);
    manager.advance(at(1s));
    manager.write_checkpoint(file);  // as the next step does when the segment is full
    manager.advance(at(2s));
  }
  const auto files = trace_segments(options.path);
  ASSERT_EQ(files.size(), 2U);
  for (const auto& file : files) {
    trace_file_source source({file});
    const auto r = replay(source);
    EXPECT_TRUE(r.identical) << file << r.error;
    EXPECT_EQ(r.inputs, 1U) << file;
  }
}

TEST_F(trace_files, hold_what_is_older_than_flush_after_though_nothing_but_time_passes) {
  {
    trace_file file(options);
    connection_manager manager({}, peer(9999), 3, &file);
    for (const duration t : {0ns, 2s - 1ns, 2s + 0ns, 4s - 1ns, 4s + 0ns}) manager.advance(at(t));
  }
  const auto sizes = member_sizes();
  constexpr std::size_t step = 1 + 8;  // a kind and a time
  ASSERT_EQ(sizes.size(), 3U);
  EXPECT_GT(sizes[0], 2 * step) << "and the header";
  EXPECT_EQ(sizes[1], 2 * step);
  EXPECT_EQ(sizes[2], step);
}

TEST_F(trace_files, are_counted_each_and_all_together) {
  trace_segments_writer files(options.path, 3);
  std::uint64_t all = 0;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(files.begin());
    EXPECT_EQ(files.segment_bytes(), 0U);
    ASSERT_TRUE(files.append(std::vector<std::byte>(1000)));
    ASSERT_TRUE(files.append(std::vector<std::byte>(1000)));
    EXPECT_EQ(files.segment_bytes(), fs::file_size(trace_segments(options.path).back()));
    all += files.segment_bytes();
    EXPECT_EQ(files.bytes(), all);
  }
}

TEST_F(trace_files, are_whole_when_finish_says_so) {
  trace_file file(options);
  record(file, 1000);
  EXPECT_TRUE(file.finish(std::chrono::seconds(60)));
  const auto written = bytes_of(trace_segments(options.path)[0]);
  EXPECT_EQ(file.status().bytes_written, written.size());
  EXPECT_TRUE(file.finish(std::chrono::milliseconds(0)));  // once more is harmless
}

TEST_F(trace_files, go_on_after_those_of_the_last_process) {
  for (int i = 1; i <= 3; ++i) {
    trace_file file(options);
    record(file, 10);
  }
  EXPECT_EQ(trace_segments(options.path).size(), 3U);
  EXPECT_EQ(trace_segments(options.path)[2], folder / "node.000003.trace");
}

TEST_F(trace_files, without_their_tail_are_read_as_far_as_they_go) {
  options.flush_bytes = 2 << 10;
  {
    trace_file file(options);
    record(file, 2000);
  }
  const auto file = trace_segments(options.path)[0];
  const auto whole = bytes_of(file);
  for (const std::size_t left : {whole.size() - 1, whole.size() / 2, whole.size() / 3}) {
    write(file, {whole.begin(), whole.begin() + static_cast<long>(left)});
    const auto r = replay_all();
    EXPECT_TRUE(r.matches);
    EXPECT_TRUE(r.truncated) << r.error;
    EXPECT_NE(
        r.error.find("node.000001.trace: ends inside a member, at byte " + std::to_string(left)),
        std::string::npos)
        << r.error;
    EXPECT_GT(r.inputs, left / 20);
  }
}

TEST_F(trace_files, that_are_damaged_say_where) {
  options.flush_bytes = 2 << 10;
  {
    trace_file file(options);
    record(file, 1000);
  }
  const auto file = trace_segments(options.path)[0];
  const auto whole = bytes_of(file);
  for (std::size_t at = 40; at < whole.size(); at += 97) {
    auto bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    write(file, bytes);
    const auto r = replay_all();
    // Bytes 4 to 9 of a member's header say nothing about its content.
    if (r.identical) continue;
    EXPECT_NE(r.error.find("byte "), std::string::npos) << at << ": " << r.error;
    EXPECT_NE(r.error.find("node.000001.trace"), std::string::npos) << at << ": " << r.error;
  }
  write(file, {'s', 'c', 'e', 'n', 'a', 'r', 'i', 'o', ':', ' ', 'x', '\n'});
  EXPECT_NE(replay_all().error.find("is no recording"), std::string::npos) << replay_all().error;
  write(file, {});
  EXPECT_NE(replay_all().error.find("is empty"), std::string::npos) << replay_all().error;
}

TEST_F(trace_files, a_place_that_cannot_be_written_is_refused_at_the_start) {
  options.path = folder / "no" / "such" / "folder";
  EXPECT_THROW(trace_file{options}, std::system_error);
}

TEST_F(trace_files, a_full_disk_stops_recording_and_leaves_what_is_whole) {
  options.flush_bytes = 1 << 10;
  trace_file_status status;
  manager_counters counters;
  {
    const full_disk disk(16 << 10);
    trace_file file(options);
    counters = record(file, 4000, true);
    status = file.status();
  }
  EXPECT_NE(status.error.find("cannot write"), std::string::npos) << status.error;
  EXPECT_GT(status.records_lost, 0U);
  std::uint64_t refused = 0;
  for (const auto n : counters.refused) refused += n;
  EXPECT_EQ(counters.established_total + refused, 4000U) << "the node went on";
  const auto r = replay_all();
  EXPECT_TRUE(r.identical) << r.error << ": a step is never written in part";
  EXPECT_GT(r.inputs, 500U);
}

TEST_F(trace_files, have_no_gap_where_something_did_not_fit) {
  // Takes long to pack, so that the next is waiting when it turns out not to fit.
  std::vector<std::byte> large{std::byte{1}};
  random_stream random(1);
  while (large.size() < 2 << 20) large.push_back(static_cast<std::byte>(random.up_to(255)));
  {
    const full_disk disk(16 << 10);
    trace_file file(options);
    connection_manager manager({}, peer(9999), 3, &file);
    manager.advance(at(1s));
    file.flush();
    file.record(large);
    manager.write_checkpoint(file);  // in a file of its own it would fit
    file.flush();
  }
  EXPECT_EQ(trace_segments(options.path).size(), 1U);
  const auto r = replay_all();
  EXPECT_TRUE(r.identical) << r.error;
  EXPECT_EQ(r.inputs, 1U);
}

TEST_F(trace_files, a_disk_that_is_too_slow_stops_recording_not_the_node) {
  options.flush_bytes = 1 << 10;
  options.queue_bytes_max = 2 << 10;
  trace_file_status status;
  {
    trace_file file(options);
    record(file, 20'000);
    status = file.status();
  }
  // Packing a member takes many times as long as filling it.
  EXPECT_NE(status.error.find("too slow"), std::string::npos) << status.error;
  EXPECT_TRUE(replay_all().identical);
}

TEST_F(trace_files, are_whole_up_to_the_gap_wherever_a_slow_disk_stopped_them) {
  // Each size lets the queue overflow at another record of a step.
  int stopped = 0;
  for (std::size_t size = 1000; size < 1200; size += 5) {
    fs::remove_all(folder);
    fs::create_directories(folder);
    options.flush_bytes = options.queue_bytes_max = size;
    auto file = std::make_unique<trace_file>(options);
    kept_beside kept(*file);
    record(*file, kept, 300);
    const bool slow = !file->status().error.empty();
    stopped += slow;
    const auto lost = file->status().records_lost;
    file.reset();
    trace_file_source source(trace_segments(options.path));
    std::vector<std::byte> written(kept.all.bytes().size() + 1);
    std::size_t filled = 0;
    while (const auto more = source.read(std::span(written).subspan(filled))) filled += more;
    written.resize(filled);
    EXPECT_TRUE(std::ranges::equal(written, kept.all.bytes().first(filled))) << size;
    const auto end = std::ranges::find(kept.ends, filled);
    ASSERT_NE(end, kept.ends.end()) << size << ": ends within a record";
    if (slow) {
      EXPECT_EQ(kept.ends.end() - end - 1, static_cast<std::ptrdiff_t>(lost)) << size;
    }
    EXPECT_TRUE(replay_all().identical) << size << ": " << replay_all().error;
  }
  EXPECT_GT(stopped, 0) << "packing a member takes many times as long as filling it";
}

TEST_F(trace_files, more_than_the_queue_holds_is_taken_when_nothing_waits) {
  options.queue_bytes_max = 1;
  trace_file file(options);
  record(file, 10);
  file.flush();
  EXPECT_EQ(file.status().error, "");
}

TEST_F(trace_files, of_a_disk_that_keeps_up_are_not_bounded_by_the_queue) {
  options.queue_bytes_max = 8 << 10;
  trace_file file(options);
  for (int i = 0; i < 20; ++i) {
    const auto before = file.status().bytes_written;
    record(file, 10);
    flush(file);
    ASSERT_GT(file.status().bytes_written, before);
  }
  EXPECT_EQ(file.status().error, "");
  EXPECT_EQ(file.status().segments, 20U);
}

}  // namespace
}  // namespace tandem
