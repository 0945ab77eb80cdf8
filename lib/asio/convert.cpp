// SPDX-License-Identifier: MIT
#include "convert.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>

namespace tandem {

namespace ip = boost::asio::ip;

ip::tcp::endpoint to_asio(const endpoint& at) {
  if (at.v6) return {ip::address_v6(at.address), at.port};
  ip::address_v4::bytes_type bytes{};
  std::copy_n(at.address.begin(), bytes.size(), bytes.begin());
  return {ip::address_v4(bytes), at.port};
}

endpoint from_asio(const ip::tcp::endpoint& at) {
  endpoint out;
  out.port = at.port();
  out.v6 = at.address().is_v6();
  if (out.v6) {
    const auto bytes = at.address().to_v6().to_bytes();
    std::copy(bytes.begin(), bytes.end(), out.address.begin());
  } else {
    const auto bytes = at.address().to_v4().to_bytes();
    std::copy(bytes.begin(), bytes.end(), out.address.begin());
  }
  return out;
}

boost::system::error_code seam_error(const boost::system::error_code& error) {
  using boost::system::errc::too_many_files_open_in_system;
  if (error == too_many_files_open_in_system || error == boost::asio::error::no_memory ||
      error == boost::asio::error::no_buffer_space)
    return boost::asio::error::no_descriptors;
  return error;
}

}  // namespace tandem
