// SPDX-License-Identifier: MIT
// Many runs: campaigns, comparisons, the gate, and scenarios learned from recordings.
#include "where_to.hpp"

#include "tandem/command/bad_input.hpp"
#include "tandem/command/recording.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/campaign/statistics.hpp"
#include "tandem/scenarios/campaign/sweep.hpp"
#include "tandem/scenarios/compare/difference.hpp"
#include "tandem/scenarios/find.hpp"
#include "tandem/scenarios/gate/review.hpp"
#include "tandem/scenarios/learn.hpp"

#include <pybind11/stl.h>

#include <filesystem>
#include <string>

namespace py = pybind11;

namespace tandem::bindings {

using namespace scenarios;

namespace {

using texts = std::vector<std::string>;

/// `read()`, whose complaint is about `argument`.
template <class Read>
auto read_argument(const std::string& argument, Read&& read) {
  try {
    return read();
  } catch (const std::invalid_argument& e) {
    throw bad_input(argument, e.what());
  }
}

/// Cells to run, and what a folder holds of them.
class campaign {
 public:
  campaign(const std::string& file, const texts& sets,
           const std::vector<std::pair<std::string, texts>>& vary, const std::vector<texts>& zips,
           const texts& where, const std::string& seeds, const texts& levels, const texts& also) {
    campaign_request of;
    of.file = file;
    of.sets = sets;
    for (const auto& [path, values] : vary) {
      axis one{path, {}, "vary " + path};
      for (const auto& value : values) one.values.push_back({value, "vary"});
      of.flags.axes.push_back(std::move(one));
    }
    for (const auto& paths : zips) {
      auto& zip = of.flags.zips.emplace_back();
      for (const auto& path : paths) zip.push_back({path, "zip"});
    }
    for (const auto& text : where) of.flags.conditions.push_back({text, "where"});
    if (!seeds.empty())
      of.flags.seeds = read_argument("seeds", [&] { return read_seed_count(seeds); });
    of.flags.levels = levels;
    for (const auto& text : also) of.also.push_back({text, "measure"});
    plan_ = make_plan(of, levels_here());
  }

  /// Of a folder that is there.
  explicit campaign(const std::string& folder) : plan_(plan_in(folder)) {}

  const campaign_plan& plan() const { return plan_; }

  /// What the folder holds: (report as JSON, table, cells).
  py::tuple read(const std::string& folder) const {
    campaign_store store(folder);
    return told(finish_campaign(plan_, {}, store), store);
  }

  /// As read(), when every cell was run that is not there yet, or it was stopped.
  py::tuple run(const where_to& where, const py::object& callback) const {
    listener caller(callback);
    campaign_report report;
    {
      const py::gil_scoped_release unlocked;
      report = run_campaign(plan_, options_for(where, caller));
    }
    campaign_store store(where.out);
    auto found = told(report, store);
    finish_campaign(plan_, {}, store);  // the same bytes as before it was opened
    return found;
  }

 private:
  py::tuple told(const campaign_report& report, const campaign_store& store) const {
    return py::make_tuple(object_of(to_json(plan_, report)), to_table(plan_, report, {}),
                          found_in(store));
  }

  /// (values of the axes, level, seed, result as a line) of every cell that is there.
  py::list found_in(const campaign_store& store) const {
    py::list rows;
    for (std::size_t s = 0; s < plan_.settings.size(); ++s)
      for (std::size_t l = 0; l < plan_.levels.size(); ++l)
        for (std::uint64_t n = 0; n < plan_.seeds.most; ++n) {
          const auto one = plan_.cell_of(s, l, n);
          if (const auto result = store.find(one.key))
            rows.append(py::make_tuple(plan_.settings[s].values, one.level, one.seed,
                                       object_of(to_line(*result))));
        }
    return rows;
  }

  campaign_plan plan_;
};

std::string run_line(const std::string& line) {
  return to_line(run_cell(cell_of_line(line), levels_here()));
}

/// A number, or a duration or share as one: what an axis is drawn over. None: it is a word.
std::optional<double> number_of(const std::string& text) {
  if (const auto number = parse_number(text)) return number;
  if (const auto time = parse_duration(text)) return seconds_of(*time);
  return parse_ratio(text);
}

std::string compared(const std::string& a, const std::string& b) {
  const auto first = read_outcome(a), second = read_outcome(b);
  return to_json(first, second, compare(first, second));
}
std::string compared_runs(const run_result& a, const run_result& b) {
  const auto first = outcome_of(a), second = outcome_of(b);
  return to_json(first, second, compare(first, second));
}

py::tuple gate(const texts& files, const std::string& level, bool baselines, bool once,
               unsigned jobs, const py::object& callback) {
  listener caller(callback);
  std::vector<gate_result> results;
  {
    const py::gil_scoped_release unlocked;
    gate_options options;
    options.levels = levels_here();
    options.jobs = jobs;
    options.once = once;
    if (!baselines) options.against.what = gate_reference::kind::nothing;
    const auto cases = plan_cases(files, options.levels, level);
    std::size_t done = 0;
    options.on_result = [&](const gate_result&) { caller.report(++done, cases.size()); };
    options.stop = [&] {
      caller.report(done, cases.size());
      return caller.interrupted();
    };
    results = run_gate(cases, options);
  }
  return py::make_tuple(object_of(gate_json(results)), gate_table(results), exit_code_of(results));
}

/// (status, what `tandem ci` prints) of one scenario at one level beside its baseline; `update`
/// makes what was found the baseline from now on.
py::tuple held_to_baseline(const std::string& file, const std::string& level, bool update) {
  const py::gil_scoped_release unlocked;
  gate_options options;
  options.levels = levels_here();
  options.once = true;
  options.for_review = update;
  const std::vector results{check_case(plan_cases({file}, options.levels, level).at(0), options)};
  if (update) review(results, [](const gate_result&) { return answer::accept; });
  const auto text = gate_table(results);
  const py::gil_scoped_acquire locked;
  return py::make_tuple(std::string(name_of(results[0].status)), text);
}

py::dict learned(const texts& paths, const std::string& name) {
  learned_scenario found;
  {
    const py::gil_scoped_release unlocked;
    found = learn(recordings_in(paths), name);
  }
  py::list fits;
  for (const auto& fit : found.fits)
    fits.append(py::make_tuple(fit.what, fit.text, fit.values, fit.distance, fit.why));
  py::dict out;
  out["yaml"] = found.yaml;
  out["node"] = found.node;
  out["fits"] = fits;
  out["failures"] = found.failures;
  return out;
}

}  // namespace

void add_campaigns(py::module_& m) {
  py::class_<where_to>(m, "WhereTo")
      .def(py::init<std::string, bool, texts, std::size_t, py::object>());
  py::class_<campaign>(m, "Campaign")
      .def(py::init<const std::string&, const texts&,
                    const std::vector<std::pair<std::string, texts>>&, const std::vector<texts>&,
                    const texts&, const std::string&, const texts&, const texts&>(),
           py::call_guard<py::gil_scoped_release>())
      .def(py::init<const std::string&>())
      .def("read", &campaign::read)
      .def_property_readonly("scenario", [](const campaign& c) { return c.plan().scenario; })
      .def_property_readonly("axes",
                             [](const campaign& c) {
                               texts paths;
                               for (const auto& axis : c.plan().axes) paths.push_back(axis.path);
                               return paths;
                             })
      .def("run", &campaign::run);
  m.def("run_cell", &run_line, py::call_guard<py::gil_scoped_release>());
  m.def(
      "serve_cells", [] { return serve_cells(levels_here()); },
      py::call_guard<py::gil_scoped_release>());
  m.def("axis_values", [](const std::string& path, const std::string& text) {
    return read_argument("vary " + path, [&] { return read_axis_values(text); });
  });
  m.def("number_of", &number_of);
  m.def("half_width",
        [](const std::vector<double>& values) { return interval_of(values).half_width; });
  m.def("compare",
        [](const std::string& a, const std::string& b) { return object_of(compared(a, b)); });
  m.def("compare",
        [](const run_result& a, const run_result& b) { return object_of(compared_runs(a, b)); });
  m.def("scenarios_in", &scenarios_in);
  m.def("gate", &gate);
  m.def("held_to_baseline", &held_to_baseline);
  m.def("baseline_file_of", &baseline_file_of);
  m.def("learn", &learned);
}

}  // namespace tandem::bindings
