// SPDX-License-Identifier: MIT
#include "process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace tandem {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// When the process with these ticks after the boot began, by the wall clock as it is now.
double began_at(double ticks) {
  timespec wall{}, boot{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  return static_cast<double>(wall.tv_sec - boot.tv_sec) +
         static_cast<double>(wall.tv_nsec - boot.tv_nsec) / 1e9 +
         ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

process_figures process_now() {
  process_figures out;
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0)
    out.processor_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY)
    out.most_descriptors = static_cast<double>(files.rlim_cur);
  std::error_code none;
  for (std::filesystem::directory_iterator at("/proc/self/fd", none), end; !none && at != end;
       at.increment(none))
    ++out.open_descriptors;
  // To look takes one: who gets none has as many as may be.
  if (none == std::errc::too_many_files_open)
    out.open_descriptors = out.most_descriptors.value_or(0);
  // proc(5): after the name, which may have anything in it, the state is the third field.
  std::ifstream file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string field;
  double pages = 0, ticks = 0;
  for (int number = 3; number <= 24 && fields >> field; ++number) {
    if (number == 20) out.threads = std::stod(field);
    if (number == 22) ticks = std::stod(field);
    if (number == 23) out.virtual_bytes = std::stod(field);
    if (number == 24) pages = std::stod(field);
  }
  out.resident_bytes = pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
  out.start_seconds = began_at(ticks);
  return out;
}

}  // namespace tandem
