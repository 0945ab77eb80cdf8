// SPDX-License-Identifier: MIT
#include "run/behaviour/behaviour.hpp"

namespace tandem::scenarios {
namespace {

/// Resets the first connections that arrive in its life.
struct refusing_first final : behaviour {
  std::unique_ptr<misbehaving> start(misbehaving_at) const override {
    struct node final : misbehaving {
      bool takes() override { return left == 0 || left-- == 0; }
      std::uint64_t left = 0;
    };
    auto made = std::make_unique<node>();
    made->left = count;
    return made;
  }
  sim::host_manners manners() const override { return {.resets = count}; }
  std::uint64_t count = 0;
};

/// Sees what arrives only after a while.
struct accepting_late final : behaviour {
  std::unique_ptr<misbehaving> start(misbehaving_at) const override {
    struct node final : misbehaving {
      duration accepts_after() const override { return after; }
      duration after{};
    };
    auto made = std::make_unique<node>();
    made->after = after;
    return made;
  }
  sim::host_manners manners() const override { return {.accepts_after = after}; }
  duration after{};
};

/// Never accepts: connections wait in the backlog of its system, which drops SYNs when it is full.
struct never_accepting final : behaviour {
  std::unique_ptr<misbehaving> start(misbehaving_at) const override {
    struct node final : misbehaving {
      bool accepts() const override { return false; }
    };
    return std::make_unique<node>();
  }
  sim::host_manners manners() const override { return {.backlog = backlog, .accepts = false}; }
  std::size_t backlog = 1;
};

/// Its system drops what it would answer with a reset, as a firewall does.
struct silent final : behaviour {
  std::unique_ptr<misbehaving> start(misbehaving_at) const override {
    return std::make_unique<misbehaving>();
  }
  sim::host_manners manners() const override { return {.silent = true}; }
};

/// Is somebody else than it is dialled as.
struct impostor final : behaviour {
  std::unique_ptr<misbehaving> start(misbehaving_at) const override {
    return std::make_unique<misbehaving>();
  }
  bool has_another_identity() const override { return true; }
};

}  // namespace

std::unique_ptr<behaviour> read_refuse(const yaml_value& value) {
  auto out = std::make_unique<refusing_first>();
  out->count = value.as_count(1, 1'000'000'000);
  return out;
}

std::unique_ptr<behaviour> read_accept_after(const yaml_value& value) {
  auto out = std::make_unique<accepting_late>();
  out->after = value.as_duration(duration{1});
  return out;
}

std::unique_ptr<behaviour> read_wrong_identity(const yaml_value& value) {
  if (!value.as_bool()) value.fail("`wrong_identity: false` is no behaviour; leave it out");
  return std::make_unique<impostor>();
}

std::unique_ptr<behaviour> read_backlog_full(const yaml_value& value) {
  auto out = std::make_unique<never_accepting>();
  out->backlog = static_cast<std::size_t>(value.as_count(1, sim::backlog_max));
  return out;
}

std::unique_ptr<behaviour> read_silent(const yaml_value& value) {
  if (!value.as_bool()) value.fail("`silent: false` is no behaviour; leave it out");
  return std::make_unique<silent>();
}

}  // namespace tandem::scenarios
