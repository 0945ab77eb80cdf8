// SPDX-License-Identifier: MIT
#include "whole_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;

void write_in_place(const std::string& path, const std::function<void(std::ostream&)>& write) {
  errno = 0;
  std::ofstream out(path, std::ios::binary);
  if (out) write(out);
  out.close();
  if (!out) throw std::system_error(errno, std::generic_category(), path + ": cannot be written");
}

}  // namespace

void write_whole(const std::string& path, const std::string& text) {
  write_whole(path, [&](std::ostream& out) { out << text; });
}

void write_whole(const std::string& path, const std::function<void(std::ostream&)>& write) {
  std::error_code none;
  const auto there = fs::status(path, none);
  if (fs::exists(there) && !fs::is_regular_file(there)) return write_in_place(path, write);
  // Beside the file itself, so that a link to it stays one.
  const auto file = fs::is_symlink(path, none) ? fs::weakly_canonical(path, none).string() : path;
  const auto part = file + "." + std::to_string(getpid()) + ".part";
  try {
    write_in_place(part, write);
    fs::rename(part, file);
  } catch (const std::system_error& e) {
    fs::remove(part, none);
    throw std::system_error(e.code(), path + ": cannot be written");
  } catch (...) {  // of what was to be written
    fs::remove(part, none);
    throw;
  }
}

}  // namespace tandem::scenarios
