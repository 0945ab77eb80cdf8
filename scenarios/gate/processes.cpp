// SPDX-License-Identifier: MIT
#include "processes.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

constexpr int exit_of_a_throw = 75;
constexpr int milliseconds_between_stops = 100;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

void write_all(int to, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto wrote = ::write(to, text.data() + at, text.size() - at);
    if (wrote < 0 && errno != EINTR) return;
    if (wrote > 0) at += static_cast<std::size_t>(wrote);
  }
}

class child {
 public:
  explicit child(const std::function<std::string()>& work) : complaints_(std::tmpfile()) {
    int ends[2];
    if (!complaints_ || ::pipe2(ends, O_CLOEXEC) != 0) fail("a pipe for a child process");
    std::fflush(nullptr);  // else a child writes it again
    pid_ = ::fork();
    if (pid_ < 0) fail("fork");
    if (pid_ == 0) be_the_child(ends[1], work);
    ::close(ends[1]);
    from_ = ends[0];
  }
  ~child() {
    ::close(from_);
    std::fclose(complaints_);
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  int from() const noexcept { return from_; }
  /// False: it has told all.
  bool hear() {
    char part[65536];
    const auto got = ::read(from_, part, sizeof part);
    if (got > 0) end_.told.append(part, static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && errno == EINTR);
  }
  void kill() const { ::kill(pid_, SIGKILL); }
  const child_end& wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
    if (WIFSIGNALED(status)) end_.signal = WTERMSIG(status);
    if (WIFEXITED(status)) end_.code = WEXITSTATUS(status);
    end_.threw = end_.code == exit_of_a_throw;
    std::rewind(complaints_);
    char part[4096];
    while (const auto got = std::fread(part, 1, sizeof part, complaints_))
      end_.complaints.append(part, got);
    return end_;
  }

 private:
  [[noreturn]] void be_the_child(int to, const std::function<std::string()>& work) {
    // A terminal's Ctrl-C is for the parent, which decides.
    for (const int each : {SIGINT, SIGTERM, SIGHUP}) std::signal(each, SIG_IGN);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // whatever ends the parent
    ::dup2(::fileno(complaints_), STDERR_FILENO);
    int code = 0;
    std::string told;
    try {
      told = work();
    } catch (const std::exception& e) {
      told = e.what();
      code = exit_of_a_throw;
    }
    write_all(to, told);
    // As a whole program ends: a sanitizer has its word.
    std::exit(code);
  }

  std::FILE* complaints_;
  pid_t pid_ = -1;
  int from_ = -1;
  child_end end_;
};

using children = std::map<std::size_t, std::unique_ptr<child>>;

/// Waits until a child tells something, and hears it.
void hear_them(children& running, const std::function<void(std::size_t, const child_end&)>& done) {
  std::vector<pollfd> polled;
  std::vector<std::size_t> which;
  for (const auto& [index, one] : running) {
    polled.push_back({one->from(), POLLIN, 0});
    which.push_back(index);
  }
  if (::poll(polled.data(), polled.size(), milliseconds_between_stops) <= 0) return;
  for (std::size_t i = 0; i < polled.size(); ++i) {
    const auto it = running.find(which[i]);
    if (polled[i].revents == 0 || it->second->hear()) continue;
    done(it->first, it->second->wait());
    running.erase(it);
  }
}

std::string quoted_for_shell(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string child_end::why() const {
  if (signal != 0)
    return "it crashed: signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  return threw ? "it cannot be run: " + told : "it ended with exit code " + std::to_string(code);
}

void run_in_processes(std::size_t count, unsigned jobs,
                      const std::function<std::string(std::size_t)>& work,
                      const std::function<void(std::size_t, const child_end&)>& done,
                      const std::function<bool()>& stop) {
  children running;
  std::size_t next = 0;
  while (next < count || !running.empty()) {
    if (stop()) break;
    while (next < count && running.size() < jobs) {
      const auto index = next++;
      running.emplace(index, std::make_unique<child>([&work, index] { return work(index); }));
    }
    hear_them(running, done);
  }
  for (const auto& [index, one] : running) {
    one->kill();
    one->wait();
  }
}

program_output output_of(const std::vector<std::string>& command) {
  std::string line;
  for (const auto& word : command) line += quoted_for_shell(word) + " ";
  std::FILE* pipe = ::popen(line.c_str(), "r");
  if (!pipe) fail(command.front().c_str());
  program_output made;
  char part[65536];
  while (const auto got = std::fread(part, 1, sizeof part, pipe)) made.text.append(part, got);
  const int status = ::pclose(pipe);
  constexpr int shell_finds_none = 127, shell_cannot_run = 126;
  if (!WIFEXITED(status))
    throw std::runtime_error(command.front() + " was ended by signal " +
                             std::to_string(WTERMSIG(status)));
  made.code = WEXITSTATUS(status);
  if (made.code == shell_finds_none || made.code == shell_cannot_run)
    throw std::runtime_error(command.front() + ": this program cannot be run");
  return made;
}

}  // namespace tandem::scenarios
