// SPDX-License-Identifier: MIT
#include "driver.hpp"
#include "tandem/core/option_table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <sstream>
#include <stdexcept>

namespace tandem::test {
namespace {

void set_to(manager_options& options, const option_row& row, double value) {
  std::visit(
      [&](auto field) {
        if constexpr (std::is_same_v<decltype(field), option_choice>) {
          field.set(options, static_cast<std::uint8_t>(value));
        } else {
          using type = std::remove_cvref_t<decltype(options.*field)>;
          if constexpr (std::is_same_v<type, duration>)
            options.*field =
                std::chrono::duration_cast<duration>(std::chrono::duration<double>(value));
          else
            options.*field = static_cast<type>(value);
        }
      },
      row.field);
}

TEST(options, defaults_can_be_used) { EXPECT_TRUE(problems_of({}).empty()); }

TEST(options, table_has_every_field_once_with_a_doc_line) {
  std::set<std::string_view> names;
  std::size_t bytes = 0;
  for (const option_row& row : option_table()) {
    EXPECT_TRUE(names.insert(row.name).second);
    EXPECT_FALSE(row.doc.empty());
    // What a person reads says how far it goes; a choice names what there is.
    EXPECT_NE(row.doc.find(std::holds_alternative<option_choice>(row.field) ? "" : "Range "),
              std::string_view::npos)
        << row.name;
    EXPECT_LE(row.least, row.most);
    EXPECT_EQ(option_named(row.name), &row);
    bytes += 8;
  }
  EXPECT_EQ(bytes, sizeof(manager_options));  // every field takes eight bytes: none is missing
  EXPECT_EQ(option_named("max_conections"), nullptr);
}

TEST(options, every_field_is_refused_just_outside_its_range) {
  for (const option_row& row : option_table()) {
    manager_options options;
    set_to(options, row, row.most * 2 + 1);
    bool named = false;
    for (const option_problem& p : problems_of(options)) named |= p.field == row.name;
    EXPECT_TRUE(named) << row.name;
    if (row.least == 0) continue;
    options = {};
    set_to(options, row, 0);
    named = false;
    for (const option_problem& p : problems_of(options)) named |= p.field == row.name;
    EXPECT_TRUE(named) << row.name;
  }
}

TEST(options, contradictions_name_both_fields_and_values) {
  struct contradiction {
    const char* least;
    double low;
    const char* most;
    double high;
    const char* unit = "";
  };
  for (const contradiction& c : {
           contradiction{"max_connections_per_peer", 5, "max_connections", 4},
           contradiction{"max_inbound_connections", 300, "max_connections", 256},
           contradiction{"max_outbound_connections", 300, "max_connections", 256},
           contradiction{"reserved_connections", 257, "max_connections", 256},
           contradiction{"subnet_v4_wide", 25, "subnet_v4_narrow", 24},
           contradiction{"subnet_v6_wide", 65, "subnet_v6_narrow", 64},
           contradiction{"max_connections_per_narrow_subnet", 8, "max_connections_per_wide_subnet",
                         7},
           contradiction{"connection_memory", 65536, "max_memory", 65535},
           contradiction{"backoff_base", 1, "backoff_cap", 0.5, " s"},
           contradiction{"breaker_open", 30, "breaker_open_max", 10, " s"},
       }) {
    manager_options options;
    set_to(options, *option_named(c.least), c.low);
    set_to(options, *option_named(c.most), c.high);
    std::ostringstream text;
    text << c.least << " (" << c.low << c.unit << ") is above " << c.most << " (" << c.high
         << c.unit << "): lower " << c.least << " too, or raise " << c.most;
    ASSERT_EQ(problems_of(options).size(), 1U) << c.least;
    EXPECT_EQ(problems_of(options)[0].field, c.least);
    EXPECT_EQ(problems_of(options)[0].message, text.str());
    set_to(options, *option_named(c.least), c.high);
    EXPECT_TRUE(problems_of(options).empty()) << c.least;  // at the limit
  }

  manager_options options;
  options.backoff_multiplier = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(problems_of(options).size(), 1U);
  options.backoff_multiplier = 0.5;
  EXPECT_EQ(problems_of(options).size(), 1U);
}

TEST(options, a_limit_of_0_is_none_and_contradicts_nothing) {
  manager_options options;
  options.max_inbound_connections = options.max_outbound_connections = 0;
  options.max_connections_per_wide_subnet = 0;  // narrow ones stay limited
  options.max_memory = 0;                       // below connection_memory, but no limit
  EXPECT_TRUE(problems_of(options).empty());
}

TEST(options, a_manager_refuses_impossible_ones) {
  manager_options options;
  options.max_connections = 1;
  EXPECT_THROW(
      {
        try {
          connection_manager manager(options, peer(1), 1);
        } catch (const std::invalid_argument& e) {
          EXPECT_STREQ(e.what(),
                       "max_connections_per_peer (2) is above max_connections (1): lower "
                       "max_connections_per_peer too, or raise max_connections");
          throw;
        }
      },
      std::invalid_argument);
}

TEST(options, configured_takes_effect_for_new_ones_and_invalid_ones_are_ignored) {
  driver d;
  d.accept(conn(2), peer(1));
  d.accept(conn(4), peer(2));
  manager_options options;
  options.max_connections = options.max_connections_per_peer = 1;
  d.tell(events::configured{options});
  EXPECT_EQ(d.counters().connection_limit, 1U);
  EXPECT_EQ(d.counters().active_connections, 2U);
  d.accept(conn(6), peer(3));
  EXPECT_EQ(d.refused(cause::limit_reached), 1U);
  EXPECT_EQ(d.counters().active_connections, 2U);

  options.max_connections = 0;
  d.tell(events::configured{options});
  EXPECT_EQ(d.counters().ignored_events, 2U);  // this one, and `ready` of the refused connection
  EXPECT_EQ(d.manager.options().max_connections, 1U);
}

TEST(options, a_shorter_timeout_holds_for_connections_that_are_there) {
  driver d;
  d.accept(conn(2), peer(1));
  manager_options options;
  options.connection_timeout = 5s;
  options.idle_jitter = 0;
  d.run_to(1s);
  d.tell(events::configured{options});
  d.run_to(20s);
  EXPECT_EQ(d.when<actions::close>(), at(5s));
}

}  // namespace
}  // namespace tandem::test
