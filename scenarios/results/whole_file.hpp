// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <iosfwd>
#include <string>

namespace tandem::scenarios {

/// Puts a file with this text there, in the place of an older one, in one step: who is interrupted,
/// or finds the disk full, leaves what was there. A device or a pipe is written to as it is. Throws
/// std::system_error, whose code says why.
void write_whole(const std::string& path, const std::string& text);
/// The same of what is too long to be one text.
void write_whole(const std::string& path, const std::function<void(std::ostream&)>& write);

}  // namespace tandem::scenarios
