// SPDX-License-Identifier: MIT
#include "child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace tandem::scenarios {
namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error(what + ": this process cannot be started: " + std::strerror(error));
}

struct pipe_ends {
  int read = -1;
  int write = -1;
};

pipe_ends open_pipe(const std::string& what) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail(what, errno);
  return {ends[0], ends[1]};
}

/// A pipe that can be written with send(): whose reader died raises no SIGPIPE here.
pipe_ends open_input(const std::string& what) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) fail(what, errno);
  return {ends[0], ends[1]};
}

/// With `send` or `write`.
bool write_all(const std::string& text, auto&& part) {
  for (std::size_t done = 0; done < text.size();) {
    const auto n = part(text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

std::string process_end::text() const {
  if (signal != 0)
    return "was killed by signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  return "ended with exit code " + std::to_string(code);
}

child_process::child_process(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const auto input = open_input(command.front());
  const auto output = open_pipe(command.front());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO);
  // A terminal, timeout and Slurm signal every process: what that means is for the parent to say,
  // from the child's first moment on.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t theirs;
  sigprocmask(SIG_BLOCK, nullptr, &theirs);
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&theirs, each);
  posix_spawnattr_setsigmask(&attributes, &theirs);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int error = posix_spawnp(&pid_, command.front().c_str(), &actions, &attributes,
                                 arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(input.read);
  close(output.write);
  in_ = input.write;
  out_ = output.read;
  if (error == 0) return;
  close(in_);
  close(out_);
  fail(command.front(), error);
}

child_process::child_process(const std::function<std::string()>& work)
    : complaints_(std::tmpfile()) {
  if (!complaints_) fail("a fork", errno);
  const auto output = open_pipe("a fork");
  std::fflush(nullptr);  // else the child writes it again
  pid_ = fork();
  if (pid_ < 0) fail("a fork", errno);
  if (pid_ == 0) be_the_fork(output.write, work);
  close(output.write);
  out_ = output.read;
}

void child_process::be_the_fork(int output, const std::function<std::string()>& work) const {
  // A terminal's Ctrl-C is for the parent, which decides.
  for (const int each : {SIGINT, SIGTERM, SIGHUP}) std::signal(each, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // whatever ends the parent
  dup2(fileno(complaints_), STDERR_FILENO);
  int code = 0;
  std::string told;
  try {
    told = work();
  } catch (const std::exception& e) {
    told = e.what();
    code = exit_of_a_throw;
  }
  write_all(told, [&](const char* at, std::size_t n) { return ::write(output, at, n); });
  // As a whole program ends: a sanitizer has its word.
  std::exit(code);
}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      in_(std::exchange(other.in_, -1)),
      out_(std::exchange(other.out_, -1)),
      complaints_(std::exchange(other.complaints_, nullptr)) {}

child_process::~child_process() {
  if (in_ >= 0) close(in_);
  if (out_ >= 0) close(out_);
  if (pid_ >= 0) {
    kill(pid_, SIGKILL);
    ending();
  }
  if (complaints_) std::fclose(complaints_);
}

bool child_process::write(const std::string& line) const {
  return write_all(line,
                   [&](const char* at, std::size_t n) { return ::send(in_, at, n, MSG_NOSIGNAL); });
}

std::string child_process::read() const {
  std::string text(1 << 16, '\0');
  ssize_t n = 0;
  do n = ::read(out_, text.data(), text.size());
  while (n < 0 && errno == EINTR);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

process_end child_process::ending() {
  if (in_ >= 0) close(std::exchange(in_, -1));
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) continue;
  pid_ = -1;
  process_end end;
  if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
  if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
  if (!complaints_) return end;
  std::rewind(complaints_);
  char part[4096];
  while (const auto got = std::fread(part, 1, sizeof part, complaints_))
    end.complaints.append(part, got);
  return end;
}

program_output output_of(const std::vector<std::string>& command) {
  child_process program(command);
  program_output made;
  for (std::string part; !(part = program.read()).empty();) made.text += part;
  const auto end = program.ending();
  if (end.signal != 0) throw std::runtime_error(command.front() + " " + end.text());
  made.code = end.code;
  return made;
}

}  // namespace tandem::scenarios
