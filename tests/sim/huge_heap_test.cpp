// SPDX-License-Identifier: MIT
// The memory of many hosts, as the system says it backs it.
#include "message_fixture.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace tandem::sim::testing {
namespace {

/// Whether the system gives huge pages to those who ask for them.
bool gives_huge_pages() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;  // there the heap is not that of glibc
#else
  std::ifstream setting("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string chosen;
  while (setting >> chosen)
    if (chosen == "[madvise]" || chosen == "[always]") return true;
  return false;
#endif
}

/// KiB of this process that asked for huge pages, and of those what may have them.
struct asked_and_eligible {
  std::size_t asked = 0;
  std::size_t eligible = 0;
};

asked_and_eligible memory() {
  asked_and_eligible sum;
  std::ifstream maps("/proc/self/smaps");
  std::size_t size = 0, eligible = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.starts_with("Size:")) size = std::stoul(line.substr(5));
    if (line.starts_with("THPeligible:")) eligible = std::stoul(line.substr(12));
    if (!line.starts_with("VmFlags:") || (line + ' ').find(" hg ") == std::string::npos) continue;
    sum.asked += size;
    sum.eligible += eligible * size;
  }
  return sum;
}

TEST(huge_heap, has_pages_of_two_mib_for_what_it_grows_by_from_a_thousand_hosts_on) {
  if (!gives_huge_pages()) GTEST_SKIP() << "the system has no transparent huge pages to give";
  const asked_and_eligible before = memory();
  message_net net;
  for (int i = 0; i < 1'000; ++i) net.add(false);
  EXPECT_EQ(memory().asked, before.asked) << "a small simulation keeps the heap as it is";
  net.add(false);
  std::vector<std::unique_ptr<std::byte[]>> grown;
  for (int i = 0; i < 512; ++i) grown.push_back(std::make_unique<std::byte[]>(64 << 10));
  net.add(false);
  const asked_and_eligible after = memory();
  EXPECT_GE(after.asked, before.asked + (8 << 10));
  EXPECT_EQ(after.eligible, after.asked);
}

}  // namespace
}  // namespace tandem::sim::testing
