// SPDX-License-Identifier: MIT
#include "tandem/asio/dns.hpp"

#include "convert.hpp"
#include "dns_channel.hpp"
#include "tandem/net/error.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace tandem {
namespace {

constexpr int class_internet = 1, type_txt = 16;  // RFC 1035, 3.2

error_code error_of(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return {};
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
      return net_error::name_unknown;
    case ARES_ETIMEOUT:
      return asio::error::timed_out;
    default:
      return asio::error::no_recovery;
  }
}

endpoint endpoint_of(const ares_addrinfo_node& found) {
  endpoint at;
  at.v6 = found.ai_family == AF_INET6;
  if (at.v6)
    std::memcpy(at.address.data(), &reinterpret_cast<const sockaddr_in6*>(found.ai_addr)->sin6_addr,
                16);
  else
    std::memcpy(at.address.data(), &reinterpret_cast<const sockaddr_in*>(found.ai_addr)->sin_addr,
                4);
  return at;
}

/// Always this host's own (RFC 6761, 6.3); c-ares 1.18 loses memory over it.
bool is_localhost(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  constexpr std::string_view last = "localhost";
  if (name.size() < last.size()) return false;
  const auto before = name.size() - last.size();
  return (before == 0 || name[before - 1] == '.') &&
         std::ranges::equal(name.substr(before), last,
                            [](char a, char b) { return (a | 0x20) == b; });
}

name_answer own_host(record_kind what) {
  name_answer out;
  if (what == record_kind::a) out.addresses = {endpoint::v4(127, 0, 0, 1, 0)};
  if (what == record_kind::aaaa) {
    endpoint& at = out.addresses.emplace_back();
    at.v6 = true;
    at.address[15] = 1;
  }
  return out;
}

class dns : public std::enable_shared_from_this<dns> {
 public:
  dns(asio::any_io_executor on, dns_options with) : on_(std::move(on)), with_(std::move(with)) {
    begin();  // so that servers that are none are told now
    channel_.reset();
  }

  void ask(const name_question& what, name_handler done) {
    const auto asked = std::make_shared<question>(question{weak_from_this(), std::move(done)});
    auto slot = asio::get_associated_cancellation_slot(asked->done);
    if (slot.is_connected())
      slot.assign([weak = std::weak_ptr(asked)](asio::cancellation_type) {
        if (const auto still = weak.lock()) still->end(asio::error::operation_aborted, {});
      });
    if (is_localhost(what.name) && what.what != record_kind::txt)
      return asked->end({}, own_host(what.what));
    try {
      if (!channel_) begin();
    } catch (
        const std::exception&) {  // no memory: not what is in the options, which were looked at
      return asked->end(asio::error::no_recovery, {});
    }
    ++open_;
    if (what.what == record_kind::txt)
      ares_query(channel_->get(), what.name.c_str(), class_internet, type_txt, &text_came,
                 new holder(asked));
    else
      ask_addresses(what, asked);
    settle();
  }

 private:
  /// c-ares has no way to take one question back: who asked hears at once, the answer nobody.
  struct question {
    std::weak_ptr<dns> from;
    name_handler done;

    void end(const error_code& error, name_answer answer) {
      if (!done) return;
      const auto of = from.lock();
      auto told = std::exchange(done, nullptr);
      if (!of) return;
      asio::post(of->on_, [told = std::move(told), error, answer = std::move(answer)]() mutable {
        std::move(told)(error, std::move(answer));
      });
    }
  };
  using holder = std::shared_ptr<question>;

  void begin() {
    channel_ = std::make_unique<dns_channel>(on_, with_.servers, [this] { settle(); });
  }

  void ask_addresses(const name_question& what, const holder& asked) {
    ares_addrinfo_hints hints{};
    hints.ai_family = what.what == record_kind::aaaa ? AF_INET6 : AF_INET;
    hints.ai_flags = ARES_AI_NOSORT;
    ares_getaddrinfo(channel_->get(), what.name.c_str(), nullptr, &hints, &addresses_came,
                     new holder(asked));
  }

  static void addresses_came(void* held, int status, int, ares_addrinfo* found) {
    name_answer answer;
    for (auto* each = found ? found->nodes : nullptr; each != nullptr; each = each->ai_next)
      answer.addresses.push_back(endpoint_of(*each));
    if (found) ares_freeaddrinfo(found);
    came(held, status, std::move(answer));
  }

  static void text_came(void* held, int status, int, unsigned char* bytes, int size) {
    name_answer answer;
    ares_txt_ext* texts = nullptr;
    if (status == ARES_SUCCESS) status = ares_parse_txt_reply_ext(bytes, size, &texts);
    for (auto* each = texts; each != nullptr; each = each->next) {
      if (each->record_start) answer.texts.emplace_back();
      answer.texts.back().append(reinterpret_cast<const char*>(each->txt), each->length);
    }
    ares_free_data(texts);
    came(held, status, std::move(answer));
  }

  static void came(void* held, int status, name_answer answer) {
    const std::unique_ptr<holder> asked(static_cast<holder*>(held));
    if (const auto of = (*asked)->from.lock()) --of->open_;
    (*asked)->end(error_of(status), std::move(answer));
  }

  /// A channel that nobody asks keeps no socket, and the next one reads the system's settings anew.
  void settle() {
    if (!channel_) return;
    if (open_ == 0) return channel_.reset();
    channel_->arm();
  }

  asio::any_io_executor on_;
  dns_options with_;
  std::size_t open_ = 0;
  std::unique_ptr<dns_channel> channel_;
};

}  // namespace

name_source make_dns(asio::any_io_executor on, dns_options options) {
  ares_library_init(ARES_LIB_INIT_ALL);  // of no effect but on Windows and for its own allocators
  return [of = std::make_shared<dns>(std::move(on), std::move(options))](
             const name_question& what, name_handler done) { of->ask(what, std::move(done)); };
}

}  // namespace tandem
