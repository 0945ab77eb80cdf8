// SPDX-License-Identifier: MIT
#include "tandem/scenarios/told_world.hpp"

#include "read/read_network.hpp"
#include "read/read_scenario.hpp"
#include "stepped_run.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/units.hpp"
#include "tandem/scenarios/read.hpp"

#include <chrono>
#include <exception>
#include <optional>

namespace tandem::scenarios {
namespace {

// Longer than anybody runs; times of half of it can be added.
constexpr duration without_end = std::chrono::hours(24 * 365 * 100);
constexpr const char* told = "World";
// Of what has no entry of its own: its turns have.
constexpr auto no_entry = static_cast<std::uint64_t>(-1);

/// `read(value)` of a text that would stand at `path` of a file; throws what is wrong with it, also
/// on this level.
template <class Read>
void read_told(const std::string& says, const std::string& path, const level& on, Read&& read) {
  yaml_source source{.name = told};
  YAML::Node root;
  try {
    root = YAML::Load(says);
  } catch (const YAML::Exception& e) {
    throw bad_input(told, e.what());
  }
  const yaml_value value(source, root, path);
  source.attempt([&] { read(value); });
  source.throw_mistakes();
  scenario probe;
  probe.file = told;
  probe.where = std::move(source.where);
  check_level(probe, on);
}

scenario head_of(const std::string& head) {
  scenario out = parse_scenario(head, told);
  out.groups.clear();
  out.length = without_end;
  return out;
}

}  // namespace

struct told_world::impl {
  impl(const std::string& head, const level& level, std::size_t most)
      : on(level), events_max(most), what(head_of(head)) {
    scenario probe;
    probe.file = told;
    probe.where = what.where;
    check_level(probe, on);
  }

  /// What is done once it begins, in the order in which it was told.
  class opening final : public work {
   public:
    explicit opening(impl& of) : of_(of) {}
    std::unique_ptr<doing> start(workload& in, std::uint64_t) const override {
      return std::make_unique<begun>(of_, in);
    }

   private:
    struct begun final : doing {
      begun(impl& world, workload& work) : of(world), in(work) {}
      void begin() override {
        for (const auto& each : std::exchange(of.pending, {})) each(in);
      }
      bool hears() const override { return false; }
      impl& of;
      workload& in;
    };
    impl& of_;
  };

  /// Now, or as soon as it begins.
  void when_begun(std::function<void(workload&)> what_then) {
    run ? what_then(run->work()) : pending.push_back(std::move(what_then));
  }
  void check_not_past(duration at) const {
    if (at < now())
      throw bad_input(format_duration(at) + " is past: this world is at " + format_duration(now()) +
                      "; say a later time, or none for now");
  }
  duration now() const noexcept { return run ? run->place().now() - run->start() : duration{}; }
  /// Reads one more entry; it is the last of `what.workload`.
  std::shared_ptr<const work> read_entry(const std::string& says) {
    const bool moved = what.nodes_move;
    auto known = std::exchange(what.workload, {});
    std::shared_ptr<const work> made;
    try {
      read_told("[" + says + "]", "workload", on, [&](const auto& v) { read_workload(v, what); });
      made = what.workload.at(0);
    } catch (...) {
      what.workload = std::move(known);
      what.nodes_move = moved;
      throw;
    }
    what.workload = std::move(known);
    if (run && what.nodes_move && !moved && !named) {
      what.nodes_move = moved;
      throw bad_input(
          "nodes of this world have the addresses of the network, which are for ever: say a "
          "restart with a new address before it begins, or give a group `addresses`");
    }
    kept.push_back(made);
    return made;
  }
  void begin() {
    if (what.groups.empty()) throw bad_input("a world needs a node before it can run");
    named = what.nodes_move;
    for (const auto& group : what.groups) named = named || group.addresses;
    what.workload = {std::make_shared<opening>(*this)};
    run_options options;
    options.record_events = events_max > 0;
    options.events_max = events_max;
    options.stop = [this] { return asked && asked(); };
    auto made = std::make_unique<stepped_run>(what, on, options, true);
    made->listen([this](node_index node, time_point at, const notification& said) {
      if (who) who(node, at, said);
    });
    run = std::move(made);
  }
  void fail() noexcept {
    failure = std::current_exception();
    run->supervisor().stop();
  }

  level on;
  std::size_t events_max;
  scenario what;
  bool named = false;
  std::vector<std::shared_ptr<const work>> kept;  ///< outlive the run
  std::vector<std::shared_ptr<const work>> actions;
  std::vector<doing*> turns;  ///< of each action, once it began
  std::vector<std::function<void(workload&)>> pending;
  std::uint64_t entries = 0;
  std::function<bool()> asked;
  std::function<void(node_index, time_point, const notification&)> who;
  std::exception_ptr failure;
  std::unique_ptr<stepped_run> run;
};

told_world::told_world(const std::string& head, const level& on, std::size_t events_max)
    : impl_(std::make_unique<impl>(head, on, events_max)) {}
told_world::~told_world() = default;

node_index told_world::add_group(const std::string& name, const std::string& says) {
  auto& it = *impl_;
  if (it.run)
    throw bad_input(
        "the nodes of a world are there when it begins, at its first run: add them before");
  node_index first = 0;
  for (const auto& group : it.what.groups) first += group.count;
  auto known = it.what.groups;
  try {
    read_told("{" + name + ": " + says + "}", "groups", it.on,
              [&](const auto& v) { read_groups(v, it.what); });
  } catch (...) {
    it.what.groups = std::move(known);
    throw;
  }
  return first;
}

void told_world::set_links(const std::string& says) {
  auto& it = *impl_;
  it.what.links.clear();
  read_told(says, "links", it.on, [&](const auto& v) { read_links(v, it.what); });
}

void told_world::add_entry(const std::string& says) {
  const auto made = impl_->read_entry(says);
  impl_->when_begun([what = made.get(), entry = impl_->entries++](workload& in) {
    in.add(*what, entry).begin();
  });
}

std::size_t told_world::add_action(const std::string& says) {
  auto& it = *impl_;
  const auto made = it.read_entry(says);
  const auto action = it.turns.size();
  it.turns.push_back(nullptr);
  it.when_begun([&it, action, what = made.get()](workload& in) {
    it.turns[action] = &in.add(*what, no_entry);
  });
  return action;
}

void told_world::act(std::size_t action, node_index from, node_index to, duration at) {
  auto& it = *impl_;
  it.check_not_past(at);
  ++it.entries;
  it.when_begun([&it, action, from, to, at](workload& in) {
    in.at(in.start() + at, [doing = it.turns[action], from, to] { doing->turn(from, to); });
  });
}

std::size_t told_world::add_fault(const std::string& says) {
  auto& it = *impl_;
  constexpr std::size_t faults_max = 100;  // as in a file
  if (it.what.faults.size() == faults_max)
    throw bad_input("a world has at most " + std::to_string(faults_max) +
                    " faults; one with `every` or `poisson` comes again and again");
  auto& faults = it.what.faults;
  const auto before = faults.size();
  try {
    read_told("[" + says + "]", "faults", it.on, [&](const auto& v) { read_faults(v, it.what); });
  } catch (...) {
    faults.resize(before);
    throw;
  }
  if (it.run) it.run->faults().add(*faults.back());
  return before;
}

void told_world::end_fault(std::size_t fault, duration at) {
  auto& it = *impl_;
  it.check_not_past(at);
  it.when_begun([&it, fault, at](workload& in) {
    in.at(in.start() + at, [&it, fault] { it.run->faults().end(fault); });
  });
}

void told_world::at(duration when, std::function<void()> what) {
  auto& it = *impl_;
  it.check_not_past(when);
  it.when_begun([&it, when, what = std::move(what)](workload& in) {
    in.at(in.start() + when, [&it, what] {
      try {
        what();
      } catch (...) {
        it.fail();
      }
    });
  });
}

void told_world::listen(std::function<void(node_index, time_point, const notification&)> who) {
  impl_->who = std::move(who);
}

void told_world::listen_to_messages(
    std::function<void(node_index, node_index, std::uint64_t)> who) {
  impl_->when_begun([who = std::move(who)](workload& in) { in.hear_messages(who); });
}

void told_world::run_until(duration until, const std::function<bool()>& stop) {
  auto& it = *impl_;
  it.check_not_past(until);
  if (!it.run) it.begin();
  it.run->supervisor().go_on();
  it.asked = stop;
  it.run->run_until(until);
  it.asked = {};
  if (it.failure) std::rethrow_exception(std::exchange(it.failure, {}));
}

void told_world::settle() { run_until(now(), {}); }

bool told_world::began() const noexcept { return impl_->run != nullptr; }
duration told_world::now() const noexcept { return impl_->now(); }
const level& told_world::on() const noexcept { return impl_->on; }
const std::vector<group>& told_world::groups() const noexcept { return impl_->what.groups; }

bool told_world::lives(node_index node) const { return impl_->run->work().lives(node); }
const connection_manager& told_world::manager(node_index node) const {
  return impl_->run->place().manager(node);
}
const peer_id& told_world::id(node_index node) const { return impl_->run->place().id(node); }
std::int32_t told_world::index_of(const peer_id& peer) const {
  return impl_->run->ledger().index_of(peer);
}
manager_counters told_world::counters(node_index node) const {
  return impl_->run->ledger().counters(node);
}

std::vector<std::pair<connection_id, duration>> told_world::connections(node_index node) const {
  std::vector<std::pair<connection_id, duration>> out;
  for (const auto& [conn, since] : impl_->run->ledger().connections_of(node))
    out.emplace_back(conn, since - impl_->run->start());
  return out;
}

std::vector<std::pair<std::string, std::uint64_t>> told_world::numbers(std::size_t group) const {
  const auto& of = impl_->run->ledger().group(group);
  std::vector<std::pair<std::string, std::uint64_t>> out;
  for (std::size_t m = 0; m < numbers_count(); ++m)
    out.emplace_back(measures()[m].name, of.numbers[m].value());
  return out;
}

std::string told_world::trace_hash() const { return impl_->run->place().trace_hash(); }
const run_result& told_world::so_far() const { return impl_->run->so_far(); }

run_result told_world::finish() { return impl_->run->finish(); }

}  // namespace tandem::scenarios
