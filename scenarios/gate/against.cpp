// SPDX-License-Identifier: MIT
// What another version of tandem, or a folder of its results, says of a case.
#include "judging.hpp"

#include <unistd.h>
#include <boost/json.hpp>

#include <filesystem>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

namespace fs = std::filesystem;

/// A folder that is gone with it.
class passing_folder {
 public:
  passing_folder() {
    auto name = (fs::temp_directory_path() / "tandem-ci-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error(name + ": cannot be made");
    path_ = name;
  }
  ~passing_folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  passing_folder(const passing_folder&) = delete;
  passing_folder& operator=(const passing_folder&) = delete;
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> results_in(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".sqlite") files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

std::optional<outcome> outcome_by(const std::string& program, const scenario& what,
                                  const outcome& like, bool with_events) {
  const passing_folder kept;
  std::vector<std::string> command{
      program, "run", what.file, "--level", like.level, "--seed", std::to_string(like.seed),
      "--json"};
  if (with_events) command.insert(command.end(), {"--out", kept.path()});
  const auto printed = output_of(command);
  const auto parsed = boost::json::parse(printed.text.empty() ? "null" : printed.text);
  if (!parsed.is_array() || parsed.as_array().empty())
    throw std::runtime_error(program + " printed no result of it (exit code " +
                             std::to_string(printed.code) + ")");
  if (with_events)
    for (const auto& file : results_in(kept.path())) return read_outcome(file);
  return outcome_of_json(boost::json::serialize(parsed.as_array().front()), program);
}

}  // namespace

std::optional<outcome> other_outcome(const gate_reference& of, const scenario& what,
                                     const outcome& found, bool with_events) {
  if (of.what == gate_reference::kind::program)
    return outcome_by(of.path, what, found, with_events);
  for (const auto& file : results_in(of.path)) {
    if (!fs::path(file).filename().string().starts_with(what.name + "-" + found.level + "-"))
      continue;
    auto read = read_outcome(file);
    if (read.scenario == what.name && read.level == found.level && read.seed == found.seed)
      return read;
  }
  return {};
}

}  // namespace tandem::scenarios
