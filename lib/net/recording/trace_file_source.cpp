// SPDX-License-Identifier: MIT
#include "tandem/net/trace_file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

namespace tandem {

namespace fs = std::filesystem;

class trace_file_source::impl {
 public:
  explicit impl(std::vector<fs::path> files) : files_(std::move(files)) {
    if (inflateInit2(&inflate_, 15 + 16) != Z_OK) throw std::bad_alloc();
    std::error_code ignored;
    for (const auto& file : files_)
      if (const auto size = fs::file_size(file, ignored); !ignored) total_ += size;
  }
  ~impl() {
    if (file_ >= 0) ::close(file_);
    inflateEnd(&inflate_);
  }

  std::size_t read(std::span<std::byte> into) {
    while (served_ == member_.size() && error_.empty() && next_member()) {
    }
    const auto n = std::min(into.size(), member_.size() - served_);
    if (n > 0) std::memcpy(into.data(), member_.data() + served_, n);
    served_ += n;
    return n;
  }

  std::vector<fs::path> files_;
  std::string error_;
  bool truncated_ = false;
  std::uint64_t consumed_ = 0;
  std::uint64_t total_ = 0;

 private:
  /// Unpacks one member more; nothing of it is served before its checksum proved right. False at
  /// the end of the last file.
  bool next_member() {
    member_.clear();
    served_ = 0;
    do {
      if (file_ < 0) {
        if (next_ == files_.size()) return false;
        open();
      } else if (inflate_.avail_in == 0 && !ended_) {
        refill();
      } else if (inflate_.avail_in == 0) {
        end_of_file();
      } else {
        unpack();
      }
    } while (error_.empty() && inside_);
    if (!error_.empty()) member_.clear();
    return true;
  }

  void fail(const std::string& what) { error_ = files_[next_ - 1].string() + ": " + what; }

  void open() {
    file_ = ::open(files_[next_++].c_str(), O_RDONLY | O_CLOEXEC);
    if (file_ < 0) return fail(std::generic_category().message(errno));
    ended_ = inside_ = false;
    in_file_ = 0;
    inflateReset(&inflate_);
  }

  void refill() {
    const auto n = ::read(file_, packed_.data(), packed_.size());
    if (n < 0) return errno == EINTR ? void() : fail(std::generic_category().message(errno));
    ended_ = n == 0;
    inflate_.next_in = packed_.data();
    inflate_.avail_in = static_cast<uInt>(n);
  }

  void end_of_file() {
    if (inside_ || in_file_ == 0) {
      truncated_ = true;
      return fail(in_file_ == 0 ? "is empty"
                                : "ends inside a member, at byte " + std::to_string(in_file_));
    }
    ::close(std::exchange(file_, -1));
  }

  void unpack() {
    const uInt before = inflate_.avail_in;
    const auto had = member_.size();
    member_.resize(had + step);
    inflate_.next_out = member_.data() + had;
    inflate_.avail_out = step;
    const int result = inflate(&inflate_, Z_NO_FLUSH);
    member_.resize(member_.size() - inflate_.avail_out);
    in_file_ += before - inflate_.avail_in;
    consumed_ += before - inflate_.avail_in;
    inside_ = result != Z_STREAM_END;
    if (result == Z_STREAM_END) {
      inflateReset(&inflate_);
      members_ = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      if (!members_ && in_file_ < 16)
        return fail("is no recording: it does not begin as gzip does");
      fail("byte " + std::to_string(in_file_) + ": damaged (" +
           (inflate_.msg != nullptr ? inflate_.msg : "no gzip") + ")");
    } else if (member_.size() > member_max) {
      fail("byte " + std::to_string(in_file_) + ": a member larger than any recorder writes");
    }
  }

  static constexpr uInt step = 64 << 10;
  static constexpr std::size_t member_max = std::size_t{256} << 20;

  std::vector<Bytef> member_;  ///< unpacked
  std::size_t served_ = 0;     ///< of it
  std::size_t next_ = 0;
  int file_ = -1;
  bool ended_ = false;    ///< the file has no more
  bool inside_ = false;   ///< a member
  bool members_ = false;  ///< one was whole
  std::uint64_t in_file_ = 0;
  z_stream inflate_{};
  std::array<Bytef, 64 << 10> packed_{};
};

trace_file_source::trace_file_source(std::vector<fs::path> files)
    : impl_(std::make_unique<impl>(std::move(files))) {}
trace_file_source::~trace_file_source() = default;
std::size_t trace_file_source::read(std::span<std::byte> into) { return impl_->read(into); }
std::string trace_file_source::error() const { return impl_->error_; }
bool trace_file_source::truncated() const { return impl_->truncated_; }
std::uint64_t trace_file_source::consumed() const noexcept { return impl_->consumed_; }
std::uint64_t trace_file_source::total() const noexcept { return impl_->total_; }

}  // namespace tandem
