# SPDX-License-Identifier: MIT
"""What tandem.events and tandem.actions are made of."""

from dataclasses import dataclass, field
from typing import dataclass_transform


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class Told:
    """A class that says its fields is a frozen dataclass of them: to type checkers, too."""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True)(cls)
