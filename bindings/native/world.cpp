// SPDX-License-Identifier: MIT
// The native half of World: a told_world, and who in Python hears it.
#include "heard.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/recording.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counter_table.hpp"
#include "tandem/net/identity.hpp"
#include "tandem/scenarios/told_world.hpp"
#include "values.hpp"

#include <pybind11/functional.h>
#include <pybind11/stl.h>

#include <array>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace py = pybind11;

namespace tandem::bindings {

using namespace scenarios;

namespace {

using number = std::uint64_t;  // of something Python calls

class native_world {
 public:
  native_world(const std::string& head, const std::string& level_name, std::size_t events_max)
      : world_(std::in_place, head, level_named(levels_here(), level_name), events_max) {
    if (!world_->on().virtual_time)
      throw bad_input("a World has virtual time: its level is message, stream or packet, not " +
                      tandem::quoted(level_name));
    world_->listen(
        [this](node_index node, time_point, const notification& what) { hear(node, what); });
  }

  told_world& told() {
    if (running_ && runner_ != std::this_thread::get_id())
      throw std::runtime_error("this world runs in another thread");
    if (!world_) throw bad_input("this world is over: it was closed, or its result was taken");
    return *world_;
  }
  void close() {
    if (running_) throw std::runtime_error("close() of a world that runs");
    world_.reset();
  }

  /// It has not begun, or something is planned for now: to be run to now before it is looked at.
  bool unsettled() { return !running_ && (!told().began() || unsettled_); }
  void plan(std::int64_t at, number what) {
    told().at(duration(at), [this, what] { call(what, nullptr); });
    unsettled_ = true;
  }
  void hook(node_index first, node_index count, const std::string& kind, number what) {
    if (kind == "message") {
      messages_.push_back({first, count, what});
      if (!std::exchange(hears_messages_, true))
        told().listen_to_messages(
            [this](node_index at, node_index from, std::uint64_t bytes) { hear(at, from, bytes); });
    }
    for (std::size_t i = 0; i < notices_count; ++i)
      if (name_of(static_cast<notice>(i)) == kind) hooks_[i].push_back({first, count, what});
  }
  void unhook(number what) {
    const auto is = [&](const auto& one) { return one.what == what; };
    for (auto& all : hooks_) std::erase_if(all, is);
    std::erase_if(messages_, is);
  }
  void run_until(std::int64_t until, py::object call) {
    auto& world = told();
    if (running_) throw std::runtime_error("run() from within a callback: this world runs already");
    running_ = true;
    runner_ = std::this_thread::get_id();
    call_ = std::move(call);
    const auto over = [this] {
      running_ = false;
      unsettled_ = false;
      call_ = py::object();
    };
    try {
      const py::gil_scoped_release unlocked;
      world.run_until(duration(until), [this] { return interrupted(); });
    } catch (...) {
      over();
      throw;
    }
    over();
    if (const auto raised = std::exchange(raised_, {})) std::rethrow_exception(raised);
  }
  void changed() { unsettled_ = true; }

 private:
  struct hooked {
    node_index first;
    node_index count;
    number what;
  };

  // Without the GIL, from within a node.
  void hear(node_index node, const notification& what) {
    for (const auto& one : hooks_[static_cast<std::size_t>(what.kind)])
      if (node - one.first < one.count)
        world_->at(world_->now(), [this, node, what, call = one.what] {
          const heard said{world_->now().count(), node, world_->index_of(what.peer), what};
          this->call(call, &said);
        });
  }
  void hear(node_index node, node_index from, std::uint64_t bytes) {
    for (const auto& one : messages_)
      if (node - one.first < one.count)
        world_->at(world_->now(), [this, node, from, bytes, call = one.what] {
          const heard said{world_->now().count(), node, static_cast<std::int32_t>(from), {}, bytes};
          this->call(call, &said);
        });
  }
  void call(number what, const heard* said) {
    const py::gil_scoped_acquire locked;
    said ? call_(what, *said) : call_(what, py::none());
  }
  bool interrupted() {
    constexpr std::chrono::milliseconds between{50};
    const auto now = std::chrono::steady_clock::now();
    if (now - looked_ < between) return false;
    looked_ = now;
    const py::gil_scoped_acquire locked;
    try {
      let_signals_in();
    } catch (...) {
      raised_ = std::current_exception();
    }
    return raised_ != nullptr;
  }

  std::optional<told_world> world_;  ///< none: it is over
  std::array<std::vector<hooked>, notices_count> hooks_;
  std::vector<hooked> messages_;
  bool hears_messages_ = false;
  py::object call_;  ///< while it runs
  bool running_ = false;
  bool unsettled_ = false;
  std::thread::id runner_;
  std::chrono::steady_clock::time_point looked_{};
  std::exception_ptr raised_;
};

/// The sum over some nodes.
manager_counters counters_of(native_world& in, node_index first, node_index count) {
  const auto& world = in.told();
  manager_counters sum;
  for (node_index node = first; node < first + count; ++node) {
    const auto now = world.counters(node);
    for (const auto& row : counter_table()) sum.*row.field += now.*row.field;
    for (std::size_t c = 0; c < causes_count; ++c) sum.refused[c] += now.refused[c];
  }
  return sum;
}

void must_live(const told_world& world, node_index node) {
  if (!world.lives(node)) throw bad_input("this node is dead: nothing is known of it");
}

py::list connections_of(native_world& in, node_index node) {
  const auto& world = in.told();
  py::list rows;
  if (!world.lives(node)) return rows;
  const auto& manager = world.manager(node);
  const auto now = time_point(world.now());
  for (const auto& [conn, since] : world.connections(node)) {
    const auto is = manager.explain(conn, now);
    rows.append(py::make_tuple(static_cast<std::uint64_t>(conn), world.index_of(is.peer),
                               is.way == direction::inbound ? "inbound" : "outbound",
                               std::string(name_of(is.stage)), seconds_of(since), is.streams,
                               seconds_of(is.srtt), text_or_none(is.where),
                               seconds_or_none(is.idle_at)));
  }
  return rows;
}

py::object explain_peer(native_world& in, node_index node, node_index peer) {
  const auto& world = in.told();
  must_live(world, node);
  return object_of(to_json(world.manager(node).explain(world.id(peer), time_point(world.now()))));
}

py::dict numbers_of(native_world& in, std::size_t group) {
  py::dict out;
  for (const auto& [name, value] : in.told().numbers(group)) out[py::str(name)] = value;
  return out;
}

py::dict finish(native_world& in) {
  auto& world = in.told();
  const auto reached = world.now();
  auto out = result_of(world.finish());
  out["length_s"] = seconds_of(reached);
  return out;
}

}  // namespace

void add_world(py::module_& m) {
  add_heard(m);
  py::class_<native_world>(m, "World")
      .def(py::init<const std::string&, const std::string&, std::size_t>())
      .def("add_group", [](native_world& w, const std::string& name,
                           const std::string& says) { return w.told().add_group(name, says); })
      .def("set_links", [](native_world& w, const std::string& says) { w.told().set_links(says); })
      .def("add_entry",
           [](native_world& w, const std::string& says) {
             w.told().add_entry(says);
             w.changed();
           })
      .def("add_action",
           [](native_world& w, const std::string& says) { return w.told().add_action(says); })
      .def(
          "act",
          [](native_world& w, std::size_t action, node_index from, node_index to, std::int64_t at) {
            w.told().act(action, from, to, duration(at));
            w.changed();
          })
      .def("add_fault",
           [](native_world& w, const std::string& says) {
             w.changed();
             return w.told().add_fault(says);
           })
      .def("end_fault",
           [](native_world& w, std::size_t fault, std::int64_t at) {
             w.told().end_fault(fault, duration(at));
             w.changed();
           })
      .def("plan", &native_world::plan)
      .def("hook", &native_world::hook)
      .def("unhook", &native_world::unhook)
      .def("run_until", &native_world::run_until)
      .def_property_readonly("now_ns", [](native_world& w) { return w.told().now().count(); })
      .def_property_readonly("unsettled", &native_world::unsettled)
      .def_property_readonly("began", [](native_world& w) { return w.told().began(); })
      .def("lives", [](native_world& w, node_index node) { return w.told().lives(node); })
      .def("metrics", [](native_world& w, node_index first,
                         node_index count) { return metrics_of(counters_of(w, first, count)); })
      .def("refusals", [](native_world& w, node_index first,
                          node_index count) { return refusals_of(counters_of(w, first, count)); })
      .def("numbers", &numbers_of)
      .def("connections", &connections_of)
      .def("explain", &explain_peer)
      .def("trace_hash", [](native_world& w) { return w.told().trace_hash(); })
      .def("finish", &finish)
      .def("close", &native_world::close);
  m.def("nanoseconds", &nanoseconds_of);
  m.def("duration_text",
        [](std::int64_t nanoseconds) { return format_duration(duration(nanoseconds)); });
}

}  // namespace tandem::bindings
