# SPDX-License-Identifier: MIT
"""What callers give: checked before anything runs. A wrong type is a TypeError, a wrong value BadInput."""

from __future__ import annotations

import datetime
import json
import operator
import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

import numpy

from . import _tandem
from ._tandem import BadInput

Path: TypeAlias = "str | os.PathLike[str]"
Scenario: TypeAlias = "Path | dict[str, Any]"


def _kind(value: object) -> str:
    return type(value).__name__


def as_yaml(value: object) -> str:
    """`value` as JSON, which YAML reads; NumPy's scalars and arrays as the Python ones they hold, a
    timedelta as a duration."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def as_text(value: object) -> str:
    """`value` as the command line takes it after `path=`: a str is YAML as it is."""
    text = value if isinstance(value, str) else as_yaml(value)
    return text[1:-1] if isinstance(value, (datetime.timedelta, numpy.timedelta64)) else text


def _plain(value: object) -> object:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (datetime.timedelta, numpy.timedelta64)):
        return f"{numpy.timedelta64(value, 'ns').astype(int)}ns"
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a scenario holds no {_kind(value)}")


def whole(name: str, value: Any, most: int, least: int = 0) -> int:
    """A whole number of Python or NumPy in least..most."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {_kind(value)}") from None
    if not least <= number <= most:
        raise BadInput(f"{name} must be from {least} to {most}, not {number}")
    return number


def source(scenario: Scenario) -> tuple[str, str, bool]:
    """(path or text, name in messages, whether it is a path) of a scenario."""
    if isinstance(scenario, dict):
        return as_yaml(scenario), "<dict>", False
    if isinstance(scenario, (str, os.PathLike)):
        return _tandem.find_scenario(os.fspath(scenario), __file__), "", True
    raise TypeError(f"scenario is a path, a name or a dict, not {_kind(scenario)}")


def level_name(level: str) -> str:
    if not isinstance(level, str):
        raise TypeError(f"level is a name, not {_kind(level)}")
    return level


def sets(given: Mapping[str, Any] | None) -> list[str]:
    """The `path=value` texts of a dict."""
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise TypeError(f'set is a dict such as {{"duration": "10s"}}, not {_kind(given)}')
    for path in given:
        if not isinstance(path, str):
            raise TypeError(f"set: a path is text, not {_kind(path)}")
        if "=" in path:
            raise BadInput(f"set: `{path}` is no path; the value stands beside it, as in {{\"duration\": \"10s\"}}")
    return [f"{path}={as_text(value)}" for path, value in given.items()]


def names(argument: str, what: str, given: str | Iterable[str], known: Collection[str]) -> list[str]:
    """The list of names that one name or several are; `what` says of what, each must be in `known`."""
    if isinstance(given, str):
        given = [given]
    elif not isinstance(given, Iterable):
        raise TypeError(f"{argument} is a name or a list of names, not {_kind(given)}")
    given = list(given)
    if not given:
        raise BadInput(f"{argument} is empty; leave it out for all")
    for name in given:
        if not isinstance(name, str):
            raise TypeError(f"{argument} holds names, not {_kind(name)}")
        if name not in known:
            _tandem.refuse_name(what, name, list(known))
    return given


def paths(given: Path | Iterable[Path]) -> list[str]:
    """The paths that one path or several are."""
    if isinstance(given, (str, os.PathLike)):
        given = [given]
    elif not isinstance(given, Iterable):
        raise TypeError(f"path is a path or a list of paths, not {_kind(given)}")
    given = list(given)
    if not given:
        raise BadInput("path is an empty list; name at least one file")
    for path in given:
        if not isinstance(path, (str, os.PathLike)):
            raise TypeError(f"path holds paths, not {_kind(path)}")
    return [os.fspath(path) for path in given]
