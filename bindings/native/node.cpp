// SPDX-License-Identifier: MIT
// The native half of Node: a node on the system's TCP, its loop in a thread of its own. What it has
// to say waits in queues; an eventfd is readable while there is something.
#include "tandem/net/node.hpp"
#include "native.hpp"
#include "node_answers.hpp"
#include "node_streams.hpp"
#include "node_values.hpp"
#include "tandem/asio/dns.hpp"
#include "tandem/asio/network.hpp"
#include "tandem/command/bad_input.hpp"
#include "tandem/command/recording.hpp"
#include "values.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <pybind11/stl.h>

#include <chrono>
#include <cstring>
#include <future>
#include <optional>
#include <string>
#include <thread>

namespace py = pybind11;

namespace tandem::bindings {
namespace {

using boost::system::system_error;
using number = std::uint64_t;

class native_node final : node_observer {
 public:
  native_node(const std::vector<std::string>& listen, const py::dict& manager,
              const std::optional<std::string>& seed) {
    node_options options;
    options.manager = options_ = options_of(manager);
    for (const auto& at : listen) options.listen.push_back(address_of(at));
    options.self = seed ? identity_of(*seed) : identity::generate();
    std::memcpy(&options.seed, options.self.id().bytes().data() + 8, sizeof options.seed);
    try {
      network_ = make_asio_network(context_);
      options.names = make_dns(context_.get_executor());
      options.stream_memory = streams::most_of_one;
      node_.emplace(*network_, std::move(options), static_cast<node_observer*>(this));
      events_ = node_->subscribe();
      hear_requests(standard_protocol);
      node_->start();
    } catch (const system_error& e) {
      raise_os_error(e);
    } catch (const std::invalid_argument& e) {
      throw bad_input(e.what());
    }
    for (const auto& at : node_->listening()) listening_.push_back(to_multiaddr(at));
    self_ = node_->self().id();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~native_node() override { close(); }

  /// Ends at once; peers see resets. The loop's thread is gone afterwards.
  void close() {
    if (!thread_.joinable()) return;
    const py::gil_scoped_release unlocked;
    context_.stop();
    thread_.join();
    questions_.clear();
    streams_.clear();
    timer_.reset();
    node_.reset();
    events_.reset();
    network_.reset();
  }

  number dial(const std::string& peer, const std::vector<std::string>& addresses, bool additional,
              std::optional<double> timeout) {
    dial_options how;
    split(addresses, how.addresses, how.names);
    how.mode = additional ? dial_mode::additional : dial_mode::join;
    if (timeout) how.deadline = later(network_->clock().now(), duration_of(*timeout));
    const auto made = open().dial(peer_of(peer), std::move(how));
    if (made == request_id::none) throw std::runtime_error("the node's queue of commands is full");
    return static_cast<number>(made);
  }
  number send(const std::string& peer, const py::bytes& message) {
    auto bytes = bytes_of(message);
    const auto which = said_.next_number();
    auto& to = open();
    const auto id = peer_of(peer);
    const py::gil_scoped_release unlocked;
    to.send(id, std::move(bytes), [this, which](send_result result) {
      static constexpr const char* names[] = {"accepted", "refused", "gone"};
      said_.say({"send", which, names[static_cast<int>(result)]});
    });
    return which;
  }
  number request(const std::string& peer, const std::string& protocol, const py::bytes& what,
                 double within) {
    const auto which = said_.next_number();
    open().request(
        peer_of(peer), protocol, bytes_of(what),
        [this, which](boost::system::error_code failed, std::vector<std::byte> answer) {
          std::string text(reinterpret_cast<const char*>(answer.data()), answer.size());
          said_.say({"request", which, std::move(text), failed ? why_of(failed) : std::string()});
        },
        {.within = duration_of(within)});
    return which;
  }
  number ping(const std::string& peer, double within) {
    const auto which = said_.next_number();
    open().ping(
        peer_of(peer),
        [this, which](boost::system::error_code failed, duration took) {
          said_.say({"ping", which, std::to_string(took.count()),
                     failed ? why_of(failed) : std::string()});
        },
        duration_of(within));
    return which;
  }
  number identify(const std::string& peer, double within) {
    const auto which = said_.next_number();
    open().identify(
        peer_of(peer),
        [this, which](boost::system::error_code failed, const peer_facts& said) {
          said_.say({"identify", which, json_of(said), failed ? why_of(failed) : std::string()});
        },
        duration_of(within));
    return which;
  }
  /// Requests of this protocol wait in take(), or its streams.
  void handle(const std::string& protocol, bool streams) {
    std::promise<void> done;
    const py::gil_scoped_release unlocked;
    boost::asio::post(context_, [&] {
      try {
        streams ? hear_streams(protocol) : hear_requests(protocol);
        done.set_value();
      } catch (const std::invalid_argument& e) {
        done.set_exception(std::make_exception_ptr(bad_input(e.what())));
      }
    });
    done.get_future().get();
  }
  /// The number is the stream's, too.
  number open_stream(const std::string& peer, const std::string& protocol, double within) {
    const auto which = said_.next_number();
    open().open(
        peer_of(peer), protocol,
        [this, which](boost::system::error_code failed, application_stream made) {
          const int file = failed ? -1 : streams_.put(which, std::move(made));
          if (!failed && file < 0) failed = asio::error::no_descriptors;
          said_.say({"stream", which, std::to_string(file), failed ? why_of(failed) : ""});
        },
        duration_of(within));
    return which;
  }
  void start_stream(number which) {
    boost::asio::post(context_, [this, which] { streams_.start(which); });
  }
  void forget_stream(number which) {
    boost::asio::post(context_, [this, which] { streams_.forget(which); });
  }
  /// Answers a request, or refuses it.
  void reply(number which, const std::optional<py::bytes>& what) {
    auto answer = questions_.answer_of(which);
    if (!answer) return;
    auto bytes = what ? bytes_of(*what) : std::vector<std::byte>();
    boost::asio::post(context_, [answer = std::move(answer), bytes = std::move(bytes),
                                 says = what.has_value()]() mutable {
      if (says) answer(std::move(bytes));
    });
  }
  void disconnect(const std::string& peer) { open().disconnect(peer_of(peer)); }
  void network_changed() { open().network_changed(); }
  void configure(const py::dict& options) {
    options_ = options_of(options, options_);
    open().configure(options_);
  }
  void mark(const py::handle& event) {
    events::peer_marked said;
    field_reader reader;
    reader.read(event.attr("peer"), "peer", said.peer);
    reader.read(event.attr("what"), "what", said.what);
    reader.read(event.attr("on"), "on", said.on);
    reader.read(event.attr("weight"), "weight", said.weight);
    open().mark(said);
  }
  void add_addresses(const std::string& peer, const std::vector<std::string>& addresses) {
    std::vector<endpoint> list;
    std::vector<host_name> names;
    split(addresses, list, names);
    open().add_addresses(peer_of(peer), std::move(list));
    open().add_names(peer_of(peer), std::move(names));
  }
  void shutdown(std::optional<double> within) {
    auto& node = open();
    over_ = within ? node.shutdown(duration_of(*within)) : node.shutdown();
    boost::asio::post(context_, [this] { look_whether_over(); });
  }
  node_counters counters() {
    auto asked = open().counters();
    const py::gil_scoped_release unlocked;
    return asked.get();
  }
  py::object explain(const std::string& peer) {
    auto asked = open().explain(peer_of(peer));
    {
      const py::gil_scoped_release unlocked;
      asked.wait();
    }
    return object_of(to_json(asked.get()));
  }

  /// Answers and events that wait, oldest first; how many events nobody took in time.
  py::tuple take() {
    py::list answers, events;
    for (const auto& one : said_.take())
      answers.append(py::make_tuple(one.of, one.which, py::bytes(one.what), one.why));
    for (const auto& [which, what] : questions_.take())
      events.append(py::make_tuple(static_cast<number>(what.conn), text_of(what.peer),
                                   bytes_to(what.bytes), which, what.protocol));
    constexpr int most = 1000;  // of one look, so that the loop of Python has its turns
    int taken = 0;
    while (events_ && taken < most) {
      const auto one = events_->next(std::chrono::milliseconds(0));
      if (!one) break;
      ++taken;
      events.append(event_of(*one));
    }
    if (taken == most) said_.ring();
    return py::make_tuple(answers, events, events_ ? events_->take_dropped() : 0);
  }

  int file() const { return said_.file(); }
  std::string id() const { return to_string(self_); }
  const std::vector<std::string>& listening() const { return listening_; }

 private:
  static py::object event_of(const node_event& one) {
    if (const auto* message = std::get_if<received_message>(&one))
      return py::make_tuple(static_cast<number>(message->conn), text_of(message->peer),
                            bytes_to(message->bytes));
    return to_python(std::get<notification>(one));
  }
  // On the loop's thread, or before that.
  void hear_requests(const std::string& protocol) {
    constexpr std::chrono::hours most{1};  // whoever asks waits for less
    node_->handle(protocol, request_handler([this](received_request what) {
                    questions_.came(std::move(what));
                    said_.ring();
                  }),
                  {.within = most});
  }
  void hear_streams(const std::string& protocol) {
    node_->handle(protocol, stream_handler([this](application_stream made) {
                    const auto which = said_.next_number();
                    answer told{"came", which, made.protocol, to_string(made.peer)};
                    const int file = streams_.put(which, std::move(made));
                    if (file < 0) return;
                    said_.say(std::move(told));
                    said_.say({"stream", which, std::to_string(file)});
                  }));
  }
  static void split(const std::vector<std::string>& addresses, std::vector<endpoint>& numeric,
                    std::vector<host_name>& names) {
    for (const auto& at : addresses)
      if (const auto read = parse_dial_address(at); read && read->named())
        names.push_back(read->name);
      else
        numeric.push_back(address_of(at));
  }
  node& open() {
    if (!node_) throw std::runtime_error("this node was shut down");
    return *node_;
  }

  // On the loop's thread. The event is in the queue when what is posted runs.
  void on_notification(time_point, const notification& what) override {
    if (what.kind == notice::dial_succeeded)
      said_.say({"dial", static_cast<number>(what.request),
                 std::to_string(static_cast<number>(what.conn))});
    else if (what.kind == notice::dial_failed)
      said_.say({"dial", static_cast<number>(what.request), {}, describe(what)});
    ring_later();
  }
  void on_step(time_point, const connection_manager&) override {}
  void on_message(time_point, const received_message&) override { ring_later(); }

  void ring_later() {
    if (!ringing_)
      boost::asio::post(context_, [this] {
        ringing_ = false;
        said_.ring();
      });
    ringing_ = true;
  }
  void look_whether_over() {
    using std::chrono::milliseconds;
    if (over_.wait_for(milliseconds(0)) == std::future_status::ready)
      return said_.say({"shutdown"});
    if (!timer_) timer_.emplace(context_);
    timer_->expires_after(milliseconds(1));
    timer_->async_wait([this](boost::system::error_code failed) {
      if (!failed) look_whether_over();
    });
  }

  answers said_;
  bool ringing_ = false;  // the loop's
  questions questions_;
  manager_options options_;
  peer_id self_;
  std::vector<std::string> listening_;
  std::shared_future<void> over_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  streams streams_{context_, said_};
  std::optional<boost::asio::steady_timer> timer_;
  std::unique_ptr<network> network_;
  std::optional<node> node_;
  std::shared_ptr<event_subscription> events_;
  std::thread thread_;
};

}  // namespace

void add_node(py::module_& m) {
  py::class_<native_node>(m, "Node")
      .def(py::init<const std::vector<std::string>&, const py::dict&,
                    const std::optional<std::string>&>())
      .def("close", &native_node::close)
      .def("dial", &native_node::dial)
      .def("send", &native_node::send)
      .def("request", &native_node::request)
      .def("ping", &native_node::ping)
      .def("identify", &native_node::identify)
      .def("handle", &native_node::handle)
      .def("reply", &native_node::reply)
      .def("open_stream", &native_node::open_stream)
      .def("start_stream", &native_node::start_stream)
      .def("forget_stream", &native_node::forget_stream)
      .def("disconnect", &native_node::disconnect)
      .def("network_changed", &native_node::network_changed)
      .def("configure", &native_node::configure)
      .def("mark", &native_node::mark)
      .def("add_addresses", &native_node::add_addresses)
      .def("shutdown", &native_node::shutdown)
      .def("explain", &native_node::explain)
      .def("take", &native_node::take)
      .def_property_readonly("metrics", [](native_node& n) { return metrics_of(n.counters()); })
      .def_property_readonly("refusals", [](native_node& n) { return refusals_of(n.counters()); })
      .def_property_readonly("file", &native_node::file)
      .def_property_readonly("id", &native_node::id)
      .def_property_readonly("listening", &native_node::listening);
}

}  // namespace tandem::bindings
