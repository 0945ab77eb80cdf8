# SPDX-License-Identifier: MIT
"""Run Tandem's scenarios and read their results as pandas DataFrames.

    import tandem

    r = tandem.run("scenarios/global_limit.yaml", level="stream", seed=1)
    r.ok                  # every expectation and invariant held
    r.expectations        # DataFrame: text, ok, verdict, measured, why
    r.events              # DataFrame: what every connection manager notified
    r.samples             # DataFrame: the icn_p2p_* metrics over time

    tandem.replay("node", set={"max_connections": 128}).divergences    # of a recorded node

A scenario is a path to a YAML file or a dict of the same shape (scenarios/reference has the keys).
Bad input raises BadInput (a ValueError) with one line that says where and what.
"""

from . import _tandem
from ._tandem import BadInput
from ._replay import Replay, replay
from ._result import Result
from ._run import check, levels, options, run

__all__ = ["BadInput", "Replay", "Result", "check", "levels", "options", "replay", "run"]
__version__ = _tandem.version()
