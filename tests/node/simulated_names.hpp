// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/net/error.hpp"
#include "tandem/net/names.hpp"
#include "tandem/net/network.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tandem::test {

/// A domain name system in virtual time, which says what it was told to, when it was told to. Who
/// asks about anything else hears NameUnknown at once.
class simulated_names {
 public:
  explicit simulated_names(network& net) : net_(net) {}

  void say(const std::string& name, record_kind what, name_answer answer, duration after) {
    rows_[{name, what}] = {{}, std::move(answer), after};
  }
  void say(const std::string& name, record_kind what, std::vector<endpoint> at, duration after) {
    say(name, what, name_answer{std::move(at), {}}, after);
  }
  void say_texts(const std::string& name, std::vector<std::string> texts, duration after) {
    say("_dnsaddr." + name, record_kind::txt, name_answer{{}, std::move(texts)}, after);
  }
  void fail(const std::string& name, record_kind what, error_code error, duration after) {
    rows_[{name, what}] = {error, {}, after};
  }
  void be_silent(const std::string& name, record_kind what) {
    rows_[{name, what}] = {{}, {}, duration::max()};
  }

  name_source source() {
    return [this](const name_question& what, name_handler done) { ask(what, std::move(done)); };
  }

  std::vector<std::pair<time_point, name_question>> asked;
  std::size_t open() const { return *open_; }  ///< questions without an answer

 private:
  struct row {
    error_code error;
    name_answer answer;
    duration after{};
  };
  struct question {
    name_handler done;
    timer_id timer = timer_id::none;
  };

  void ask(const name_question& what, name_handler done) {
    asked.emplace_back(net_.clock().now(), what);
    ++*open_;
    const auto found = rows_.find(what);
    const row says = found == rows_.end() ? row{net_error::name_unknown, {}, {}} : found->second;
    const auto of = std::make_shared<question>(question{std::move(done)});
    auto slot = asio::get_associated_cancellation_slot(of->done);
    if (slot.is_connected())
      slot.assign([this, weak = std::weak_ptr(of)](asio::cancellation_type) {
        if (const auto still = weak.lock()) {
          net_.clock().cancel(still->timer);
          end(still, {asio::error::operation_aborted, {}, {}});
        }
      });
    silent_.push_back(of);
    if (says.after == duration::max()) return;
    of->timer =
        net_.clock().at(net_.clock().now() + says.after, [this, of, says] { end(of, says); });
  }

  void end(const std::shared_ptr<question>& of, const row& says) {
    std::erase(silent_, of);
    asio::post(net_.executor(),
               [open = open_, says, done = std::exchange(of->done, nullptr)]() mutable {
                 --*open;
                 std::move(done)(says.error, says.answer);
               });
  }

  network& net_;
  std::map<name_question, row> rows_;
  std::vector<std::shared_ptr<question>> silent_;
  std::shared_ptr<std::size_t> open_ = std::make_shared<std::size_t>(0);
};

}  // namespace tandem::test
