// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/command/bad_input.hpp"
#include "tandem/core/time.hpp"

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem {

/// A bad_input that knows where in the file it stands.
class mistake : public bad_input {
 public:
  mistake(const YAML::Mark& mark, const std::string& where, const std::string& message)
      : bad_input(where, message), mark_(mark) {}
  const YAML::Mark& mark() const noexcept { return mark_; }

 private:
  YAML::Mark mark_;
};

/// Nothing can be read here because of a mistake that was noted before.
struct already_noted {};

/// What all values of one file share: where positions come from, and what is wrong so far.
struct yaml_source {
  std::string name;                            ///< the file as given
  std::map<std::string, std::string> sets{};   ///< path -> the `path=value` that put it there
  std::map<std::string, std::string> where{};  ///< path -> position, filled while reading
  std::map<std::string, std::string> files{};  ///< path -> its file, when one extends another
  std::string bases{};                         ///< the text of every other file that is read
  std::set<std::string> calculated{};          ///< paths whose text is not that of the file
  std::vector<mistake> mistakes{};             ///< as found

  /// Runs `read`. A mistake in it is noted, so that the rest of the file is read as well; false
  /// then.
  template <class Read>
  bool attempt(Read&& read) {
    try {
      read();
      return true;
    } catch (const mistake& e) {
      mistakes.push_back(e);
    } catch (const already_noted&) {
    }
    return false;
  }
  /// Throws bad_inputs with all mistakes in the order of the file, when there are any.
  void throw_mistakes() const;
};

/// One value of a YAML file, with its path. Every as_…() throws `mistake` when it cannot.
class yaml_value {
 public:
  yaml_value(yaml_source& source, YAML::Node node, std::string path);

  const std::string& path() const noexcept { return path_; }
  std::string where() const;
  /// The file in which it stands.
  const std::string& file() const;
  /// Where its key stands, when it is an entry of a mapping.
  const std::string& key_where() const noexcept { return key_; }
  [[noreturn]] void fail(const std::string& message) const;
  /// The same about what stands `offset` characters into its text, where that is the file's.
  [[noreturn]] void fail_at(std::size_t offset, const std::string& message) const;
  /// The same about its key.
  [[noreturn]] void fail_key(const std::string& message) const;
  yaml_source& source() const noexcept { return *source_; }
  const YAML::Node& node() const noexcept { return node_; }

  bool is_mapping() const { return node_.IsMap(); }
  std::string as_text() const;
  bool as_bool() const;
  std::uint64_t as_count(std::uint64_t least, std::uint64_t most) const;
  double as_number() const;
  duration as_duration(duration least = duration{}) const;  ///< `least` is the smallest allowed
  double as_rate() const;                                   ///< above 0
  std::uint64_t as_bandwidth() const;                       ///< above 0
  std::uint64_t as_bytes(std::uint64_t least, std::uint64_t most) const;
  double as_ratio() const;
  std::vector<yaml_value> as_list() const;
  /// `read(entry)` for each entry of the list; a mistake in one is noted and the next is read.
  template <class Read>
  void each(Read&& read) const {
    for (const auto& entry : as_list()) source_->attempt([&] { read(entry); });
  }
  /// One of `names`; `what` says what they are: "level".
  std::size_t as_one_of(const std::vector<std::string>& names, std::string_view what) const;

  /// The entries of a mapping in the order of the file; repeated keys are noted as mistakes.
  std::vector<std::pair<std::string, yaml_value>> entries() const;

 private:
  template <class T>
  T parsed(std::optional<T> value, const char* expected) const;
  [[noreturn]] void fail_kind(const std::string& what) const;

  yaml_source* source_;
  YAML::Node node_;
  std::string path_;
  std::string key_;
  YAML::Mark key_mark_ = YAML::Mark::null_mark();
};

/// A mapping whose keys are all known: others are noted as mistakes, with the closest known one.
class yaml_mapping {
 public:
  yaml_mapping(const yaml_value& value, std::string_view what, std::vector<std::string> known);
  const yaml_value* find(std::string_view key) const;
  const yaml_value& need(std::string_view key) const;
  /// `read(value)` when the key is given; a mistake in it is noted. True when it was read.
  template <class Read>
  bool read(std::string_view key, Read&& read) const {
    const auto* value = find(key);
    return value != nullptr && self_.source().attempt([&] { read(*value); });
  }
  /// The same of a key that must be given.
  template <class Read>
  bool require(std::string_view key, Read&& read) const {
    return self_.source().attempt([&] { read(need(key)); });
  }
  const yaml_value& self() const noexcept { return self_; }
  /// The only key given; refused unless there is exactly one.
  const std::pair<std::string, yaml_value>& only() const;

 private:
  yaml_value self_;
  std::string what_;
  std::vector<std::string> known_;
  std::vector<std::pair<std::string, yaml_value>> entries_;
  std::vector<std::string> meant_;  ///< by keys that nobody knows: the closest known ones, or ""
};

/// The tag of what stands where a parameter could not be put in, which was noted as a mistake.
inline constexpr const char* lacking_parameter = "!lacks-parameter";

}  // namespace tandem
