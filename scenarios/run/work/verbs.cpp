// SPDX-License-Identifier: MIT
#include "run/work/work.hpp"

namespace tandem::scenarios {

std::unique_ptr<work> read_dial(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_send(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_keep_connected(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_shutdown(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_kill(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_restart(const yaml_value& value, scenario& of);

std::span<const verb> verbs() {
  static constexpr verb all[] = {
      {"dial", read_dial},         {"send", read_send}, {"keep_connected", read_keep_connected},
      {"shutdown", read_shutdown}, {"kill", read_kill}, {"restart", read_restart},
  };
  return all;
}

}  // namespace tandem::scenarios
