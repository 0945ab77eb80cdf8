# SPDX-License-Identifier: MIT
"""Run Tandem's scenarios and read their results as pandas DataFrames.

    import tandem

    r = tandem.run("scenarios/global_limit.yaml", level="stream", seed=1)
    r.ok, r.expectations, r.events, r.samples     # did it hold; DataFrames
    tandem.sweep("global_limit", {"groups.server.manager.max_connections": [64, 128]}, seeds=20)
    tandem.replay("node", set={"max_connections": 128}).divergences    # of a recorded node

tandem.theory has the formulas that simulations are held to, tandem.plot the pictures. A scenario is a path to a YAML
file or a dict of the same shape (scenarios/reference has the keys). Bad input raises BadInput with one line that says
where and what."""

import importlib
from typing import TYPE_CHECKING

from . import _tandem, actions, events
from ._tandem import BadInput
from . import theory
from ._campaign import ci, diff, intervals, load_sweep, sweep
from ._manager import Manager
from ._node import Message, Node, NodeError, NodeEvent
from ._result import Result, Results, load
from ._run import Learned, Replay, check, learn, levels, options, replay, run
from ._search import find, shrink, swarm
from ._told_nodes import Event, Fault, ToldNode, ToldNodes
from ._world import World

if TYPE_CHECKING:
    from . import plot as plot
    from ._report import report as report

__all__ = ["BadInput", "Event", "Fault", "Learned", "Manager", "Message", "Node", "NodeError", "NodeEvent", "Replay",
           "Result", "Results", "ToldNode", "ToldNodes", "World", "actions", "check", "ci", "diff", "events", "find",
           "intervals", "learn", "levels", "load", "load_sweep", "options", "replay", "run", "shrink", "swarm",
           "sweep", "theory"]
__version__ = _tandem.version()
BadInput.__doc__ = """What was given cannot be used: one line that says where and what, the range or names allowed, the remedy.

>>> tandem.run("global_limit", level="strem")
Traceback (most recent call last):
tandem._tandem.BadInput: level strem: no level is called `strem`; did you mean `stream`?
"""


def __getattr__(name: str) -> object:
    """plot and report come when they are first asked for: they bring matplotlib and plotly along."""
    if name not in ("plot", "report"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(".plot", __name__) if name == "plot" else importlib.import_module("._report", __name__).report
