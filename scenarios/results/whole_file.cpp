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

void write(const std::string& path, const std::string& text) {
  errno = 0;
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw std::system_error(errno, std::generic_category(), path + ": cannot be written");
}

}  // namespace

void write_whole(const std::string& path, const std::string& text) {
  std::error_code none;
  const auto there = fs::status(path, none);
  if (fs::exists(there) && !fs::is_regular_file(there)) return write(path, text);
  // Beside the file itself, so that a link to it stays one.
  const auto file = fs::is_symlink(path, none) ? fs::weakly_canonical(path, none).string() : path;
  const auto part = file + "." + std::to_string(getpid()) + ".part";
  try {
    write(part, text);
    fs::rename(part, file);
  } catch (const std::system_error& e) {
    fs::remove(part, none);
    throw std::system_error(e.code(), path + ": cannot be written");
  }
}

}  // namespace tandem::scenarios
