# SPDX-License-Identifier: MIT
"""replay() and learn(): what a node recorded, again, and as a scenario."""

from __future__ import annotations

import functools
import json
import os
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

import pandas

from . import _arguments, _tandem
from ._long_call import LongCall, Progress


class Replay:
    """What replaying one recorded run found.

    same          nothing differs: from the recorded actions, or with `set` between the two runs
    identical     this build took every recorded decision again, and the record is whole
    truncated     the record lacks its tail, as after a crash; `error` says where
    inputs, actions, begin_s, end_s      of the record
    counters      dict NAME -> value at the end of the recorded run; "refused" is a dict by cause
    open_counters the same with `set`, or None
    skipped       dict EVENT -> recorded events without a cause in the changed run
    totals        DataFrame: recorded, open, count; most first
    divergences   DataFrame, a row per connection or request whose decisions differ: about,
                  connection, open_connection, request, peer, address, and of each side the first
                  decision that differs: recorded_time (s), recorded, recorded_cause, open_time,
                  open, open_cause
    explained     what the manager says at the end of the peer asked for: a dict of its numbers and
                  its "sentence", or None, of the recorded run and of that with `set`
    json          all of it, as `tandem replay --json` prints it

    In a condition it means `same`. See replay() for an example.
    """

    def __init__(self, text: str) -> None:
        self.json: dict[str, Any] = json.loads(text)[0]
        self.same: bool = self.json["same"]
        self.identical: bool = self.json["identical"]
        self.truncated: bool = self.json["truncated"]
        self.error: str = self.json["error"]
        self.inputs: int = self.json["inputs"]
        self.actions: int = self.json["actions"]
        self.begin_s: float = self.json["begin_s"]
        self.end_s: float = self.json["end_s"]
        self.mismatch: Any = self.json["mismatch"]
        self.counters: dict[str, Any] = self.json["counters"]
        self.open_counters: dict[str, Any] | None = self.json.get("open_counters")
        self.skipped: dict[str, int] = self.json.get("skipped", {})
        self.explained = (self.json.get("explained"), self.json.get("open_explained"))

    @functools.cached_property
    def totals(self) -> pandas.DataFrame:
        return pandas.DataFrame(self.json.get("totals", []), columns=["recorded", "open", "count"])

    @functools.cached_property
    def divergences(self) -> pandas.DataFrame:
        names = ["about", "connection", "open_connection", "request", "peer", "address"]
        rows = [{**{name: row[name] for name in names}, **_side(row, "recorded"), **_side(row, "open")}
                for row in self.json.get("divergences", [])]
        columns = [*names, *_side({"recorded": None}, "recorded"), *_side({"open": None}, "open")]
        table = pandas.DataFrame(rows, columns=columns)
        whole = ["connection", "open_connection", "request"]
        return table.astype({name: "Int64" for name in whole})

    def __bool__(self) -> bool:
        return self.same

    def __repr__(self) -> str:
        what = "the same" if self.same else f"{len(self.divergences) or 'actions'} differ"
        return f"<tandem.Replay {self.inputs} inputs: {what}>"


def _side(row: dict[str, Any], name: str) -> dict[str, Any]:
    found = row[name] or {"time_s": float("nan"), "what": None, "cause": None}
    return {f"{name}_time": found["time_s"], name: found["what"], f"{name}_cause": found["cause"]}


def replay(path: _arguments.Path | Iterable[_arguments.Path], set: Mapping[str, Any] | None = None,
           progress: Progress = None, divergences_max: int = 100_000) -> Replay:
    """Replay what `tandem node --record` wrote and return a Replay.

    path:            a recorded file, the PATH given to --record, or a list of files of one run.
    set:             dict of options of the connection manager, as options() lists them, to change:
                     {"max_connections": 128, "connection_timeout": "60s"}. Without it every action
                     is compared with the recorded one; with it the result says what would be decided
                     otherwise. The other side does not react to the new decisions.
    progress:        True shows a tqdm bar; a callable is called now and then as
                     progress(fraction_read, inputs) in this thread; what it raises ends the replay.
    divergences_max: rows of Replay.divergences kept.

    The GIL is released meanwhile; Ctrl-C ends it with KeyboardInterrupt. Raises BadInput for what
    cannot be read, for a damaged record, for files of more than one run, and for options that
    cannot be used; TypeError for an argument of a wrong type.

    >>> import subprocess, tempfile
    >>> kept = tempfile.TemporaryDirectory()
    >>> run = ["tandem", "run", "per_peer_limit", "--level", "message", "--record", kept.name]
    >>> done = subprocess.run(run, capture_output=True)
    >>> again = tandem.replay(kept.name + "/message/server.0.000001.trace")
    >>> again.identical, again.counters["refused"]
    (True, {'PerPeerLimitReached': 5})
    """
    paths = _arguments.paths(path)
    sets = _arguments.sets(set)
    divergences_max = _arguments.whole("divergences_max", divergences_max, 2**63 - 1)
    bar_format = "{l_bar}{bar}| [{elapsed}<{remaining}]"
    with LongCall(progress, lambda read, inputs: (read, 1), bar_format) as call:
        text = _tandem.replay(paths, sets, call.report, divergences_max)
        call.finish(1, None)
    if call.interrupted:
        raise KeyboardInterrupt
    return Replay(text)


class Learned:
    """A scenario that is like a recording.

    yaml      its text; save(path) writes it for run()
    node      whose recording it was
    fits      DataFrame: what, text, values, distance (Kolmogorov and Smirnov, 0 to 1), why
    failures  dict CAUSE -> times

    See learn() for an example.
    """

    def __init__(self, raw: dict[str, Any]) -> None:
        self.yaml: str = raw["yaml"]
        self.node: str = raw["node"]
        self.fits = pandas.DataFrame(raw["fits"], columns=["what", "text", "values", "distance", "why"])
        self.failures: dict[str, int] = dict(raw["failures"])

    def save(self, path: _arguments.Path) -> str:
        """Write the scenario to a file; return its path."""
        pathlib.Path(path).write_text(self.yaml)
        return os.fspath(path)


def learn(path: _arguments.Path | Iterable[_arguments.Path], name: str = "learned") -> Learned:
    """Make a scenario that is like what a node recorded, as `tandem learn` does.

    path: a PATH of `node --record`, a folder of `run --record`, or files. name: of the scenario.
    Raises BadInput when too little was recorded, or when a recording is damaged.

    >>> import subprocess, tempfile
    >>> kept = tempfile.TemporaryDirectory()
    >>> run = ["tandem", "run", "erlang_b", "--level", "message", "--record", kept.name, "--record-nodes", "server"]
    >>> done = subprocess.run(run, capture_output=True)
    >>> learned = tandem.learn(kept.name + "/message/server.0.000001.trace")
    >>> tandem.check(learned.save(kept.name + "/like_mine.yaml"))[0]
    'learned'
    """
    return Learned(_tandem.learn(_arguments.paths(path), name))
