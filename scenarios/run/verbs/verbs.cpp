// SPDX-License-Identifier: MIT
#include "run/verbs/verb.hpp"

namespace tandem::scenarios {

std::unique_ptr<work> read_dial(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_send(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_request(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_stream(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_disconnect(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_keep_connected(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_shutdown(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_kill(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_restart(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_protect(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_tag(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_keep_alive(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_allow(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_deny(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_configure(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_override_backoff(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_network_changed(const yaml_value& value, scenario& of);
std::unique_ptr<work> read_pressure(const yaml_value& value, scenario& of);

std::span<const verb> verbs() {
  static constexpr verb all[] = {
      {"dial", read_dial},
      {"send", read_send},
      {"request", read_request},
      {"stream", read_stream},
      {"disconnect", read_disconnect},
      {"keep_connected", read_keep_connected},
      {"shutdown", read_shutdown},
      {"kill", read_kill},
      {"restart", read_restart},
      {"protect", read_protect},
      {"tag", read_tag},
      {"keep_alive", read_keep_alive},
      {"allow", read_allow},
      {"deny", read_deny},
      {"configure", read_configure},
      {"override_backoff", read_override_backoff},
      {"network_changed", read_network_changed},
      {"pressure", read_pressure},
  };
  return all;
}

}  // namespace tandem::scenarios
