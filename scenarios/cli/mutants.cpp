// SPDX-License-Identifier: MIT
#include "commands.hpp"

#include <algorithm>

#ifdef TANDEM_MUTANTS
#include "core/mutant.hpp"

#include <boost/describe/enumerators.hpp>
#include <boost/mp11.hpp>

#include <chrono>
#endif

namespace tandem::cli {

scenarios::mutant_list build_mutants() {
  scenarios::mutant_list list;
#ifdef TANDEM_MUTANTS
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<detail::mutation>>([&](auto each) {
    list.names.emplace_back(each.name);
    std::ranges::replace(list.names.back(), '_', ' ');
  });
  detail::forbidden_clock = [] {
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  };
  list.choose = [](std::size_t which) {
    detail::chosen_mutation = static_cast<detail::mutation>(which);
  };
#endif
  return list;
}

}  // namespace tandem::cli
