# SPDX-License-Identifier: MIT
"""Many runs: sweep() and intervals(); diff() and ci(). The engine is that of the command."""

from __future__ import annotations

import json
import os
import pathlib
import re
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy
import pandas

from . import _arguments, _tandem
from ._long_call import LongCall, Progress
from ._result import Result
from ._tandem import BadInput

_one_at_a_time = threading.Lock()
_COMPARES = re.compile(r"[<>=]|\b(in|reaches|falls_to)\b")
_ANY = " >= 0"


def run_cell(line: str) -> tuple[str, float]:
    """For executors: what sweep() submits. A cell as a line gives its result as a line, and the seconds it took.

    One at a time in a process, which is what ns-3 allows.
    """
    with _one_at_a_time:
        began = time.monotonic()
        return _tandem.run_cell(line), time.monotonic() - began


def worker() -> list[str]:
    """The command of a process that runs cells: the native module alone, which is there at once."""
    program = "import sys; sys.path.append(sys.argv[1]); import _tandem; sys.exit(_tandem.serve_cells())"
    return [sys.executable, "-S", "-c", program, os.path.dirname(_tandem.__file__)]


def processes(jobs: int | None) -> int:
    return max(1, os.cpu_count() or 1 if jobs is None else _arguments.whole("jobs", jobs, 1024))


def file_of(scenario: _arguments.Scenario, folder: pathlib.Path) -> str:
    """A dict becomes a file of the campaign's folder, which workers read."""
    text, _, is_path = _arguments.source(scenario)
    if is_path:
        return text
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "scenario.yaml"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return str(path)


def _axis(path: str, values: Any) -> list[str]:
    if isinstance(values, str):
        return _tandem.axis_values(path, values)
    if not isinstance(values, Iterable):
        raise TypeError(f'vary: {path} takes a list of values or a text such as "1..9/5", not {type(values).__name__}')
    return [_arguments.as_text(value) for value in values]


def _texts(name: str, given: str | Iterable[str] | None) -> list[str]:
    if given is None:
        return []
    texts = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{name} is a text or a list of texts")
    return texts


def _line(number: str) -> str:
    """The engine measures lines: a number alone becomes one. _table() takes that off again."""
    return number if _COMPARES.search(number) else number + _ANY


def sweep(scenario: _arguments.Scenario, vary: Mapping[str, Any] | None = None, seeds: int | str | None = None,
          executor: Any = None, *, level: str | Iterable[str] | None = None, set: Mapping[str, Any] | None = None,
          zip: Iterable[Iterable[str]] = (), where: str | Iterable[str] | None = None,
          measure: str | Iterable[str] | None = None, out: _arguments.Path | None = None, overwrite: bool = False,
          jobs: int | None = None, progress: Progress = None) -> pandas.DataFrame:
    """Run a scenario with many values, each with many seeds; return a tidy DataFrame, a row for each run.

    scenario: as run() takes it. What its own `sweep:` says holds where an argument is left out.
    vary:     dict of path -> values: a list, or a text as the command takes it ("64,128", "1..9/5",
              "10ms..600ms/log/5"). Axes are multiplied.
    seeds:    runs of each combination, from the scenario's seed on; or "until 5% of server.refused".
    executor: None: `jobs` processes of this machine (default: one for each processor). Otherwise anything with
              submit(function, line) -> future: concurrent.futures, Dask's client.get_executor(),
              mpi4py.futures.MPIPoolExecutor. Its workers import tandem and see the scenario's file.
    level:    a level or several; default: the first that the scenario names.
    set:      as of run(), for every run. zip: lists of paths that take their values together. where: conditions
              such as "limit <= 2 * peers".
    measure:  further numbers as expectations write them ("desk.refusals.LimitReached / callers.dials"), a column each.
    out:      folder of the results (default SCENARIO-sweep). What is there is not run again: a sweep that was
              interrupted, or whose workers died, goes on where it was. overwrite drops those of other sweeps.
    progress: True shows a tqdm bar; a callable is called as progress(done, total, failed).

    The index is (each path of vary, level, seed); a value is a number where all of its axis are (durations in
    seconds). Columns: verdict, broke (why it did not run to its end), trace_hash, steps, then every expectation
    and number of `measure` by its text, then the numbers of the groups ("server.refusals.LimitReached"; a count that
    never happened is 0). `.to_xarray()` gives a Dataset with a dimension for each axis; intervals() the means.
    attrs: verdict, stopped, table (as the command prints it), folder.

    Ctrl-C returns what ran, with attrs["stopped"] true. Raises BadInput before anything runs, naming what is wrong.

    >>> import tempfile
    >>> crowd = {"groups.server.manager.max_connections": [100, 256]}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = tandem.sweep("global_limit", crowd, seeds=2, out=folder)
    >>> table["server.refusals.LimitReached"].tolist()
    [300.0, 300.0, 144.0, 144.0]
    """
    folder = pathlib.Path(out) if out is not None else None
    name = scenario.get("scenario", "scenario") if isinstance(scenario, dict) else ""
    file = file_of(scenario, folder or pathlib.Path(f"{name}-sweep"))
    count = seeds if isinstance(seeds, str) else "" if seeds is None else str(_arguments.whole("seeds", seeds, 10**6))
    if vary is not None and not isinstance(vary, Mapping):
        raise TypeError(f'vary is a dict such as {{"parameters.limit": [64, 128]}}, not {type(vary).__name__}')
    campaign = _tandem.Campaign(
        os.path.abspath(file), _arguments.sets(set), [(path, _axis(path, values)) for path, values in (vary or {}).items()],
        [_texts("zip", paths) for paths in zip], _texts("where", where), count, _texts("level", level),
        [_line(text) for text in _texts("measure", measure)])
    place = str(folder or f"{campaign.scenario}-sweep")
    with LongCall(progress) as call:
        if executor is None:
            found = campaign.run(place, overwrite, worker(), processes(jobs), call.report)
        else:
            found = _run_on(executor, campaign, place, overwrite, call)
    return _table(campaign, place, *found)


def load_sweep(folder: _arguments.Path) -> pandas.DataFrame:
    """What a folder of sweep(), or of `tandem sweep`, holds: the same DataFrame. Raises BadInput when it is none.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = tandem.sweep("per_peer_limit", {"duration": ["3s", "4s"]}, out=folder)
    ...     tandem.load_sweep(folder).equals(table)
    True
    """
    place = os.fspath(folder)
    campaign = _tandem.Campaign(place)
    return _table(campaign, place, *campaign.read(place))


def _run_on(executor: Any, campaign: _tandem.Campaign, folder: str, overwrite: bool,
            call: LongCall) -> tuple[str, str, list[Any]]:
    """Each result is kept as it comes; cells that a worker took with it are submitted once more."""
    campaign.open(folder, overwrite)
    done = failed = total = 0
    again: dict[str, int] = {}
    stopped = False
    try:
        while lines := campaign.missing():
            total += sum(line not in again for line in lines)
            waiting = {line: executor.submit(run_cell, line) for line in lines}
            while waiting:
                ready = [line for line, future in waiting.items() if future.done()]
                for line in ready:
                    future = waiting.pop(line)
                    error = future.exception()
                    if error is None:
                        campaign.add(line, *future.result())
                    elif again.setdefault(line, 0) < 1:
                        again[line] += 1
                        continue  # still missing: the next round has it
                    else:
                        campaign.broke(line, f"its worker failed twice: {error!r}")
                        failed += 1
                    done += 1
                call.report(done, total, failed)
                if not ready:
                    time.sleep(0.02)
    except KeyboardInterrupt:
        stopped = True
        for future in waiting.values():
            future.cancel()
    finally:
        found = campaign.finish(stopped, done)
    return found


def numbers_of(texts: Iterable[str]) -> list[Any]:
    texts = list(texts)
    if all(text.isdecimal() for text in texts):
        return [int(text) for text in texts]
    found = [_tandem.number_of(text) for text in texts]
    return texts if any(value is None for value in found) else found


def split(table: pandas.DataFrame, names: list[str]) -> list[tuple[str, pandas.DataFrame]]:
    """The parts of a table that differ in these columns, each with what it has there, in words."""
    if not names:
        return [("", table)]
    parts = table.groupby(names if len(names) > 1 else names[0], sort=False)
    values = [(key if isinstance(key, tuple) else (key,), part) for key, part in parts]
    return [(", ".join(f"{name.rsplit('.', 1)[-1]} {value}" for name, value in zip(names, key)), part)
            for key, part in values]


def _table(campaign: _tandem.Campaign, folder: str, report: str, printed: str, rows: list[Any]) -> pandas.DataFrame:
    results = [json.loads(row[3]) for row in rows]
    columns = {path: numbers_of(row[0][i] for row in rows) for i, path in enumerate(campaign.axes)}
    columns |= {"level": [row[1] for row in rows], "seed": [row[2] for row in rows]}
    plain = ("verdict", "broke", "trace_hash", "events")
    frame = pandas.DataFrame({name: [result[name] for result in results] for name in plain},
                             index=pandas.MultiIndex.from_arrays(list(columns.values()), names=list(columns)))
    frame = frame.rename(columns={"events": "steps"})
    measured = pandas.DataFrame(
        [{text.removesuffix(_ANY): value for text, _, _, value, _ in result["lines"] + result["also"] if value is not None}
         for result in results], index=frame.index, dtype=float)
    numbers = pandas.DataFrame([dict(result["numbers"]) for result in results], index=frame.index, dtype=float)
    ran = frame["broke"] == ""
    numbers[ran] = numbers[ran].fillna(0.0)
    frame = pandas.concat([frame, measured, numbers.drop(columns=measured.columns, errors="ignore")], axis=1)
    told = json.loads(report)
    frame.attrs = {"verdict": told["verdict"], "stopped": told["stopped"], "table": printed, "folder": folder}
    return frame


def intervals(table: pandas.DataFrame, number: str, method: str = "t", samples: int = 10_000) -> pandas.DataFrame:
    """The mean of a column over the seeds and its 95 % interval, a row for each combination and level.

    table:  of sweep(). number: one of its columns.
    method: "t" (Student's, as the command prints it) or "bootstrap" (percentiles of `samples` resampled means,
            Efron and Tibshirani 1993, 13.3; for what is far from normal).

    Columns: n (runs with a value), mean, low, high, least, most. Of fewer than two runs low and high are NaN.

    >>> index = pandas.MultiIndex.from_tuples([(4, 1), (4, 2), (4, 3)], names=["limit", "seed"])
    >>> round(intervals(pandas.DataFrame({"refused": [1.0, 2.0, 3.0]}, index=index), "refused").high.loc[4].item(), 3)
    4.484
    """
    _arguments.names("number", "column", number, table.columns)
    _arguments.names("method", "method", method, ["t", "bootstrap"])
    random = numpy.random.default_rng(1)
    samples = _arguments.whole("samples", samples, 10**7)
    keys = [name for name in table.index.names if name != "seed"]

    def row(values: pandas.Series[float]) -> dict[str, float]:
        of = values.dropna().to_numpy(dtype=float)
        mean = float(of.mean()) if of.size else numpy.nan
        low = high = numpy.nan
        if of.size > 1 and method == "t":
            half = _tandem.half_width(of.tolist())
            low, high = mean - half, mean + half
        elif of.size > 1:
            low, high = numpy.percentile(random.choice(of, (samples, of.size)).mean(axis=1), [2.5, 97.5])
        return {"n": of.size, "mean": mean, "low": float(low), "high": float(high),
                "least": of.min(initial=numpy.inf), "most": of.max(initial=-numpy.inf)}

    grouped = table[number].groupby(level=keys[0] if len(keys) == 1 else keys, sort=False)
    rows = [row(values) for _, values in grouped]
    return pandas.DataFrame(rows, index=grouped.size().index).astype({"n": int})


def diff(a: Any, b: Any) -> dict[str, Any]:
    """How two runs differ, as `tandem diff --json` says it: a dict with same, first (the first event that
    differs), layers, lines and numbers.

    a, b: Results, or paths of result files.

    >>> small = tandem.run("global_limit", set={"groups.server.manager.max_connections": 255})
    >>> tandem.diff(tandem.run("global_limit"), small)["same"]
    False
    """
    if isinstance(a, Result) and isinstance(b, Result):
        return dict(json.loads(_tandem.compare_runs(a._raw["run"], b._raw["run"])))
    files = [one.file if isinstance(one, Result) else os.fspath(one) for one in (a, b)]
    if None in files:
        raise BadInput("a Result is compared with a Result, or with a file once it was saved")
    return dict(json.loads(_tandem.compare_files(*map(str, files))))


def ci(what: _arguments.Path | Iterable[_arguments.Path] = "scenarios", *, level: str = "", baselines: bool = True,
       once: bool = False, jobs: int | None = None, progress: Progress = None) -> pandas.DataFrame:
    """Hold scenarios to their expectations and baselines, as `tandem ci`; return a DataFrame, a row for each
    scenario and level.

    what:      folders, files or names. level: only this one, where a scenario declares it.
    baselines: False judges expectations only. once: run each once, not twice.
    attrs:     table (as the command prints it), exit_code (0: all is well).

    Raises BadInput with every mistake in any of the files.

    >>> tandem.ci("per_peer_limit", level="message", baselines=False).status.tolist()
    ['ok']
    """
    files: list[str] = []
    for path in _arguments.paths(what):
        files += _tandem.scenarios_in(path) if os.path.isdir(path) else [_tandem.find_scenario(path, __file__)]
    with LongCall(progress) as call:
        text, printed, code = _tandem.gate(files, level, baselines, once, processes(jobs), call.report)
    frame = pandas.DataFrame(json.loads(text))
    frame.attrs = {"table": printed, "exit_code": code}
    return frame
