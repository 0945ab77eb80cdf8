// SPDX-License-Identifier: MIT
#include "identity_file.hpp"

#include "tandem/command/bad_input.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace tandem::cli {
namespace {

class descriptor {
 public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  operator int() const { return number_; }

 private:
  const int number_;
};

bad_input refusal(const std::string& path, const std::string& why) {
  return bad_input("--identity-file " + path, why);
}
bad_input failure(const std::string& path) {
  return refusal(path, std::generic_category().message(errno));
}

}  // namespace

identity_file::identity_file(std::string path) : path_(std::move(path)), identity_(read()) {
  if (!identity_) prepare();
}

identity_file::~identity_file() {
  if (!prepared_.empty()) ::unlink(prepared_.c_str());
}

std::optional<identity> identity_file::read() const {
  // Without waiting for somebody who writes, should it be a FIFO.
  const descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file < 0 && errno == ENOENT) return {};
  struct stat found {};
  if (file < 0 || ::fstat(file, &found) != 0) throw failure(path_);
  if (!S_ISREG(found.st_mode)) throw refusal(path_, "is no regular file");
  if ((found.st_mode & 077) != 0) {
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(found.st_mode & 07777));
    throw refusal(path_, "holds a secret and is open to others (mode " + std::string(mode) +
                             "); `chmod 600` it, or use another if it was read");
  }
  std::array<std::uint8_t, identity::seed_size> seed;
  if (found.st_size != static_cast<off_t>(seed.size()))
    throw refusal(path_, "must hold exactly 32 bytes, not " + std::to_string(found.st_size) +
                             "; without the file a new identity is made");
  if (::read(file, seed.data(), seed.size()) != static_cast<ssize_t>(seed.size()))
    throw failure(path_);
  return identity::from_seed(seed);
}

void identity_file::prepare() {
  auto made = identity::generate();
  std::string name = path_ + ".XXXXXX";
  const descriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (file < 0) throw failure(path_);
  prepared_ = std::move(name);
  const auto seed = made.seed();
  if (::fchmod(file, 0600) != 0 ||  // a umask may have taken it from the owner as well
      ::write(file, seed.data(), seed.size()) != static_cast<ssize_t>(seed.size()) ||
      ::fsync(file) != 0) {
    const auto failed = failure(path_);
    ::unlink(prepared_.c_str());
    throw failed;
  }
  identity_ = std::move(made);
}

identity identity_file::take() {
  // A link is there whole or not at all, and never replaces one.
  if (!prepared_.empty() && ::link(prepared_.c_str(), path_.c_str()) != 0) {
    if (errno != EEXIST) throw failure(path_);
    identity_ = read();
    if (!identity_) throw refusal(path_, "leads to a file that is not there");
  }
  return *identity_;
}

}  // namespace tandem::cli
