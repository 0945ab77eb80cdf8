# SPDX-License-Identifier: MIT
import pytest

from support import SMALL


@pytest.fixture
def small(tmp_path):
    """A scenario that takes no time, but a second at loopback."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path
