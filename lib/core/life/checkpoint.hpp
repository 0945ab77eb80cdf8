// SPDX-License-Identifier: MIT
#pragma once

#include "core/trace/trace_reader.hpp"
#include "tandem/core/connection_manager.hpp"

#include <functional>

namespace tandem::detail {

/// The state of a manager, as a checkpoint holds it.
struct checkpoint {
  /// Reads the state that `from` is at into a manager that was just made with the header before it.
  /// False when it cannot be: `from` says why, and the manager is of no use.
  static bool restore(connection_manager& into, std::uint64_t inputs,
                      trace_codec::trace_reader& from);
  /// Makes a manager that was just made go on from where another is.
  static void copy(const connection_manager& from, connection_manager& into);

  /// A connection that has not ended.
  struct open_connection {
    connection_id id{};
    peer_id peer;
    endpoint where;
    bool connected = false;
    bool established = false;  ///< admitted to it
    bool ready = false;
    bool ending = false;  ///< the manager decided its end
  };
  /// What is in progress, for whoever follows a manager from here.
  struct visitor {
    std::function<void(const open_connection&)> on_connection;
    std::function<void(request_id, const peer_id&)> on_request;
  };
  static void visit(const connection_manager& of, const visitor& to);
  static time_point time_of(const connection_manager& of);
  static std::uint64_t inputs(const connection_manager& of);
};

}  // namespace tandem::detail
