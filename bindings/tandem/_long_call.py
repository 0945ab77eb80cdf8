# SPDX-License-Identifier: MIT
"""A call of the native side that takes long: its progress, and Ctrl-C meanwhile."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

Progress: TypeAlias = "bool | Callable[..., object] | None"


class LongCall:
    """Context of a long call; the native side calls report(*at) now and then.

    progress, as callers give it: nothing, a callable that is called with the same, or True for a
    tqdm bar: how_far(*at) gives (done, total), by default the first two; `bar_format` is tqdm's.

    Ctrl-C does not raise at whatever line Python is at, perhaps within the bar: it is kept until
    report() raises KeyboardInterrupt. A second one raises at once. Only where Ctrl-C means what
    Python makes of it: in the main thread, without a handler of somebody else.

    interrupted   Ctrl-C came
    reported      it has gone on for long enough that there was a report before
    """

    def __init__(self, progress: Progress, how_far: Callable[..., tuple[float, float]] = lambda *at: at[:2],
                 bar_format: str = "{l_bar}{bar}| {n:.0f}/{total:.0f} [{elapsed}<{remaining}]") -> None:
        self.interrupted = self.reported = False
        self._how_far = how_far
        self._format = bar_format
        self._bar: Any = None
        self._tell: Callable[..., object] | None
        self._handles = False
        if progress is True:
            from tqdm.auto import tqdm

            self._tqdm = tqdm
            self._tell = self._show
        elif progress is None or progress is False:
            self._tell = None
        elif callable(progress):
            self._tell = progress
        else:
            raise TypeError(f"progress is True or a callable, not {type(progress).__name__}")

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
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True

    def _let_interrupt_in(self) -> None:
        if self.interrupted:
            raise KeyboardInterrupt

    # The bar is made at the first report, which knows the total: tqdm cannot show one without.
    def _show(self, *at: Any) -> None:
        done, total = self._how_far(*at)
        if self._bar is None:
            self._bar = self._tqdm(total=total, bar_format=self._format)
        self._bar.n = min(done, total)  # real time ends a little late
        self._bar.refresh()
