# SPDX-License-Identifier: MIT
"""What callers of World say, as a scenario file says it."""

from __future__ import annotations

import datetime
import json
import re
from typing import Any

from . import _tandem
from ._tandem import BadInput

Duration = str | float | datetime.timedelta

# Keys whose plain numbers are seconds. In `reply` and `arrivals` as well.
_DURATIONS = {"at", "until", "for", "deadline", "hold", "down", "pause", "think", "by", "every", "spread", "latency",
              "jitter", "one_way", "sample_every", "uniform", "exponential", "constant", "fixed",
              *_tandem.duration_options}
_SCHEDULES = {"uniform", "exponential", "constant", "fixed"}
_WHERE = re.compile(r"^World:\d+:\d+: ", re.MULTILINE)
_PLAIN = re.compile(r"[A-Za-z_][\w./-]*|\d+(\.\d+)?[A-Za-z%][\w/%]*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def nanoseconds(given: Duration, name: str = "a time") -> int:
    """Whole nanoseconds of "30s", a timedelta or seconds."""
    if isinstance(given, str):
        read = _tandem.duration_ns(given)
        if read is None:
            raise BadInput(f'{name} must be a duration as in "30s" or "1.5h", a timedelta or seconds, not {given!r}')
    elif isinstance(given, datetime.timedelta):
        read = (given // datetime.timedelta(microseconds=1)) * 1000
    else:
        try:
            if isinstance(given, bool):
                raise TypeError
            read = round(float(given) * 1e9)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(f"{name} is a duration, not {type(given).__name__} {given!r}") from None
    if read < 0:
        raise BadInput(f"{name} must not be negative, as is {given!r}")
    return int(read)


def duration_text(nanoseconds_: int) -> str:
    """`1m30s`: the shortest exact text."""
    return str(_tandem.duration_text(nanoseconds_))


def value(key: str, given: Any, timed: bool = False) -> Any:
    """`given` as JSON holds it: nodes by their names, durations as text."""
    timed = key in _DURATIONS and (timed or key not in _SCHEDULES)
    if isinstance(given, bool) or given is None:
        return given
    if hasattr(given, "_text"):
        return given._text
    if isinstance(given, dict):
        return {name.rstrip("_"): value(name.rstrip("_"), inner, timed) for name, inner in given.items()}
    if isinstance(given, (list, tuple)):
        return [value(key, inner, timed) for inner in given]
    if isinstance(given, datetime.timedelta) or (timed and not isinstance(given, str)):
        return duration_text(nanoseconds(given, key))
    if hasattr(given, "tolist"):
        return given.tolist()
    if key == "poisson" and not isinstance(given, str):
        return f"{given}/s"
    return given


def says(arguments: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments as the keys of a file: `for_` is `for`; what is None is not said."""
    return {name.rstrip("_"): value(name.rstrip("_"), given) for name, given in arguments.items() if given is not None}


def read(call: Any, *given: Any) -> Any:
    """A call of the native side, whose mistakes stand in no file that anybody has seen."""
    try:
        return call(*given)
    except BadInput as error:
        text = _WHERE.sub("", str(error))
        if text == str(error):
            raise
        raise BadInput(text) from None


def flow(given: Any) -> str:
    """One line of YAML."""
    if isinstance(given, dict):
        return "{" + ", ".join(f"{key}: {flow(inner)}" for key, inner in given.items()) + "}"
    if isinstance(given, list):
        return "[" + ", ".join(map(flow, given)) + "]"
    if isinstance(given, str) and _PLAIN.fullmatch(given) and given.lower() not in _WORDS:
        return given
    return json.dumps(given, ensure_ascii=False)
