// SPDX-License-Identifier: MIT
#include "run/work/reading.hpp"
#include "run/work/work.hpp"
#include "run/workload.hpp"
#include "tandem/net/send_result.hpp"

namespace tandem::scenarios {
namespace {

constexpr std::uint64_t bytes_max = message_size_default - 8;  // less its prefix

struct send_work final : work {
  std::unique_ptr<doing> start(workload& in, std::uint64_t index) const override;

  ends who;
  schedule when;
  std::uint64_t bytes = 0;
};

class sending final : public doing {
 public:
  sending(const send_work& what, workload& in, std::uint64_t index)
      : what_(what),
        in_(in),
        from_(in.nodes_of(what.who.from)),
        to_(in.nodes_of(what.who.to)),
        arrivals_(in, what.when, from_, index,
                  [this](std::uint64_t, node_index from) { send(from); }) {}

  void begin() override { arrivals_.begin(); }

 private:
  void send(node_index from) {
    if (in_.lives(from))
      in_.place().send(from, in_.target_of(to_, from, from_.place_of(from)), what_.bytes);
  }

  const send_work& what_;
  workload& in_;
  node_list from_;
  node_list to_;
  arrival_process arrivals_;
};

std::unique_ptr<doing> send_work::start(workload& in, std::uint64_t index) const {
  return std::make_unique<sending>(*this, in, index);
}

}  // namespace

std::unique_ptr<work> read_send(const yaml_value& value, scenario& of) {
  const yaml_mapping given(value, "send", with_schedule_keys({"from", "to", "every", "bytes"}));
  auto out = std::make_unique<send_work>();
  read_ends(given, of, {}, out->who);
  read_schedule(given, of, out->who.from.count, {}, out->when);
  given.read("count", [&](const auto& v) {
    if (out->when.count > 1 && out->when.once() && given.find("every") == nullptr)
      v.fail("`count` needs `every`: the time between two messages");
  });
  given.require("bytes", [&](const auto& v) { out->bytes = v.as_bytes(0, bytes_max); });
  // `every: 5s` is short for arrivals of each node.
  given.read("every", [&](const auto& v) {
    if (given.find("arrivals") != nullptr)
      v.fail_key("`every` and `arrivals` say the same; leave one out");
    out->when.how = schedule::kind::every;
    out->when.per_node = true;
    out->when.every = v.as_duration(duration{1});
    if (given.find("count") == nullptr) out->when.count = 0;
  });
  return out;
}

}  // namespace tandem::scenarios
