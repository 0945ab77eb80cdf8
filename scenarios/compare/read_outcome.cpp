// SPDX-License-Identifier: MIT
#include "tandem/command/bad_input.hpp"
#include "tandem/scenarios/compare/outcome.hpp"
#include "tandem/scenarios/results.hpp"

#include <boost/json.hpp>

#include <stdexcept>

namespace tandem::scenarios {

outcome read_outcome(const std::string& file) {
  try {
    const result_file kept(file);
    const auto run = kept.summary();
    const auto all = boost::json::parse(to_json({&run, 1}));
    auto made = outcome_of_json(boost::json::serialize(all.as_array().at(0)), file);
    made.name = file;
    for (const auto& group : run.groups)
      for (std::uint32_t i = 0; i < group.count; ++i)
        made.nodes.push_back(group.name + "." + std::to_string(i));
    made.events = kept.events();
    made.has_events = made.events.size() > 0;
    return made;
  } catch (const bad_input&) {
    throw;
  } catch (const std::exception& e) {
    throw bad_input(file, std::string("this is no result of `tandem run --out`: ") + e.what());
  }
}

}  // namespace tandem::scenarios
