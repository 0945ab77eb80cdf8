// SPDX-License-Identifier: MIT
#include "command_table.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

namespace tandem::cli {
namespace {

boost::json::object told_of(const CLI::Option& option) {
  boost::json::array names;
  for (const auto& name : option.get_snames()) names.emplace_back("-" + name);
  for (const auto& name : option.get_lnames()) names.emplace_back("--" + name);
  return {{"names", std::move(names)},
          {"positional", option.get_positional() ? option.get_single_name() : ""},
          {"value", option.get_items_expected_max() == 0 ? "" : option.get_type_name()},
          {"default", option.get_default_str()},
          {"required", option.get_required()},
          {"group", option.get_group()},
          {"doc", option.get_description()}};
}

boost::json::object told_of(const CLI::App& app) {
  boost::json::array options, commands;
  for (const auto* each : app.get_options())
    if (!each->get_group().empty()) options.push_back(told_of(*each));
  for (const auto* each : app.get_subcommands({}))
    if (!each->get_group().empty()) commands.push_back(told_of(*each));
  return {{"name", app.get_name()},
          {"doc", app.get_description()},
          {"footer", app.get_footer()},
          {"options", std::move(options)},
          {"commands", std::move(commands)}};
}

}  // namespace

std::string command_table(const CLI::App& program) {
  return boost::json::serialize(told_of(program));
}

}  // namespace tandem::cli
