// SPDX-License-Identifier: MIT
// Runs that look for something: find, swarm and shrink.
#include "tandem/scenarios/campaign/search.hpp"
#include "where_to.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/campaign/shrink.hpp"
#include "tandem/scenarios/campaign/swarm.hpp"

#include <pybind11/stl.h>

#include <filesystem>
#include <string>

namespace py = pybind11;

namespace tandem::bindings {

using namespace scenarios;

namespace {

using texts = std::vector<std::string>;

std::chrono::duration<double> read_budget(const std::string& text) {
  const auto budget = parse_duration(text);
  if (!budget || *budget <= duration{})
    throw bad_input("budget", "must be a duration above 0, as in 90s, 10m or 2h, not " + text);
  return *budget;
}

/// (JSON, what the command prints, the folder).
py::tuple found(search_request of, const std::string& seeds, where_to where,
                const py::object& callback) {
  listener caller(callback);
  std::string json, text;
  {
    const py::gil_scoped_release unlocked;
    try {
      read_search_seeds(seeds, of);
    } catch (const std::invalid_argument& e) {
      throw bad_input("seeds " + seeds, e.what());
    }
    const auto plan = plan_search(of, levels_here());
    if (where.out.empty()) where.out = plan.scenario + "-find";
    const auto report = run_search(plan, options_for(where, caller));
    json = to_json(plan, report);
    text = to_text(plan, report);
  }
  return py::make_tuple(object_of(json), text, where.out);
}

py::tuple swarmed(const swarm_request& of, std::optional<std::uint64_t> runs,
                  const std::string& budget, where_to where, const py::object& callback) {
  listener caller(callback);
  std::string json, text;
  {
    const py::gil_scoped_release unlocked;
    const auto time = read_budget(budget);
    const auto levels = levels_here();
    const swarm_plan plan(of, levels);
    if (where.out.empty()) where.out = plan.scenario + "-swarm";
    const auto shared = options_for(where, caller);
    const auto report =
        run_swarm(plan, {shared.workers, where.out, runs, time, shared.on_progress, shared.stop});
    json = to_json(plan, report);
    text = to_text(plan, report);
  }
  return py::make_tuple(object_of(json), text, where.out);
}

std::string shrunk(shrink_request of, const std::string& budget, const where_to& where,
                   const py::object& callback) {
  listener caller(callback);
  const py::gil_scoped_release unlocked;
  of.out = where.out;
  of.budget = read_budget(budget);
  if (!where.overwrite && std::filesystem::exists(of.out))
    throw bad_input("out " + of.out, "is there already; name another file, or overwrite it");
  return to_json(of, shrink(of, levels_here(), options_for(where, caller)));
}

}  // namespace

void add_searches(py::module_& m) {
  m.def("find",
        [](const std::string& file, const texts& sets, const std::string& path, bool smallest,
           const std::string& such_that, const std::string& between, const std::string& seeds,
           const std::string& level, const where_to& where, const py::object& callback) {
          return found({file, sets, path, smallest, such_that, between, 5, 100, level}, seeds,
                       where, callback);
        });
  m.def("swarm", [](const std::string& file, const texts& sets, const std::string& level,
                    std::optional<std::uint64_t> seed, std::optional<std::uint64_t> runs,
                    const std::string& budget, const where_to& where, const py::object& callback) {
    return swarmed({file, sets, level, seed}, runs, budget, where, callback);
  });
  m.def("shrink", [](const std::string& file, const texts& sets, const std::string& level,
                     std::optional<std::uint64_t> seed, const std::string& budget,
                     const where_to& where, const py::object& callback) {
    return object_of(shrunk({file, sets, level, seed, {}, {}}, budget, where, callback));
  });
}

}  // namespace tandem::bindings
