// SPDX-License-Identifier: MIT
#include "net/recording/trace_segments.hpp"

#include "tandem/net/trace_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <new>
#include <set>
#include <system_error>
#include <utility>

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr int gzip_window = 15 + 16;  // zlib.h: "add 16 to write a simple gzip header"
constexpr std::string_view suffix = ".trace";

std::uint64_t number_of(const fs::path& file, const fs::path& path) {
  const std::string name = file.filename().string();
  const std::string begin = path.filename().string() + ".";
  if (!name.starts_with(begin) || !name.ends_with(suffix)) return 0;
  std::uint64_t number = 0;
  const char* const last = name.data() + name.size() - suffix.size();
  if (name.data() + begin.size() >= last) return 0;
  const auto [end, failed] = std::from_chars(name.data() + begin.size(), last, number);
  return failed == std::errc{} && end == last ? number : 0;
}

std::vector<std::pair<std::uint64_t, fs::path>> numbered(const fs::path& path) {
  std::vector<std::pair<std::uint64_t, fs::path>> found;
  std::error_code ignored;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (fs::directory_iterator i(folder, ignored), end; !ignored && i != end; i.increment(ignored))
    if (const auto number = number_of(i->path(), path); number != 0)
      found.emplace_back(number, path.has_parent_path() ? i->path() : i->path().filename());
  std::ranges::sort(found);
  return found;
}

}  // namespace

std::vector<fs::path> trace_segments(const fs::path& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_directory(path, ignored)) return {path};
  std::vector<fs::path> files;
  for (auto& [number, file] : numbered(path)) files.push_back(std::move(file));
  return files;
}

std::vector<fs::path> trace_paths_below(const fs::path& folder) {
  std::set<fs::path> paths;
  std::error_code ignored;
  for (fs::recursive_directory_iterator i(folder, ignored), end; !ignored && i != end;
       i.increment(ignored)) {
    auto path = i->path();
    if (path.extension() != suffix) continue;
    path.replace_extension();  // of `.trace`
    if (number_of(i->path(), fs::path(path).replace_extension()) != 0)
      paths.insert(path.replace_extension());  // of the number
  }
  return {paths.begin(), paths.end()};
}

trace_segments_writer::trace_segments_writer(fs::path path, std::uint64_t segments_max)
    : path_(std::move(path)), segments_max_(std::max<std::uint64_t>(segments_max, 1)) {
  if (deflateInit2(&deflate_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

trace_segments_writer::~trace_segments_writer() {
  if (file_ >= 0) ::close(file_);
  deflateEnd(&deflate_);
}

bool trace_segments_writer::fail(const std::string& doing) {
  errno_ = errno;
  error_ = doing + " " + current_.string() + ": " + std::generic_category().message(errno_);
  return false;
}

bool trace_segments_writer::begin() {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
  auto there = numbered(path_);
  const std::uint64_t number = there.empty() ? 1 : there.back().first + 1;
  for (std::size_t i = 0; there.size() - i >= segments_max_; ++i)
    if (std::error_code failed; !fs::remove(there[i].second, failed) && failed) {
      current_ = there[i].second;
      errno = failed.value();
      return fail("cannot delete");
    }
  char digits[32];
  std::snprintf(digits, sizeof digits, ".%06llu", static_cast<unsigned long long>(number));
  current_ = path_;
  current_ += digits;
  current_ += suffix;
  file_ = ::open(current_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  in_segment_ = 0;
  return file_ >= 0 || fail("cannot create");
}

void trace_segments_writer::begin_first() {
  if (!begin()) throw std::system_error(errno_, std::generic_category(), error_);
}

bool trace_segments_writer::append(std::span<const std::byte> bytes) {
  deflateReset(&deflate_);
  packed_.resize(std::max<std::size_t>(packed_.size(), deflateBound(&deflate_, bytes.size())));
  deflate_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  deflate_.avail_in = static_cast<uInt>(bytes.size());
  deflate_.next_out = reinterpret_cast<Bytef*>(packed_.data());
  deflate_.avail_out = static_cast<uInt>(packed_.size());
  deflate(&deflate_, Z_FINISH);
  const std::size_t size = packed_.size() - deflate_.avail_out;
  for (std::size_t done = 0; done < size;) {
    const auto n = ::write(file_, packed_.data() + done, size - done);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n == 0 || errno != EINTR) {
      fail("cannot write");
      // The part of a member would look like a crash.
      if (::ftruncate(file_, static_cast<off_t>(in_segment_)) != 0) return false;
      return false;
    }
  }
  in_segment_ += size;
  bytes_ += size;
  return true;
}

}  // namespace tandem
