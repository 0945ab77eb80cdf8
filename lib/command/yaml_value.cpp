// SPDX-License-Identifier: MIT
#include "tandem/command/yaml_value.hpp"

#include "tandem/command/units.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace tandem {
namespace {

// More than thirty years; sums of a few of them stay in range.
constexpr duration duration_max = std::chrono::hours(270'000);
// A gap between arrivals is at least a nanosecond.
constexpr double rate_max = 1e9;

std::string position(const std::string& name, const YAML::Mark& mark) {
  if (mark.is_null()) return name;
  return name + ":" + std::to_string(mark.line + 1) + ":" + std::to_string(mark.column + 1);
}

const std::string& file_of(const yaml_source& source, const std::string& path) {
  for (std::size_t end = path.size(); end != std::string::npos && end > 0;
       end = path.rfind('.', end - 1))
    if (const auto it = source.files.find(path.substr(0, end)); it != source.files.end())
      return it->second;
  const auto it = source.files.find("");
  return it == source.files.end() ? source.name : it->second;
}

// Where `path` stands: the `--set` that put it or its parent there, else the place in the file.
std::string place(const yaml_source& source, const std::string& path, const YAML::Mark& mark) {
  for (const auto& [put, text] : source.sets)
    if (path == put || (path.starts_with(put) && path[put.size()] == '.') ||
        (mark.is_null() && put.starts_with(path)))
      return "--set " + text;
  return position(file_of(source, path), mark);
}

bool lacks_parameter(const YAML::Node& node) { return node.Tag() == lacking_parameter; }

std::string shown(const YAML::Node& node) {
  if (node.IsScalar()) return quoted(node.Scalar());
  if (node.IsMap()) return "a mapping";
  if (node.IsSequence()) return "a list";
  return "nothing";
}

}  // namespace

yaml_value::yaml_value(yaml_source& source, YAML::Node node, std::string path)
    : source_(&source), node_(std::move(node)), path_(std::move(path)) {
  if (!path_.empty()) source_->where.emplace(path_, where());
}

std::string yaml_value::where() const { return place(*source_, path_, node_.Mark()); }

const std::string& yaml_value::file() const { return file_of(*source_, path_); }

void yaml_value::fail(const std::string& message) const {
  // Where nothing was given the reader stands at what comes next.
  if (node_.IsNull() && !key_.empty() && node_.Mark().line > key_mark_.line) fail_key(message);
  throw mistake(node_.Mark(), where(), message);
}

void yaml_value::fail_at(std::size_t offset, const std::string& message) const {
  auto mark = node_.Mark();
  if (mark.is_null() || source_->calculated.contains(path_)) fail(message);
  const bool is_quoted = node_.Tag() == "!";
  mark.column += static_cast<int>(offset) + (is_quoted ? 1 : 0);
  throw mistake(mark, place(*source_, path_, mark), message);
}

void yaml_value::fail_key(const std::string& message) const {
  throw mistake(key_mark_, key_, message);
}

void yaml_source::throw_mistakes() const {
  if (mistakes.empty()) return;
  auto sorted = mistakes;
  std::ranges::stable_sort(
      sorted, {}, [](const mistake& m) { return std::pair(m.mark().line, m.mark().column); });
  std::vector<std::string> lines;
  for (const auto& each : sorted)
    if (std::string line = each.what(); lines.empty() || lines.back() != line)
      lines.push_back(std::move(line));
  throw bad_inputs(std::move(lines));
}

template <class T>
T yaml_value::parsed(std::optional<T> value, const char* expected) const {
  if (!node_.IsScalar() || lacks_parameter(node_) || !value)
    fail_kind(quoted(path_) + " must be " + expected);
  return *value;
}

void yaml_value::fail_kind(const std::string& what) const {
  if (lacks_parameter(node_)) throw already_noted();
  fail(what + ", not " + shown(node_));
}

std::string yaml_value::as_text() const {
  return parsed(node_.IsScalar() ? std::optional(node_.Scalar()) : std::nullopt, "text");
}

bool yaml_value::as_bool() const {
  std::optional<bool> value;
  if (node_.IsScalar() && node_.Scalar() == "true") value = true;
  if (node_.IsScalar() && node_.Scalar() == "false") value = false;
  return parsed(value, "true or false");
}

std::uint64_t yaml_value::as_count(std::uint64_t least, std::uint64_t most) const {
  const auto value = parsed(parse_count(node_.IsScalar() ? node_.Scalar() : ""), "a whole number");
  if (value < least)
    fail(quoted(path_) + " must be at least " + std::to_string(least) + ", not " +
         std::to_string(value));
  if (value > most)
    fail(quoted(path_) + " must be at most " + std::to_string(most) + ", not " +
         std::to_string(value));
  return value;
}

double yaml_value::as_number() const {
  return parsed(parse_number(node_.IsScalar() ? node_.Scalar() : ""), "a number");
}

duration yaml_value::as_duration(duration least) const {
  const auto value = parsed(parse_duration(node_.IsScalar() ? node_.Scalar() : ""),
                            "a duration, as in 30s, 600ms or 2m");
  if (value > duration_max)
    fail(quoted(path_) + " must be at most " + format_duration(duration_max) + ", not " +
         node_.Scalar());
  if (value < least) {
    if (least == duration{}) fail(quoted(path_) + " must not be negative, as is " + node_.Scalar());
    if (least == duration{1}) fail(quoted(path_) + " must be above 0, not " + node_.Scalar());
    fail(quoted(path_) + " must be at least " + format_duration(least) + ", not " + node_.Scalar());
  }
  return value;
}

double yaml_value::as_rate() const {
  const auto value =
      parsed(parse_rate(node_.IsScalar() ? node_.Scalar() : ""), "a rate, as in 20/s or 300/m");
  if (!(value > 0)) fail(quoted(path_) + " must be above 0, not " + node_.Scalar());
  if (value > rate_max)
    fail(quoted(path_) + " must be at most 1000000000/s, not " + node_.Scalar());
  return value;
}

std::uint64_t yaml_value::as_bandwidth() const {
  const auto value = parsed(parse_bandwidth(node_.IsScalar() ? node_.Scalar() : ""),
                            "a bandwidth, as in 100Mbit/s");
  if (value == 0) fail(quoted(path_) + " must be above 0; leave it out for unlimited");
  return value;
}

std::uint64_t yaml_value::as_bytes(std::uint64_t least, std::uint64_t most) const {
  const auto value = parsed(parse_bytes(node_.IsScalar() ? node_.Scalar() : ""),
                            "a number of bytes, as in 1500 or 64KiB");
  if (value < least)
    fail(quoted(path_) + " must be at least " + std::to_string(least) + " bytes, not " +
         node_.Scalar());
  if (value > most)
    fail(quoted(path_) + " must be at most " + std::to_string(most) + " bytes, not " +
         node_.Scalar());
  return value;
}

double yaml_value::as_ratio() const {
  return parsed(parse_ratio(node_.IsScalar() ? node_.Scalar() : ""), "a ratio, as in 0.01 or 1%");
}

std::vector<yaml_value> yaml_value::as_list() const {
  if (!node_.IsSequence()) fail_kind(quoted(path_) + " must be a list");
  std::vector<yaml_value> list;
  for (std::size_t i = 0; i < node_.size(); ++i)
    list.emplace_back(*source_, node_[i], path_ + "." + std::to_string(i));
  return list;
}

std::size_t yaml_value::as_one_of(const std::vector<std::string>& names,
                                  std::string_view what) const {
  const auto text = as_text();
  const auto it = std::ranges::find(names, text);
  if (it == names.end())
    fail("no " + std::string(what) + " is called " + quoted(text) + suggestion(text, names));
  return static_cast<std::size_t>(it - names.begin());
}

std::vector<std::pair<std::string, yaml_value>> yaml_value::entries() const {
  const auto named = path_.empty() ? std::string("a scenario") : quoted(path_);
  if (!node_.IsMap()) fail_kind(named + " must be a mapping");
  std::vector<std::pair<std::string, yaml_value>> list;
  std::map<std::string, std::size_t> seen;
  for (const auto& entry : node_) {
    const auto key = entry.first.IsScalar() ? entry.first.Scalar() : std::string("?");
    const auto path = path_.empty() ? key : path_ + "." + key;
    yaml_value value(*source_, entry.second, path);
    value.key_mark_ = entry.first.Mark();
    value.key_ = place(*source_, path, value.key_mark_);
    if (const auto first = seen.find(key); first != seen.end()) {
      source_->attempt([&] {
        value.fail_key(quoted(path) + " is given twice; first at " +
                       list[first->second].second.where());
      });
      continue;
    }
    seen.emplace(key, list.size());
    list.emplace_back(key, std::move(value));
  }
  return list;
}

yaml_mapping::yaml_mapping(const yaml_value& value, std::string_view what,
                           std::vector<std::string> known)
    : self_(value), what_(what), known_(std::move(known)) {
  for (auto& named : value.entries()) {
    const auto& key = named.first;
    auto& entry = named.second;
    if (std::ranges::find(known_, key) != known_.end()) {
      entries_.emplace_back(key, std::move(entry));
      continue;
    }
    meant_.push_back(closest(key, known_));
    self_.source().attempt([&] {
      entry.fail_key("unknown key " + quoted(key) + " in " + what_ + suggestion(key, known_));
    });
  }
}

const yaml_value* yaml_mapping::find(std::string_view key) const {
  for (const auto& [name, value] : entries_)
    if (name == key) return &value;
  return nullptr;
}

const yaml_value& yaml_mapping::need(std::string_view key) const {
  if (const auto* value = find(key)) return *value;
  if (std::ranges::find(meant_, key) != meant_.end()) throw already_noted();
  self_.fail("key " + quoted(key) + " is missing in " + what_);
}

const std::pair<std::string, yaml_value>& yaml_mapping::only() const {
  if (entries_.size() == 1) return entries_.front();
  if (!meant_.empty()) throw already_noted();
  std::string list;
  for (const auto& name : known_) list += (list.empty() ? "" : ", ") + name;
  self_.fail(what_ + " must have exactly one of the keys " + list);
}

}  // namespace tandem
