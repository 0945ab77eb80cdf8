// SPDX-License-Identifier: MIT
#include "core/mutant.hpp"

#ifdef TANDEM_MUTANTS
namespace tandem::detail {
mutation chosen_mutation = mutation::none;
std::uint64_t (*forbidden_clock)() = nullptr;
}
#endif
