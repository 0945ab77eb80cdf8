# SPDX-License-Identifier: MIT
"""Many runs: sweep() and intervals(); diff() and ci(). The engine is that of the command."""

from __future__ import annotations

import contextlib
import os
import pathlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy
import pandas

from . import _arguments, _tandem
from ._arguments import LongCall, Progress, kind
from ._result import Result
from ._tandem import BadInput

_one_at_a_time = threading.Lock()


def run_cell(line: str) -> tuple[str, float]:
    """What sweep() submits: a cell as a line gives its result, and the seconds it took. One at a time, as ns-3 wants."""
    with _one_at_a_time:
        began = time.monotonic()
        return _tandem.run_cell(line), time.monotonic() - began


def worker() -> list[str]:
    """The command of a process that runs cells: the native module alone, which is there at once."""
    program = "import sys; sys.path.append(sys.argv[1]); import _tandem; sys.exit(_tandem.serve_cells())"
    return [sys.executable, "-S", "-c", program, os.path.dirname(_tandem.__file__)]


def _runner(executor: Any) -> Callable[..., bool]:
    """What the engine gives cells to, as lines: done(index, result, seconds) of each as it comes, until stop()."""
    def run(lines: list[str], done: Callable[[int, str, float | None], None], stop: Callable[[], bool]) -> bool:
        lost: set[int] = set()
        waiting = {index: executor.submit(run_cell, line) for index, line in enumerate(lines)}
        try:
            while waiting:
                if stop():
                    return False
                ready = [index for index, future in waiting.items() if future.done()]
                for index in ready:
                    future = waiting.pop(index)
                    error = future.exception()
                    if error is None:
                        done(index, *future.result())
                    elif index in lost:
                        done(index, f"its worker failed twice: {error!r}", None)
                    else:  # a worker that died takes what it had with it
                        lost.add(index)
                        waiting[index] = executor.submit(run_cell, lines[index])
                if not ready:
                    time.sleep(0.02)
            stop()  # it hears of the last ones too
            return True
        finally:
            for future in waiting.values():
                future.cancel()

    return run


@contextlib.contextmanager
def asked(out: str, overwrite: bool, executor: Any, jobs: int | None,
          progress: Progress) -> Iterator[tuple[_tandem.WhereTo, Any]]:
    """What a call of the engine that runs cells takes: where to, and what it reports to."""
    runner = None if executor is None else _runner(executor)
    with LongCall(progress) as call:
        yield _tandem.WhereTo(out, overwrite, worker(), processes(jobs), runner), call.report


def processes(jobs: int | None) -> int:
    return max(1, os.cpu_count() or 1 if jobs is None else _arguments.whole("jobs", jobs, 1024))


def place_of(scenario: _arguments.Scenario, out: _arguments.Path | None, verb: str) -> tuple[str, str]:
    """(file, folder) of a campaign; a dict becomes a file of the folder, for workers. "": the native side names it."""
    text, _, is_path = _arguments.source(scenario)
    if is_path:
        return text, "" if out is None else os.fspath(out)
    if out is None and isinstance(scenario, dict):
        out = f"{scenario.get('scenario', 'scenario')}-{verb}"
    folder = pathlib.Path(out or "")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "scenario.yaml"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return str(path), str(folder)


def _axis(path: str, values: Any) -> list[str]:
    if isinstance(values, str):
        return _tandem.axis_values(path, values)
    if not isinstance(values, Iterable):
        raise TypeError(f'vary: {path} takes a list of values or a text such as "1..9/5", not {kind(values)}')
    return [_arguments.as_text(value) for value in values]


def _texts(name: str, given: Any) -> list[str]:
    texts = [] if given is None else [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"{name} is a text or a list of texts")
    return texts


def sweep(scenario: _arguments.Scenario, vary: Mapping[str, Any] | None = None, seeds: int | str | None = None,
          executor: Any = None, *, level: str | Iterable[str] | None = None, set: _arguments.Sets = None,
          zip: Iterable[Iterable[str]] = (), where: str | Iterable[str] | None = None,
          measure: str | Iterable[str] | None = None, out: _arguments.Path | None = None, overwrite: bool = False,
          jobs: int | None = None, progress: Progress = None) -> pandas.DataFrame:
    """Run a scenario with many values, each with many seeds; return a tidy DataFrame, a row for each run.

    scenario: as run() takes it. What its own `sweep:` says holds where an argument is left out.
    vary:     dict of path -> a list of values, or a text as the command takes it ("64,128", "1..9/5",
              "10ms..600ms/log/5"). Axes are multiplied.
    seeds:    runs of each combination, from the scenario's seed on; or "until 5% of server.refused".
    executor: None: `jobs` processes of this machine (default: one for each processor). Otherwise anything with
              submit(function, line) -> future: concurrent.futures, Dask's client.get_executor(),
              mpi4py.futures.MPIPoolExecutor. Its workers import tandem and see the scenario's file.
    level:    a level or several; default: the first that the scenario names. set: as of run(), for every run.
    zip:      lists of paths that take their values together. where: conditions such as "limit <= 2 * peers".
    measure:  further numbers as expectations write them ("desk.refusals.LimitReached / callers.dials"), a column each.
    out:      folder of the results (default SCENARIO-sweep). What is there is not run again, so that a sweep goes on
              where it was interrupted. overwrite drops those of other sweeps.
    progress: True shows a tqdm bar; a callable is called as progress(done, total, failed).

    The index is (each path of vary, level, seed), durations in seconds. Columns: verdict, broke (why it did not run to
    its end), trace_hash, steps, then every expectation and number of `measure` by its text, then the numbers of the
    groups ("server.refusals.LimitReached"). `.to_xarray()` gives a Dataset with a dimension for each axis.
    attrs: verdict, stopped, table (as the command prints it), folder.

    Ctrl-C returns what ran, with attrs["stopped"] true. Raises BadInput before anything runs, naming what is wrong.

    >>> table = tandem.sweep("global_limit", {"groups.server.manager.max_connections": [100, 256]}, seeds=2)
    >>> table["server.refusals.LimitReached"].tolist()
    [300.0, 300.0, 144.0, 144.0]
    """
    if vary is not None and not isinstance(vary, Mapping):
        raise TypeError(f'vary is a dict such as {{"parameters.limit": [64, 128]}}, not {kind(vary)}')
    file, folder = place_of(scenario, out, "sweep")
    count = seeds if isinstance(seeds, str) else "" if seeds is None else str(_arguments.whole("seeds", seeds, 10**6))
    campaign = _tandem.Campaign(
        os.path.abspath(file), _arguments.sets(set), [(path, _axis(path, values)) for path, values in (vary or {}).items()],
        [_texts("zip", paths) for paths in zip], _texts("where", where), count, _texts("level", level),
        _texts("measure", measure))
    folder = folder or f"{campaign.scenario}-sweep"
    with asked(folder, overwrite, executor, jobs, progress) as (there, report):
        return _table(campaign, folder, *campaign.run(there, report))


def load_sweep(folder: _arguments.Path) -> pandas.DataFrame:
    """The DataFrame of sweep() from its folder, or that of `tandem sweep`. Raises BadInput when it is none.

    >>> table = tandem.sweep("per_peer_limit", {"duration": ["3s", "4s"]}, out="kept")
    >>> tandem.load_sweep("kept").equals(table)
    True
    """
    campaign = _tandem.Campaign(os.fspath(folder))
    return _table(campaign, os.fspath(folder), *campaign.read(os.fspath(folder)))


def numbers_of(texts: Iterable[str]) -> list[Any]:
    texts = list(texts)
    if all(text.isdecimal() for text in texts):
        return [int(text) for text in texts]
    found = [_tandem.number_of(text) for text in texts]
    return texts if any(value is None for value in found) else found


def split(table: pandas.DataFrame, names: list[str]) -> list[tuple[str, pandas.DataFrame]]:
    """The parts of a table that differ in these columns, each with what it has there, in words."""
    parts = table.groupby(names[0] if len(names) == 1 else names, sort=False) if names else [((), table)]
    keys = [(key if isinstance(key, tuple) else (key,), part) for key, part in parts]
    return [(", ".join(f"{name.rsplit('.', 1)[-1]} {value}" for name, value in zip(names, key)), part) for key, part in keys]


def _table(campaign: _tandem.Campaign, folder: str, report: dict[str, Any], printed: str, rows: list[Any]) -> pandas.DataFrame:
    results = [row[3] for row in rows]
    columns = {path: numbers_of(row[0][i] for row in rows) for i, path in enumerate(campaign.axes)}
    columns |= {"level": [row[1] for row in rows], "seed": [row[2] for row in rows]}
    index = pandas.MultiIndex.from_arrays(list(columns.values()), names=list(columns))
    plain = pandas.DataFrame(results, index=index, columns=["verdict", "broke", "trace_hash", "events"])
    measured = pandas.DataFrame(
        [{text: value for text, _, _, value, _ in result["lines"] + result["also"] if value is not None}
         for result in results], index=index, dtype=float)
    numbers = pandas.DataFrame([dict(result["numbers"]) for result in results], index=index, dtype=float)
    ran = plain["broke"] == ""
    numbers[ran] = numbers[ran].fillna(0.0)
    frame = pandas.concat([plain.rename(columns={"events": "steps"}), measured,
                           numbers.drop(columns=measured.columns, errors="ignore")], axis=1)
    frame.attrs = {"verdict": report["verdict"], "stopped": report["stopped"], "table": printed, "folder": folder}
    return frame


def intervals(table: pandas.DataFrame, number: str, method: str = "t", samples: int = 10_000) -> pandas.DataFrame:
    """The mean of a column over the seeds and its 95 % interval, a row for each combination and level.

    table:  of sweep(). number: one of its columns.
    method: "t" (Student's, as the command prints it) or "bootstrap" (percentiles of `samples` resampled means, Efron
            and Tibshirani 1993, 13.3; for what is far from normal).

    Columns: n (runs with a value), mean, low, high, least, most. Of fewer than two runs low and high are NaN.

    >>> index = pandas.MultiIndex.from_tuples([(4, 1), (4, 2), (4, 3)], names=["limit", "seed"])
    >>> round(intervals(pandas.DataFrame({"refused": [1.0, 2.0, 3.0]}, index=index), "refused").high.loc[4].item(), 3)
    4.484
    """
    _arguments.name("number", "column", number, table.columns)
    _arguments.name("method", "method", method, ["t", "bootstrap"])
    random, samples = numpy.random.default_rng(1), _arguments.whole("samples", samples, 10**7)
    keys = [name for name in table.index.names if name != "seed"]
    grouped = table[number].groupby(level=keys[0] if len(keys) == 1 else keys, sort=False)
    found = grouped.agg(["count", "mean", "min", "max"])
    found.columns = pandas.Index(["n", "mean", "least", "most"])

    def bounds(values: pandas.Series[float]) -> list[float]:
        of = values.dropna().to_numpy(dtype=float)
        if of.size < 2:
            return [numpy.nan, numpy.nan]
        if method == "t":
            half = _tandem.half_width(of.tolist())
            return [of.mean() - half, of.mean() + half]
        return list(numpy.percentile(random.choice(of, (samples, of.size)).mean(axis=1), [2.5, 97.5]))

    found[["low", "high"]] = [bounds(values) for _, values in grouped]
    return found[["n", "mean", "low", "high", "least", "most"]]


def diff(a: Any, b: Any) -> dict[str, Any]:
    """How two runs (Results, or paths of result files) differ, as `tandem diff --json` says it: a dict with same,
    first (the first event that differs), layers, lines and numbers.

    >>> small = tandem.run("global_limit", set={"groups.server.manager.max_connections": 255})
    >>> tandem.diff(tandem.run("global_limit"), small)["same"]
    False
    """
    if isinstance(a, Result) and isinstance(b, Result):
        return _tandem.compare(a._raw["run"], b._raw["run"])
    files = [one.file if isinstance(one, Result) else os.fspath(one) for one in (a, b)]
    if None in files:
        raise BadInput("a Result is compared with a Result, or with a file once it was saved")
    return _tandem.compare(*map(str, files))


def ci(what: _arguments.Path | Iterable[_arguments.Path] = "scenarios", *, level: str = "", baselines: bool = True,
       once: bool = False, jobs: int | None = None, progress: Progress = None) -> pandas.DataFrame:
    """Hold scenarios to their expectations and baselines, as `tandem ci`; return a DataFrame, a row for each scenario
    and level. attrs: table (as the command prints it), exit_code (0: all is well).

    what:      folders, files or names. level: only this one, where a scenario declares it.
    baselines: False judges expectations only. once: run each once, not twice.

    Raises BadInput with every mistake in any of the files.

    >>> tandem.ci("per_peer_limit", level="message", baselines=False).status.tolist()
    ['ok']
    """
    files: list[str] = []
    for path in _arguments.paths(what):
        files += _tandem.scenarios_in(path) if os.path.isdir(path) else [_tandem.find_scenario(path, __file__)]
    with LongCall(progress) as call:
        rows, printed, code = _tandem.gate(files, level, baselines, once, processes(jobs), call.report)
    frame = pandas.DataFrame(rows)
    frame.attrs = {"table": printed, "exit_code": code}
    return frame
