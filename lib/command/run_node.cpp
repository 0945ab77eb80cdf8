// SPDX-License-Identifier: MIT
#include "run_node.hpp"

#include "dialled_peers.hpp"
#include "event_log.hpp"
#include "identity_file.hpp"
#include "line_output.hpp"
#include "node_pages.hpp"
#include "service_manager.hpp"
#include "suspend_watch.hpp"
#include "tandem/asio/network.hpp"
#include "tandem/asio/node_meter.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/command.hpp"
#include "tandem/command/contradictions.hpp"
#include "tandem/command/json_text.hpp"
#include "tandem/command/units.hpp"
#include "tandem/core/counted.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

namespace tandem::cli {
namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Of the shutdown, for what comes after the peers: recording, output, the end of the process.
constexpr duration after_peers_max = milliseconds(500);

/// Blocks of this size and more go back to the system when they are freed. glibc raises the size by
/// itself up to 32 MiB, and then keeps the holes that large messages leave between small blocks. A
/// little stays ours at the end of the heap, or a busy connection would have the system give it the
/// memory of each write anew (a third of its processor time).
void settle_heap() {
#ifdef __GLIBC__
  constexpr int apart_from = 128 << 10;  // where glibc begins
  constexpr int kept = 4 << 20;
  ::mallopt(M_MMAP_THRESHOLD, apart_from);
  ::mallopt(M_TRIM_THRESHOLD, kept);
#endif
}

bool is_ignored(int signal) {
  struct sigaction now {};
  return ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

class running_node {
 public:
  explicit running_node(const node_settings& with) : with_(with), signals_(context_) {
    // Before anything is printed: whoever reads it may send a signal.
    for (const int each : {SIGINT, SIGTERM, SIGQUIT}) signals_.add(each);
    if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);
    start();
  }

  int run() {
    wait_for_signal();
    service_.ready("peer id " + to_string(node_->self().id()));
    look_after();
    while (!over_.valid() || over_.wait_for(milliseconds(0)) != std::future_status::ready)
      context_.run_one();
    finish();
    return exit_held;
  }

 private:
  void start() {
    auto options = with_.options;
    say_what_cannot_be_kept();
    if (with_.metrics) serve_metrics();
    try_to_listen();
    std::optional<identity_file> file;
    if (!with_.identity_file.empty()) file.emplace(with_.identity_file);
    recording_ = with_.recording.start();
    options.self = file ? file->take() : identity::generate();
    options.names = make_dns(context_.get_executor(), with_.dns);
    node_ = std::make_unique<node>(*net_, std::move(options), &meter_, recording_.get());
    meter_.watch(*node_, net_->clock());
    meter_.add([this]() -> resource_use {
      return {"log_lines", "", static_cast<double>(out_.waiting()), line_output::lines_most};
    });
    with_.marks.apply(*node_);
    if (with_.marks.protects(node_->self().id()))
      say_itself("--protect " + to_string(node_->self().id()));
    node_->start();
    say_where();
    peers_.emplace(*node_, with_.dial_once,
                   [this](const auto& address) { say_itself("--dial " + address); });
    peers_->become(with_.peers);
  }

  void say_what_cannot_be_kept() {
    const auto& options = with_.options.manager;
    raise_descriptors(needs_of(options).descriptors);
    for (const auto& each :
         contradictions_of(options, surroundings_of_this_process(), with_.options.buffers))
      errors_.line("tandem: warning: " + each.message);
  }

  /// Before any file is made: that somebody else has the address is the commonest mistake.
  void try_to_listen() const {
    std::vector<std::unique_ptr<acceptor>> open;
    for (const auto& at : with_.options.listen) {
      auto made = net_->listen(at);
      if (!made) throw bad_input("--listen " + to_string(at), made.error().message());
      open.push_back(std::move(*made));
    }
  }

  void serve_metrics() {
    exporter_ = std::make_unique<metrics_exporter>(
        context_, *with_.metrics, [this] { return node_->snapshot(); },
        exporter_extras{
            {{"icn_p2p_log_lines_left_out_total",
              "Lines not printed because there were too many of their kind in a second.",
              [this] { return log_.left_out(); }},
             {"icn_p2p_log_lines_lost_total",
              "Printed lines that nobody took: a full or closed pipe, a full disk.",
              [this] { return out_.lost() + errors_.lost(); }}},
            &meter_,
            node_pages(meter_)});
  }

  void say_where() {
    const auto id = to_string(node_->self().id());
    say("peer id", id);
    for (const auto& at : node_->listening()) say("listening on", to_multiaddr(at) + "/p2p/" + id);
    if (!exporter_) return;
    const auto& host = with_.metrics->metrics_address;
    const bool v6 = host.find(':') != std::string::npos;
    say("metrics on", "http://" + (v6 ? "[" + host + "]" : host) + ":" +
                          std::to_string(exporter_->port()) + "/metrics");
  }

  /// What happens has its time. Who is here, which comes first, has none: scripts look for that.
  void say(const std::string& what, const std::string& more = {}, boost::json::array why = {}) {
    const bool began = peers_.has_value();
    if (!with_.json)
      return out_.line((began ? wall_time() + " " : "") + what + (more.empty() ? "" : " " + more));
    boost::json::object told{{"time", wall_time()}, {"what", what}};
    if (!more.empty()) told["more"] = more;
    if (!why.empty()) told["why"] = std::move(why);
    out_.line(json_text(told));
  }

  void say_itself(const std::string& option) {
    errors_.line("tandem: " + option + ": that is this node itself; name other peers");
  }

  void wait_for_signal() {
    signals_.async_wait([this](boost::system::error_code failed, int signal) {
      if (failed) return;
      if (signal == SIGHUP && !with_.config.empty())
        reload();
      else if (!over_.valid())
        stop();
      else if (signal == SIGINT || signal == SIGQUIT)
        std::_Exit(exit_interrupted(signal));
      wait_for_signal();
    });
  }

  void stop() {
    const auto total = with_.options.manager.shutdown_timeout;
    end_ = steady::now() + total;
    say("shutting down");
    service_.stopping();
    over_ = node_->shutdown(total - std::min(total / 4, after_peers_max));
  }

  /// Nothing changes at all when something cannot.
  void reload() {
    if (over_.valid()) return;
    boost::json::array why;
    try {
      auto next = with_.read_again();
      std::vector<std::string> wrong;
      for (const auto& [option, where] : next.given->changes_since(*with_.given))
        if (!changes_while_running(option))
          wrong.push_back(where + ": " + key_in_file(option) +
                          " cannot change while the node runs; start it anew for that");
      if (!wrong.empty()) throw bad_inputs(next.given->in_order(std::move(wrong)));
      take(std::move(next));
      say("reloaded", with_.config);
      return;
    } catch (const bad_inputs& e) {
      why = boost::json::array(e.lines().begin(), e.lines().end());
    } catch (const std::exception& e) {
      why.emplace_back(e.what());
    }
    for (const auto& line : why) errors_.line("tandem: " + std::string(line.as_string()));
    say("not reloaded", with_.config, std::move(why));
  }

  void take(node_settings next) {
    const auto before = std::exchange(with_, std::move(next));
    log_.set_level(with_.level);
    say_what_cannot_be_kept();
    node_->configure(with_.options.manager);
    peers_->let_go_of_others_than(with_.peers);
    with_.marks.apply(*node_, before.marks);
    peers_->become(with_.peers);
  }

  void look_after() {
    log_.look(net_->clock().now());
    service_.look(steady::now());
    if (const auto away = suspended_.look()) came_back(*away);
    if (recording_)
      if (const auto said = watch_.look(*recording_)) errors_.line(*said);
    timer_.expires_after(milliseconds(100));
    timer_.async_wait([this](boost::system::error_code failed) {
      if (!failed) look_after();
    });
  }

  /// Who was away does not know whose connection outlived it, and peers do not tell: their packets
  /// were lost meanwhile. All are asked.
  void came_back(duration away) {
    if (over_.valid()) return;
    say("resumed", "after " + format_duration(std::chrono::duration_cast<milliseconds>(away)));
    node_->network_changed();
  }

  /// Half of what is left of the shutdown: others come after.
  milliseconds share() const {
    const auto left = std::chrono::duration_cast<milliseconds>(end_ - steady::now());
    return std::max(left / 2, milliseconds(0));
  }

  void finish() {
    log_.end(net_->clock().now());
    exporter_.reset();
    node_.reset();
    const bool recorded = !recording_ || recording_->finish(share());
    out_.finish(share());
    if (out_.lost() > 0)
      errors_.line("tandem: " + counted(out_.lost(), "line") + " of output lost: " + out_.reason());
    if (!recorded) errors_.line("tandem: the end of the recording was not written in time");
    errors_.finish(share());
    if (!recorded) std::_Exit(exit_held);  // its thread waits for a disk
  }

  node_settings with_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_{context_};
  const std::unique_ptr<network> net_ = make_asio_network(context_);
  line_output out_{STDOUT_FILENO, with_.json};
  line_output errors_{STDERR_FILENO};
  event_log log_{out_, with_.json, with_.level};
  node_meter meter_{&log_};
  std::unique_ptr<trace_file> recording_;
  recording_watch watch_;
  suspend_watch suspended_;
  service_manager service_;
  std::unique_ptr<node> node_;
  std::optional<dialled_peers> peers_;
  std::unique_ptr<metrics_exporter> exporter_;
  std::shared_future<void> over_;  ///< the node's, from the first signal on
  steady::time_point end_;         ///< when all must be over
};

}  // namespace

int run_node(const node_settings& with) {
  settle_heap();
  std::signal(SIGPIPE, SIG_IGN);
  const auto needed = needs_of(with.options.manager).descriptors;
  raise_descriptors(needed);
  try {
    return running_node(with).run();
  } catch (const boost::system::system_error& e) {
    if (e.code() != boost::system::errc::too_many_files_open) throw;
    throw bad_input("RLIMIT_NOFILE",
                    "too few file descriptors to begin with; raise it (`ulimit -n " +
                        std::to_string(needed) + "`, systemd's LimitNOFILE)");
  }
}

}  // namespace tandem::cli
