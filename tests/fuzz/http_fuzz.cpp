// SPDX-License-Identifier: MIT
// Any bytes are what a client of the metrics port sends: it is answered in HTTP or closed, and the
// next client is served.
#include "fuzz.hpp"
#include "tandem/asio/metrics_exporter.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>

#include <string>
#include <string_view>

namespace tandem {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using namespace std::chrono_literals;

metrics_options options() {
  metrics_options made;
  made.metrics_port = 0;
  return made;
}

exporter_extras pages() {
  exporter_extras extras;
  extras.pages.push_back({"/explain", [](const exporter_page::query& asked) {
                            return exporter_page::answer{asked.empty() ? 400U : 200U, "page\n"};
                          }});
  return extras;
}

struct served {
  asio::io_context context;
  metrics_exporter exporter{context, options(), [] { return node_counters(); }, pages()};

  /// What a client gets for these bytes, sent in two parts, before the server closes.
  std::string answer_to(byte_view said, std::size_t first) {
    tcp::socket client(context);
    // Not connect(): the fuzzer's own alarm interrupts a call that waits.
    bool connected = false;
    client.async_connect({asio::ip::address_v4::loopback(), exporter.port()},
                         [&](boost::system::error_code failed) { connected = !failed; });
    context.restart();
    while (!connected) must(context.run_one_for(30s) != 0);
    client.set_option(asio::socket_base::linger(true, 0));  // leaves no port behind
    std::string answer;
    bool over = false;
    boost::system::error_code ignored;
    asio::async_read(client, asio::dynamic_buffer(answer),
                     [&](boost::system::error_code, std::size_t) { over = true; });
    client.write_some(asio::buffer(said.data(), first), ignored);
    context.poll();
    client.write_some(asio::buffer(said.data() + first, said.size() - first), ignored);
    client.shutdown(tcp::socket::shutdown_send, ignored);
    context.restart();
    while (!over) must(context.run_one_for(30s) != 0);
    client.close(ignored);
    context.poll();
    return answer;
  }
};

}  // namespace
}  // namespace tandem

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  static served server;
  fuzz_input input(data, size);
  const std::size_t split = input.byte();
  const auto said = input.rest();
  const auto answer = server.answer_to(said, std::min(split, said.size()));
  must(answer.empty() || answer.starts_with("HTTP/1."));
  constexpr std::string_view plain = "GET /metrics HTTP/1.0\r\n\r\n";
  static unsigned clients = 0;
  if (++clients % 64 == 0)
    must(server.answer_to({reinterpret_cast<const std::uint8_t*>(plain.data()), plain.size()}, 5)
             .starts_with("HTTP/1.0 200 OK"));
  return 0;
}
