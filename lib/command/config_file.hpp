// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace tandem::cli {

/// What one run of a command was given: by option (`--listen`), on the command line or in a file.
class given_options {
 public:
  struct value {
    std::string text;
    std::string where;  ///< `node.yaml:3:10`; empty: on the command line
  };

  /// What stands on the command line, which `app` has parsed.
  explicit given_options(const CLI::App& app);
  /// Reads the YAML file at `path`, whose keys are the options of `app` with `_` for `-`, and gives
  /// them to `app` as if they stood on the command line; what does stand there holds. The
  /// mistakes, a line with file:line:column each; throws bad_input when it is no YAML.
  std::vector<std::string> read(const std::string& path, CLI::App& app);
  /// Gives `app` what was on the command line of another.
  void give_to(CLI::App& app) const;

  /// The line of a bad_input about an option, `--listen x: why`: where it stands in the file
  /// instead, if that gave it.
  std::string placed(std::string_view line) const;
  /// Lines that begin with their places in the file, in the order of that.
  std::vector<std::string> in_order(std::vector<std::string> lines) const;
  /// Where each option stands that the file gave, by its key there.
  std::map<std::string, std::string> places() const;
  /// `--listen` changed from what `before` had, or went: where that stands, for each such option.
  std::map<std::string, std::string> changes_since(const given_options& before) const;

 private:
  std::string file_;
  std::map<std::string, std::vector<value>> values_;
};

/// `metrics_port` of `--metrics-port`.
std::string key_in_file(std::string_view option);

/// Every key that a file of options of `app` may have.
std::vector<std::string> keys_of(CLI::App& app);

}  // namespace tandem::cli
