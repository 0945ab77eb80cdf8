// SPDX-License-Identifier: MIT
#include "results/whole_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <stdexcept>
#include <system_error>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;

class whole_file : public testing::Test {
 protected:
  whole_file() { fs::create_directories(folder); }
  ~whole_file() override { fs::remove_all(folder); }

  static std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::errc why_not(const fs::path& path, const std::string& text) {
    try {
      write_whole(path.string(), text);
    } catch (const std::system_error& e) {
      return static_cast<std::errc>(e.code().value());
    }
    return {};
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
  }

  const fs::path folder = fs::temp_directory_path() / ("tandem-whole-" + std::to_string(getpid()));
  const fs::path file = folder / "file";
};

TEST_F(whole_file, takes_the_place_of_an_older_one) {
  write_whole(file.string(), "older and longer");
  write_whole(file.string(), "newer");
  EXPECT_EQ(text_of(file), "newer");
  EXPECT_EQ(files(), 1u);
}

TEST_F(whole_file, that_does_not_fit_leaves_the_older_one) {
  write_whole(file.string(), "older");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{100, before.rlim_max};
  const auto heard = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &full);
  const auto why = why_not(file, std::string(100'000, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, heard);
  EXPECT_EQ(why, std::errc::file_too_large);
  EXPECT_EQ(text_of(file), "older");
  EXPECT_EQ(files(), 1u);
}

TEST_F(whole_file, that_nobody_can_make_leaves_the_older_one) {
  write_whole(file.string(), "older");
  const auto half = [](std::ostream& out) {
    out << "half of it";
    throw std::runtime_error("no more");
  };
  EXPECT_THROW(write_whole(file.string(), half), std::runtime_error);
  EXPECT_EQ(text_of(file), "older");
  EXPECT_EQ(files(), 1u);
}

TEST_F(whole_file, says_why_it_cannot_be) {
  EXPECT_EQ(why_not(folder / "none" / "file", "x"), std::errc::no_such_file_or_directory);
  EXPECT_EQ(why_not(folder, "x"), std::errc::is_a_directory);
}

TEST_F(whole_file, goes_through_a_link_and_into_a_pipe) {
  write_whole(file.string(), "older");
  fs::create_symlink(file, folder / "link");
  write_whole((folder / "link").string(), "newer");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(text_of(file), "newer");
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  write_whole("/dev/fd/" + std::to_string(ends[1]), "said");
  char said[5] = {};
  EXPECT_EQ(read(ends[0], said, 4), 4);
  EXPECT_STREQ(said, "said");
  for (const int end : ends) close(end);
}

}  // namespace
}  // namespace tandem::scenarios
