// SPDX-License-Identifier: MIT
#pragma once

#include "tandem/scenarios/campaign/sweep.hpp"

namespace tandem::scenarios {

/// What the folder holds of this part of the campaign.
campaign_report report_of(const campaign_plan& plan, const shard& part,
                          const campaign_store& store);

}  // namespace tandem::scenarios
