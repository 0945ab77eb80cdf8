// SPDX-License-Identifier: MIT
#include "net/node/name_search.hpp"

#include "tandem/net/error.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>

#include <algorithm>
#include <string_view>

namespace tandem {
namespace {

/// Whether somebody else may be there. Nobody is at no address, nor is one peer at those of a
/// group.
bool is_of_a_host(const endpoint& at) {
  const auto& a = at.address;
  const bool none = std::ranges::all_of(a, [](auto byte) { return byte == 0; });
  const bool group = at.v6 ? a[0] == 0xff : a[0] >= 224;
  return !none && !group && at.port != 0;
}

std::vector<endpoint> with_port(std::vector<endpoint> addresses, std::uint16_t port) {
  for (auto& each : addresses) each.port = port;
  return addresses;
}

}  // namespace

void name_search::start(std::span<const host_name> names) {
  starting_ = true;
  for (const auto& each : names) look(each, 0);
  starting_ = false;
  end_if_nothing_is_open();
}

void name_search::cancel() {
  cancelled_ = true;
  for (auto& each : open_) each.emit(asio::cancellation_type::terminal);
}

void name_search::look(const host_name& name, int depth) {
  switch (name.kind) {
    case name_kind::dns:
      return look_both(name);
    case name_kind::dns4:
      return look_family(name, record_kind::a);
    case name_kind::dns6:
      return look_family(name, record_kind::aaaa);
    case name_kind::dnsaddr:
      return look_texts(name, depth);
  }
}

void name_search::look_family(const host_name& name, record_kind what) {
  ask({name.name, what}, name.port,
      [this, port = name.port](const error_code& error, const name_answer& answer) {
        if (error) return failed(error);
        tell(with_port(answer.addresses, port));
      });
}

void name_search::look_both(const host_name& name) {
  const auto both = std::make_shared<families>();
  const auto port = name.port;
  const bool asked = ask({name.name, record_kind::aaaa}, port,
                         [this, both, port](const error_code& error, const name_answer& answer) {
                           if (error) failed(error);
                           both->v6_over = true;
                           both->delay.forget();
                           auto all = with_port(answer.addresses, port);
                           all.insert(all.end(), both->v4.begin(), both->v4.end());
                           both->v4.clear();
                           tell(std::move(all));
                         });
  both->v6_over = !asked;
  ask({name.name, record_kind::a}, port,
      [this, both, port](const error_code& error, const name_answer& answer) {
        if (error) return failed(error);
        auto found = with_port(answer.addresses, port);
        if (both->v6_over) return tell(std::move(found));
        both->v4 = std::move(found);
        both->delay.set(clock_, (*clock_)->now() + resolution_delay,
                        [weak = weak_from_this(), both] {
                          if (const auto self = weak.lock())
                            self->tell(std::exchange(both->v4, {}));
                        });
      });
}

void name_search::look_texts(const host_name& name, int depth) {
  if (depth >= depth_max) return;
  ask({"_dnsaddr." + name.name, record_kind::txt}, 0,
      [this, depth](const error_code& error, const name_answer& answer) {
        if (error) return failed(error);
        take_texts(answer.texts, depth + 1);
      });
}

void name_search::take_texts(const std::vector<std::string>& texts, int depth) {
  constexpr std::string_view mark = "dnsaddr=";
  std::vector<endpoint> found;
  std::size_t taken = 0;
  for (const auto& each : texts) {
    if (!each.starts_with(mark) || ++taken > texts_max) continue;
    const auto at = parse_dial_address(std::string_view(each).substr(mark.size()));
    if (!at || (!at->peer.empty() && at->peer != peer_)) continue;  // or another transport
    if (at->named())
      look(at->name, depth);
    else
      found.push_back(at->at);
  }
  tell(std::move(found));
}

bool name_search::ask(const name_question& what, std::uint16_t port, taker take) {
  if (cancelled_ || asked_.size() >= questions_max || !asked_.emplace(what, port).second)
    return false;
  const auto place = open_.emplace(open_.end());
  auto slot = place->slot();
  // The search is held until then: its signal must outlive the operation.
  source_(what, asio::bind_cancellation_slot(
                    slot, [self = shared_from_this(), place, take = std::move(take)](
                              const error_code& error, const name_answer& answer) {
                      if (!self->cancelled_) take(error, answer);
                      self->open_.erase(place);
                      self->end_if_nothing_is_open();
                    }));
  return true;
}

void name_search::failed(const error_code& error) {
  if (error == net_error::name_unknown) return;
  if (error == asio::error::timed_out)
    why_ = cause::name_timeout;
  else if (why_ == cause::name_unknown)
    why_ = cause::name_failed;
}

void name_search::tell(std::vector<endpoint> found) {
  std::vector<endpoint> fresh;
  for (const auto& each : found)
    if (is_of_a_host(each) && found_.size() < addresses_max && found_.insert(each).second)
      fresh.push_back(each);
  if (!cancelled_ && !fresh.empty()) to_.found(std::move(fresh));
}

void name_search::end_if_nothing_is_open() {
  if (cancelled_ || starting_ || !open_.empty()) return;
  cancelled_ = true;
  to_.over(found_.empty() ? why_ : cause::none);
}

}  // namespace tandem
