// SPDX-License-Identifier: MIT
#pragma once

namespace tandem::cli {

/// From now on the first of SIGINT, SIGTERM and SIGHUP asks the command to end and keep what there
/// is (a hangup that is ignored stays so: nohup); the second one ends the program.
void catch_stops();
/// They end the program again.
void let_signals_end_the_program();
/// The signal that asked; 0: none did.
int stopped_by() noexcept;

}  // namespace tandem::cli
