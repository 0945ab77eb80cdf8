// SPDX-License-Identifier: MIT
#include "tandem/command/units.hpp"
#include "tandem/scenarios/campaign/cells.hpp"

#include <boost/json.hpp>

#include <array>
#include <stdexcept>

namespace tandem::scenarios {
namespace {

namespace json = boost::json;

verdict verdict_named(std::string_view name) {
  for (const auto each : {verdict::ok, verdict::failed, verdict::untested})
    if (name_of(each) == name) return each;
  throw std::invalid_argument("no verdict is called " + quoted(name));
}

json::array array_of(const std::vector<cell_line>& lines) {
  json::array out;
  for (const auto& line : lines)
    out.push_back({line.text, name_of(line.verdict), line.measured,
                   line.value ? json::value(*line.value) : json::value(), line.why});
  return out;
}

std::string text_of(const json::value& from) { return std::string(from.as_string()); }

std::vector<cell_line> lines_of(const json::value& from) {
  std::vector<cell_line> out;
  for (const auto& each : from.as_array()) {
    const auto& row = each.as_array();
    out.push_back({text_of(row.at(0)),
                   verdict_named(row.at(1).as_string()),
                   text_of(row.at(2)),
                   {},
                   text_of(row.at(4))});
    if (!row.at(3).is_null()) out.back().value = row.at(3).to_number<double>();
  }
  return out;
}

std::vector<std::string> texts_of(const json::value& from) {
  return json::value_to<std::vector<std::string>>(from);
}

/// `read` of the object that `line` is.
template <class Read>
auto read_line(std::string_view line, Read&& read) try {
  return read(json::parse(json::string_view(line.data(), line.size())).as_object());
} catch (const std::invalid_argument&) {
  throw;
} catch (const std::exception& e) {
  throw std::invalid_argument("no line of a campaign: " + std::string(e.what()));
}

}  // namespace

std::string to_line(const cell& of) {
  return json::serialize(json::object{{"file", of.file},
                                      {"sets", json::value_from(of.sets)},
                                      {"level", of.level},
                                      {"seed", of.seed},
                                      {"also", json::value_from(of.also)},
                                      {"key", of.key}});
}

std::string to_line(const cell_result& of) {
  json::array numbers;
  for (const auto& [name, value] : of.numbers) numbers.push_back({name, value});
  return json::serialize(json::object{{"broke", of.broke},
                                      {"verdict", name_of(of.verdict)},
                                      {"trace_hash", of.trace_hash},
                                      {"prints", json::value_from(of.prints)},
                                      {"events", of.events},
                                      {"lines", array_of(of.lines)},
                                      {"also", array_of(of.also)},
                                      {"numbers", std::move(numbers)}});
}

std::string cell_result::conduct() const {
  if (prints.empty()) return {};
  cell_result did;
  did.prints = prints;
  did.events = events;
  did.numbers = numbers;
  return to_line(did);
}

cell cell_of_line(std::string_view line) {
  return read_line(line, [](const json::object& from) {
    return cell{text_of(from.at("file")),  texts_of(from.at("sets")),
                text_of(from.at("level")), from.at("seed").to_number<std::uint64_t>(),
                texts_of(from.at("also")), text_of(from.at("key"))};
  });
}

cell_result cell_result_of_line(std::string_view line) {
  return read_line(line, [](const json::object& from) {
    cell_result out{.broke = text_of(from.at("broke")),
                    .verdict = verdict_named(from.at("verdict").as_string()),
                    .trace_hash = text_of(from.at("trace_hash")),
                    .prints = texts_of(from.at("prints")),
                    .events = from.at("events").to_number<std::uint64_t>(),
                    .lines = lines_of(from.at("lines")),
                    .also = lines_of(from.at("also"))};
    for (const auto& each : from.at("numbers").as_array())
      out.numbers.emplace_back(text_of(each.as_array().at(0)),
                               each.as_array().at(1).to_number<double>());
    return out;
  });
}

}  // namespace tandem::scenarios
