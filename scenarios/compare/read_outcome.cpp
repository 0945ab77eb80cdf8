// SPDX-License-Identifier: MIT
#include "results/sqlite_file.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/core/cause.hpp"
#include "tandem/scenarios/compare/outcome.hpp"
#include "tandem/scenarios/results.hpp"

#include <boost/json.hpp>

#include <map>

namespace tandem::scenarios {
namespace {

using kinds = std::map<std::string, std::uint8_t, std::less<>>;

kinds known_notices() {
  kinds all;
  for (std::size_t i = 0; i < notices_count; ++i)
    all.emplace(name_of(static_cast<notice>(i)), static_cast<std::uint8_t>(i));
  return all;
}

std::string value_of(sqlite_file& in, const char* sql) {
  sqlite_statement query(in, sql);
  if (!query.next()) throw std::runtime_error("it has no run");
  return query.text(0);
}

void read_events(sqlite_file& in, event_table& into) {
  const auto notices = known_notices();
  sqlite_statement rows(in,
                        "SELECT time_ns, node, kind, cause, direction, connection, request, peer, "
                        "current, \"limit\", failures, ceiling_ns, until_ns FROM events "
                        "ORDER BY rowid");
  while (rows.next()) {
    const auto kind = notices.find(rows.text(2));
    if (kind == notices.end()) throw std::runtime_error("unknown event `" + rows.text(2) + "`");
    into.time_ns.push_back(rows.integer(0));
    into.node.push_back(static_cast<std::int32_t>(rows.integer(1)));
    into.kind.push_back(kind->second);
    into.why.push_back(static_cast<std::uint8_t>(cause_named(rows.text(3)).value_or(cause::none)));
    into.way.push_back(static_cast<std::uint8_t>(rows.text(4) == "inbound" ? direction::inbound
                                                                           : direction::outbound));
    into.connection.push_back(static_cast<std::uint64_t>(rows.integer(5)));
    into.request.push_back(static_cast<std::uint64_t>(rows.integer(6)));
    into.peer.push_back(static_cast<std::int32_t>(rows.integer(7)));
    into.current.push_back(static_cast<std::uint64_t>(rows.integer(8)));
    into.limit.push_back(static_cast<std::uint64_t>(rows.integer(9)));
    into.failures.push_back(static_cast<std::uint32_t>(rows.integer(10)));
    into.ceiling_ns.push_back(rows.integer(11));
    into.until_ns.push_back(rows.integer(12));
  }
}

outcome read(const std::string& file) {
  sqlite_file in(file, sqlite_file::use::read);
  const auto version = std::stoi(value_of(in, "PRAGMA user_version"));
  if (version > sqlite_schema_version)
    throw std::runtime_error("its version " + std::to_string(version) +
                             " is newer than this tandem, which knows up to " +
                             std::to_string(sqlite_schema_version));
  const auto all = boost::json::parse(value_of(in, "SELECT value FROM run WHERE key = 'json'"));
  auto made = outcome_of_json(boost::json::serialize(all.as_array().at(0)), file);
  made.name = file;
  sqlite_statement nodes(in, "SELECT name FROM nodes ORDER BY node");
  while (nodes.next()) made.nodes.push_back(nodes.text(0));
  read_events(in, made.events);
  made.has_events = made.events.size() > 0;
  return made;
}

}  // namespace

outcome read_outcome(const std::string& file) {
  try {
    return read(file);
  } catch (const bad_input&) {
    throw;
  } catch (const std::exception& e) {
    throw bad_input(file, std::string("this is no result of `tandem run --out`: ") + e.what());
  }
}

}  // namespace tandem::scenarios
