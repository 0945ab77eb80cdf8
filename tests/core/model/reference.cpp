// SPDX-License-Identifier: MIT
#include "reference.hpp"

#include <utility>

namespace tandem::reference {

manager::manager(const manager_options& options, const peer_id& self)
    : options_(options), self_(self) {
  counted_.connection_limit = options.max_connections;
}

void manager::begin() {
  owed_.clear();
  dials_over_.clear();
  dial_why_.clear();
  told_dial_ = 0;
  untried_ = 0;
  untried_of_ = request_id::none;
  subnet_opened_.reset();
  subnet_closes_.reset();
  lost_owed_ = lost_told_ = 0;
  order_before_ = next_order_;
  lowering_ = ruling_ = false;
  turned_out_.clear();
  turned_out_requests_.clear();
  blames_owed_.clear();
  blame_.reset();
  opened_ = {};
  half_opened_.clear();
  eased_ = false;
  newcomer_ = connection_id::none;
  must_evict_ = false;
  joined_ = request_id::none;
  touched_ = {};
  event_ = nullptr;
}

void manager::hears(time_point at, const event& what) {
  now_ = std::max(now_, at);
  begin();
  event_ = &what;
  std::visit([this](const auto& e) { on(e); }, what);
}

void manager::advances(time_point at) {
  now_ = std::max(now_, at);
  advanced_before_ = std::exchange(advanced_, now_);
  begin();
}

connection* manager::find(connection_id id) {
  const auto i = connections_.find(id);
  return i == connections_.end() ? nullptr : &i->second;
}

bool manager::joins(request_id r) const {
  const auto q = requests_.find(r);
  return q != requests_.end() && !dials_.at(q->second.dial).peer.empty() &&
         dials_.at(q->second.dial).mode == dial_mode::join;
}
std::uint32_t manager::peer_number_of(request_id r) const {
  const auto q = requests_.find(r);
  if (q == requests_.end() || dials_.at(q->second.dial).peer.empty()) return 0;
  return dials_.at(q->second.dial).peer.bytes().back();
}
peer_id manager::dialled(connection_id id) const {
  const auto c = connections_.find(id);
  if (c == connections_.end() || c->second.dial == 0 || !dials_.contains(c->second.dial)) return {};
  return dials_.at(c->second.dial).peer;
}

std::uint64_t manager::permits() const { return permits(true) + permits(false); }
std::uint64_t manager::permits(bool inbound) const {
  std::uint64_t n = 0;
  for (const auto& [id, c] : connections_) n += c.permit && c.inbound == inbound;
  return n;
}
std::uint64_t manager::permits_of(const peer_id& peer) const {
  std::uint64_t n = 0;
  for (const auto& [id, c] : connections_) n += c.permit && c.peer == peer;
  return n;
}
std::uint64_t manager::active_of(const peer_id& peer) const {
  std::uint64_t n = 0;
  for (const auto& [id, c] : connections_) n += c.was_ready && c.peer == peer;
  return n;
}
std::uint64_t manager::pending(bool inbound) const {
  std::uint64_t n = 0;
  for (const auto& [id, c] : connections_) n += c.pending && c.inbound == inbound;
  return n;
}
std::uint64_t manager::lingering() const {
  std::uint64_t n = 0;
  for (const auto& [id, c] : connections_) n += c.lingering;
  return n;
}
bool manager::engaged(const dial& d) const {
  return d.adopted != connection_id::none || !attempts_of(d.key).empty();
}
bool manager::lives(const dial& d) const {
  for (const connection_id id : attempts_of(d.key))
    if (connections_.at(id).at != life::ending) return true;
  return false;
}
/// Attempts that have not connected, at the dial's peer, those being cancelled included.
std::uint64_t manager::attempts_at(const dial& d) const {
  std::uint64_t n = 0;
  for (const auto& [key, other] : dials_)
    if (key == d.key || (!d.peer.empty() && other.peer == d.peer))
      for (const connection_id id : attempts_of(key)) n += !connections_.at(id).connected;
  return n;
}
/// Requests of the application: the manager's own take no place in the line.
std::uint64_t manager::asked() const {
  std::uint64_t n = 0;
  for (const auto& [r, q] : requests_) n += !is_core_issued(r);
  return n;
}
/// Requests that wait: all but the first of a dial that does something.
std::uint64_t manager::queued() const {
  std::uint64_t at_work = 0;
  for (const auto& [key, d] : dials_) at_work += engaged(d) && !is_core_issued(d.requests.front());
  return asked() - at_work;
}

std::vector<connection_id> manager::connections_of(const peer_id& peer) const {
  std::vector<connection_id> all;
  for (const auto& [id, c] : connections_)
    if (!peer.empty() && c.peer == peer) all.push_back(id);
  std::sort(all.begin(), all.end(), [this](connection_id a, connection_id b) {
    return connections_.at(a).order < connections_.at(b).order;
  });
  return all;
}
std::vector<connection_id> manager::attempts_of(std::uint64_t dial) const {
  std::vector<connection_id> all;
  for (const auto& [id, c] : connections_)
    if (c.dial == dial && !c.inbound) all.push_back(id);
  return all;
}
std::uint64_t manager::joinable_dial(const peer_id& peer) const {
  for (const auto& [key, d] : dials_)
    if (!peer.empty() && d.peer == peer && d.mode == dial_mode::join) return key;
  return 0;
}

}  // namespace tandem::reference
