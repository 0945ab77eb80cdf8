# SPDX-License-Identifier: MIT
"""run() and its relatives."""

import json
import operator
import os

import pandas

from . import _tandem
from ._tandem import BadInput
from ._result import Result


def _yaml(value):
    """`value` as JSON, which YAML reads; NumPy's scalars and arrays as the Python ones they hold."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value):
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a scenario holds no {type(value).__name__}")


def _whole(name, value, most):
    """A whole number of Python or NumPy in 0..most."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {type(value).__name__}") from None
    if not 0 <= number <= most:
        raise BadInput(f"{name} must be from 0 to {most}, not {number}")
    return number


def _source(scenario):
    """(text or path, name in messages, whether it is a path) of what the caller gave."""
    if isinstance(scenario, dict):
        return _yaml(scenario), "<dict>", False
    if isinstance(scenario, (str, os.PathLike)):
        return os.fspath(scenario), "", True
    raise TypeError(f"scenario is a path or a dict, not {type(scenario).__name__}")


def _sets(set):
    return [f"{path}={value if isinstance(value, str) else _yaml(value)}"
            for path, value in (set or {}).items()]


def run(scenario, level="message", seed=None, set=None, progress=None, events_max=1_000_000):
    """Run one scenario on one level and return its Result.

    scenario:   path of a YAML file, or a dict of the same shape.
    level:      "message", "stream", "packet" or "loopback"; see levels().
    seed:       instead of the scenario's.
    set:        dict of path -> value, changed before the scenario is read:
                {"groups.server.manager.max_connections": 128, "duration": "10s"}.
    progress:   True shows a tqdm bar; a callable is called about four times a second as
                progress(now_s, length_s, events), in this thread; what it raises ends the run.
    events_max: rows of Result.events kept; 0 records none. Result.events_dropped counts the rest.

    The GIL is released while the scenario runs; Ctrl-C ends it with KeyboardInterrupt. `packet` runs
    on ns-3, which allows one run at a time in a process: a second at the same time raises.
    Raises BadInput for a scenario, level or setting that cannot be used.
    """
    text, name, is_path = _source(scenario)
    if not isinstance(level, str):
        raise TypeError(f"level is a name, not {type(level).__name__}")
    if seed is not None:
        seed = _whole("seed", seed, 2**64 - 1)
    events_max = _whole("events_max", events_max, 2**63 - 1)
    arguments = (text, name, is_path, level, seed, _sets(set))
    if progress is True:
        raw = _run_with_bar(arguments, events_max)
    else:
        raw = _tandem.run(*arguments, None if progress is False else progress, events_max)
    result = Result(raw)
    if not is_path:
        result.reproduce = f"tandem.run(scenario, level={level!r}, seed={result.seed}, set={set!r})"
    return result


def _run_with_bar(arguments, events_max):
    from tqdm.auto import tqdm

    with tqdm(unit="s", bar_format="{l_bar}{bar}| {n:.1f}/{total:.1f} s [{elapsed}]") as bar:

        def show(now, length, events):
            bar.total = length
            bar.n = now
            bar.refresh()

        result = _tandem.run(*arguments, show, events_max)
        if bar.total:
            bar.n = bar.total
            bar.refresh()
        return result


def check(scenario, set=None):
    """Read a scenario without running it; return (name, levels). Raises BadInput."""
    name, levels = _tandem.check(*_source(scenario), _sets(set))
    return name, list(levels)


def levels():
    """The levels of this build; "packet" is there when it was built with ns-3."""
    return _tandem.levels()


def options():
    """The connection manager's options: DataFrame indexed by name with default, least, most (counts,
    seconds or ratios) and doc."""
    table = pandas.DataFrame(_tandem.options(), columns=["name", "default", "least", "most", "doc"])
    return table.set_index("name")
