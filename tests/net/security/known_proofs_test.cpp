// SPDX-License-Identifier: MIT
#include "net/security/known_proofs.hpp"

#include <gtest/gtest.h>

namespace tandem {
namespace {

known_proofs::digest numbered(std::size_t n) {
  const byte_buffer bytes{static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8)};
  return known_proofs::digest_of({bytes});
}

TEST(known_proofs, hold_what_was_added_and_nothing_else) {
  known_proofs known;
  EXPECT_FALSE(known.holds(numbered(1)));
  known.add(numbered(1));
  EXPECT_TRUE(known.holds(numbered(1)));
  EXPECT_FALSE(known.holds(numbered(2)));
}

TEST(known_proofs, tell_parts_that_are_cut_elsewhere_apart) {
  const byte_buffer bytes{1, 2, 3};
  const byte_view all(bytes);
  EXPECT_NE(known_proofs::digest_of({all.first(1), all.subspan(1)}),
            known_proofs::digest_of({all.first(2), all.subspan(2)}));
  EXPECT_NE(known_proofs::digest_of({all}), known_proofs::digest_of({all, {}}));
}

TEST(known_proofs, begin_anew_with_one_more_than_they_may_hold) {
  known_proofs known;
  for (std::size_t i = 0; i < known_proofs::proofs_max; ++i) known.add(numbered(i));
  EXPECT_TRUE(known.holds(numbered(0)));
  known.add(numbered(known_proofs::proofs_max));
  EXPECT_FALSE(known.holds(numbered(0)));
  EXPECT_TRUE(known.holds(numbered(known_proofs::proofs_max)));
}

}  // namespace
}  // namespace tandem
