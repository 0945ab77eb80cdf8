// SPDX-License-Identifier: MIT
#include "identity_file.hpp"

#include "tandem/command/bad_input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace tandem::cli {
namespace {

[[noreturn]] void fail(const std::string& path) {
  throw bad_input("--identity-file " + path, std::generic_category().message(errno));
}

}  // namespace

identity identity_from(const std::string& path) {
  // One byte more than an identity has, so that a longer file is noticed.
  std::array<std::uint8_t, identity::seed_size + 1> bytes{};
  if (const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC); file >= 0) {
    const auto size = ::read(file, bytes.data(), bytes.size());
    ::close(file);
    if (size < 0) fail(path);
    if (size != static_cast<ssize_t>(identity::seed_size))
      throw bad_input("--identity-file " + path, "must hold exactly 32 bytes");
    return identity::from_seed(std::span(bytes).first<identity::seed_size>());
  }
  if (errno != ENOENT) fail(path);
  auto made = identity::generate();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) fail(path);
  const auto written = ::write(file, made.seed().data(), made.seed().size());
  if (::close(file) != 0 || written != static_cast<ssize_t>(made.seed().size())) fail(path);
  return made;
}

}  // namespace tandem::cli
