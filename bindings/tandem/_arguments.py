# SPDX-License-Identifier: MIT
"""What callers give, checked before anything runs (a wrong type is a TypeError, a wrong value BadInput), and how long
calls tell how far they are."""

from __future__ import annotations

import datetime
import os
import signal
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

from . import _tandem
from ._tandem import BadInput, as_text as as_text, nanoseconds as nanoseconds, sets as sets, whole as whole

Path: TypeAlias = "str | os.PathLike[str]"
Scenario: TypeAlias = "Path | dict[str, Any]"
Sets: TypeAlias = "Mapping[str, Any] | None"
Duration: TypeAlias = str | float | datetime.timedelta
Progress: TypeAlias = "bool | Callable[..., object] | None"


def kind(value: object) -> str:
    return type(value).__name__


def seconds(given: Duration, name: str) -> float:
    return nanoseconds(given, name) / 1e9


def source(scenario: Scenario) -> tuple[str, str, bool]:
    """(path or text, name in messages, whether it is a path) of a scenario."""
    if isinstance(scenario, dict):
        return _tandem.yaml(scenario), "<dict>", False
    if isinstance(scenario, (str, os.PathLike)):
        return _tandem.find_scenario(os.fspath(scenario), __file__), "", True
    raise TypeError(f"scenario is a path, a name or a dict, not {kind(scenario)}")


def _several(argument: str, what: str, given: Any, one: tuple[type, ...], empty: str) -> list[Any]:
    """The list that one `what` or several are."""
    if isinstance(given, one):
        given = [given]
    elif not isinstance(given, Iterable):
        raise TypeError(f"{argument} is a {what} or a list of {what}s, not {kind(given)}")
    found = list(given)
    if not found:
        raise BadInput(f"{argument} is {empty}")
    for single in found:
        if not isinstance(single, one):
            raise TypeError(f"{argument} holds {what}s, not {kind(single)}")
    return found


def names(argument: str, what: str, given: str | Iterable[str], known: Collection[str]) -> list[str]:
    """The list of names that one name or several are; `what` says of what, each must be in `known`."""
    found = _several(argument, "name", given, (str,), "empty; leave it out for all")
    for name in found:
        if name not in known:
            _tandem.refuse_name(what, name, list(known))
    return found


def name(argument: str, what: str, given: str, known: Collection[str]) -> str:
    """One name, which must be in `known`."""
    if not isinstance(given, str):
        raise TypeError(f"{argument} is a name, not {kind(given)}")
    return names(argument, what, given, known)[0]


def paths(given: Path | Iterable[Path]) -> list[str]:
    """The paths that one path or several are."""
    return [os.fspath(path) for path in
            _several("path", "path", given, (str, os.PathLike), "an empty list; name at least one file")]


class LongCall:
    """Context of a long call; the native side calls report(*at) now and then.

    progress, as callers give it: nothing, a callable that is called with the same, or True for a tqdm bar: how_far(*at)
    gives (done, total), by default the first two; `bar_format` is tqdm's. `reported`: there was a report before.

    Ctrl-C (`interrupted`) does not raise at whatever line Python is at, perhaps within the bar: it is kept until
    report() raises KeyboardInterrupt. A second one raises at once. Only where Ctrl-C means what Python makes of it: in
    the main thread, without a handler of somebody else."""

    def __init__(self, progress: Progress, how_far: Callable[..., tuple[float, float]] = lambda *at: at[:2],
                 bar_format: str = "{l_bar}{bar}| {n:.0f}/{total:.0f} [{elapsed}<{remaining}]") -> None:
        if not (progress is None or isinstance(progress, bool) or callable(progress)):
            raise TypeError(f"progress is True or a callable, not {kind(progress)}")
        self.interrupted = self.reported = self._handles = False
        self._how_far, self._format = how_far, bar_format
        self._bar: Any = None
        self._tell = self._show if progress is True else progress or None

    def report(self, *at: Any) -> None:
        self._let_interrupt_in()
        self.reported = True
        if self._tell:
            self._tell(*at)
        self._let_interrupt_in()

    def finish(self, *at: Any) -> None:
        """The bar shows how far it came in the end."""
        if self._tell == self._show:
            self._show(*at)

    def __enter__(self) -> LongCall:
        self._handles = (threading.current_thread() is threading.main_thread()
                         and signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        if self._handles:
            signal.signal(signal.SIGINT, self._on_interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
        if self._handles:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _on_interrupt(self, *_: object) -> None:
        self._let_interrupt_in()
        self.interrupted = True

    def _let_interrupt_in(self) -> None:
        if self.interrupted:
            raise KeyboardInterrupt

    # The bar is made at the first report, which knows the total: tqdm cannot show one without.
    def _show(self, *at: Any) -> None:
        from tqdm.auto import tqdm

        done, total = self._how_far(*at)
        if self._bar is None:
            self._bar = tqdm(total=total, bar_format=self._format)
        self._bar.n = min(done, total)  # real time ends a little late
        self._bar.refresh()
