// SPDX-License-Identifier: MIT
// Two nodes of the installed library on loopback: one dials the other and says hello.
#include <tandem/asio/network.hpp>
#include <tandem/net/network.hpp>
#include <tandem/net/node.hpp>

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <iostream>
#include <string_view>

int main() {
  using namespace std::chrono_literals;
  boost::asio::io_context context;
  const auto net = tandem::make_asio_network(context);

  const auto make = [&](std::uint64_t index, bool listens) {
    tandem::node_options options;
    options.self = tandem::identity::of_node(1, index);
    options.security = {tandem::security::plaintext};
    if (listens) options.listen = {tandem::endpoint::v4(127, 0, 0, 1, 0)};
    return options;
  };
  tandem::node server(*net, make(0, true));
  tandem::node client(*net, make(1, false));
  server.start();
  client.start();
  const auto heard = server.subscribe();

  tandem::dial_options dial;
  dial.addresses = server.listening();
  client.dial(server.self().id(), dial);
  context.run_for(500ms);
  const std::string_view hello = "hello";
  const auto* bytes = reinterpret_cast<const std::byte*>(hello.data());
  client.send(server.self().id(), {bytes, bytes + hello.size()});
  context.run_for(500ms);

  while (const auto event = heard->next(0ms)) {
    const auto* message = std::get_if<tandem::received_message>(&*event);
    if (message && message->bytes.size() == hello.size()) {
      std::cout << "heard it\n";
      return 0;
    }
  }
  std::cerr << "nothing heard\n";
  return 1;
}
