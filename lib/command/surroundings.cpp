// SPDX-License-Identifier: MIT
#include "tandem/command/contradictions.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace tandem {
namespace {

std::optional<std::uint64_t> number_in(const std::filesystem::path& file) {
  std::uint64_t number = 0;
  return std::ifstream(file) >> number ? std::optional(number) : std::nullopt;  // `max`: none
}

/// The least memory.max of the control groups (version 2) that this process is in.
std::optional<std::uint64_t> group_memory() {
  const std::filesystem::path root = "/sys/fs/cgroup";
  std::string line;
  for (std::ifstream groups("/proc/self/cgroup"); std::getline(groups, line);)
    if (line.starts_with("0::/")) break;
  if (!line.starts_with("0::/")) return {};
  std::optional<std::uint64_t> least;
  for (auto at = root / line.substr(4);; at = at.parent_path()) {
    if (const auto here = number_in(at / "memory.max"))
      least = std::min(least.value_or(*here), *here);
    if (at == root || !at.has_relative_path()) return least;
  }
}

}  // namespace

surroundings surroundings_of_this_process() {
  surroundings around;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY)
    around.descriptors = files.rlim_cur;
  const auto pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  if (pages > 0 && size > 0)
    around.memory = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size);
  const auto at_most = [&](std::uint64_t bytes) {
    around.memory = std::min(around.memory.value_or(bytes), bytes);
  };
  if (const auto group = group_memory()) at_most(*group);
  rlimit space{};
  if (::getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY)
    at_most(space.rlim_cur);
  return around;
}

void raise_descriptors(std::uint64_t needed) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= needed) return;
  files.rlim_cur = std::min<rlim_t>(needed, files.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace tandem
