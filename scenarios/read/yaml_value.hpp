// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/core/time.hpp"

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::scenarios {

/// What all values of one file share: where positions come from.
struct yaml_source {
  std::string name;                          ///< the file as given
  std::map<std::string, std::string> sets;   ///< path -> the `path=value` that put it there
  std::map<std::string, std::string> where;  ///< path -> position, filled while reading
};

/// One value of a scenario file, with its path. Every as_…() throws bad_input when it cannot.
class yaml_value {
 public:
  yaml_value(yaml_source& source, YAML::Node node, std::string path);

  const std::string& path() const noexcept { return path_; }
  std::string where() const;
  /// Where its key stands, when it is an entry of a mapping.
  const std::string& key_where() const noexcept { return key_; }
  [[noreturn]] void fail(const std::string& message) const;

  bool is_mapping() const { return node_.IsMap(); }
  std::string as_text() const;
  bool as_bool() const;
  std::uint64_t as_count(std::uint64_t least, std::uint64_t most) const;
  double as_number() const;
  duration as_duration(duration least = duration{}) const;  ///< `least` is the smallest allowed
  double as_rate() const;                                   ///< above 0
  std::uint64_t as_bandwidth() const;                       ///< above 0
  std::uint64_t as_bytes(std::uint64_t most) const;
  double as_ratio() const;
  std::vector<yaml_value> as_list() const;
  /// One of `names`; `what` says what they are: "level".
  std::size_t as_one_of(const std::vector<std::string>& names, std::string_view what) const;

  /// The entries of a mapping in the order of the file; repeated keys are refused.
  std::vector<std::pair<std::string, yaml_value>> entries() const;

 private:
  template <class T>
  T parsed(std::optional<T> value, const char* expected) const;

  yaml_source* source_;
  YAML::Node node_;
  std::string path_;
  std::string key_;
};

/// A mapping whose keys are all known: refuses others with the closest known one.
class yaml_mapping {
 public:
  yaml_mapping(const yaml_value& value, std::string_view what, std::vector<std::string> known);
  const yaml_value* find(std::string_view key) const;
  const yaml_value& need(std::string_view key) const;
  const yaml_value& self() const noexcept { return self_; }
  /// The only key given; refused unless there is exactly one.
  const std::pair<std::string, yaml_value>& only() const;

 private:
  yaml_value self_;
  std::string what_;
  std::vector<std::string> known_;
  std::vector<std::pair<std::string, yaml_value>> entries_;
};

/// Applies one `path=value` on the tree and notes it in `source`. Throws bad_input.
void apply_set(yaml_source& source, YAML::Node root, const std::string& set);

}  // namespace tandem::scenarios
