// SPDX-License-Identifier: MIT
#include "worker_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace tandem::scenarios {
namespace {

[[noreturn]] void fail(const std::string& program, int error) {
  throw std::runtime_error("a worker cannot be started: " + program + ": " + std::strerror(error));
}

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends open_pipe(const std::string& program) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(program, errno);
  return {ends[0], ends[1]};
}

int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

worker_process::worker_process(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto input = open_pipe(command.front());
  const auto output = open_pipe(command.front());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO);
  const int error =
      posix_spawnp(&pid_, command.front().c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(input.read);
  close(output.write);
  in_ = input.write;
  out_ = output.read;
  if (error == 0) return;
  pid_ = -1;
  close(in_);
  close(out_);
  fail(command.front(), error);
}

worker_process::worker_process(worker_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)) {}

worker_process::~worker_process() {
  if (in_ >= 0) close(in_);
  if (out_ >= 0) close(out_);
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  wait_for(pid_);
}

bool worker_process::write(const std::string& line) const {
  for (std::size_t done = 0; done < line.size();) {
    const auto n = ::write(in_, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

std::string worker_process::read() const {
  std::string text(1 << 16, '\0');
  ssize_t n = 0;
  do n = ::read(out_, text.data(), text.size());
  while (n < 0 && errno == EINTR);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

std::string worker_process::ending() {
  // It closed its output: what it does beyond that is of no use.
  close(std::exchange(in_, -1));
  const int status = wait_for(std::exchange(pid_, -1));
  if (WIFSIGNALED(status))
    return "was killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
           strsignal(WTERMSIG(status)) + ")";
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace tandem::scenarios
