# SPDX-License-Identifier: MIT
"""contract.py HEADER FOLDER: writes tandem.events or tandem.actions, a class for each struct of tandem/core/events.hpp
or tandem/core/actions.hpp with its fields and the comment above it, which are the only place that says them.

An argument of an event must be given, unless its field has a default, is a time or a list, or MAY_BE_LEFT_OUT says so.
"""

import pathlib
import re
import sys
import textwrap

ABOUT = {
    "events": '''"""What a driver tells a Manager: the events of its contract (tandem/core/events.hpp), a class each.

Times are seconds of the manager's time line, None is never. Ids are numbers: connections that
arrive have even ones, of the driver's choice; attempts odd ones, of the manager's. A peer is an id
(12D3KooW...) or a label of at most 46 bytes, an address "127.0.0.1:4001", a cause its name
("LimitReached"). Each is checked by Manager.handle().

>>> from tandem import events
>>> events.Arrived(2, "192.0.2.1:4001")
Arrived(conn=2, remote='192.0.2.1:4001')
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


class Event:
    """Base of all events."""
''',
    "actions": '''"""What a Manager tells its driver to do: the actions of its contract (tandem/core/actions.hpp), a class each.

Values are as in tandem.events.

>>> from tandem import actions
>>> actions.Admit(conn=2, stage="handshake")
Admit(conn=2, stage='handshake')
"""

from __future__ import annotations

from dataclasses import dataclass


class Action:
    """Base of all actions."""
''',
}
TYPES = {"bool": "bool", "duration": "float", "time_point": "float | None", "manager_options": "dict[str, Any]",
         "notification": "Notification", "std::span<const endpoint>": "Sequence[str]"}
NUMBERS = ("connection_id", "request_id")
VALUES = {"false": "False", "true": "True", "never": "None", "0": "0"}
EMPTY = {"int": "0", "str": '""', "float": "0.0", "float | None": "0.0", "Sequence[str]": "()",
         "dict[str, Any]": "field(default_factory=dict)"}
EMPTY_SAYS = ("duration", "time_point", "manager_options", "std::span<const endpoint>")
MAY_BE_LEFT_OUT = {("disconnect_wanted", "peer"): '""', ("disconnect_wanted", "conn"): "0", ("closed", "why"): '"none"',
                   ("accept_failed", "why"): '"LocalResource"'}
MUST_BE_GIVEN = {("subnet_marked", "prefix"), ("rtt_sampled", "rtt")}


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def type_of(kind):
    return TYPES.get(kind) or ("int" if kind in NUMBERS or kind.startswith("std::") else "str")


def value_of(kind, text):
    if text in VALUES:
        return VALUES[text]
    if text == "{}":
        return EMPTY[type_of(kind)]
    enum, name = text.split("::")
    return f'"{camel(name) if enum == "cause" and name != "none" else name}"'


def fields_of(struct, body, defaults):
    """(name, type, default or None, what is said of it)"""
    said = []
    for line in re.sub(r"\n\s*///<", " ", body).splitlines():
        line = line.strip()
        if line.startswith("///"):
            said.append(line.removeprefix("///").strip())
        found = re.match(r"(?:enum )?([\w:<> ]+?) (\w+) ?(\{\})?(?: = ([\w:{}]+))?;\s*(?:/(?://<|\*\*<)(.*?)(?:\*/)?)?$", line)
        if found:
            kind, name, empty, default, after = found.groups()
            default = default or (empty if kind in EMPTY_SAYS else None)
            value = value_of(kind, default) if default and (struct, name) not in MUST_BE_GIVEN else None
            value = MAY_BE_LEFT_OUT.get((struct, name), value) if defaults else None
            yield name, type_of(kind), value, " ".join([*said, (after or "").strip()]).strip()
            said = []


def class_of(name, doc, fields, base):
    """The lines of a class; `doc`: those of the comment."""
    said = [f"{field}: {text}" for field, _, _, text in fields if text]
    if said:
        doc = [*doc, "", *(line for one in said for line in textwrap.wrap(one, 100, subsequent_indent="  "))]
    doc = [f'"""{doc[0]}', *doc[1:]]
    doc = [doc[0] + '"""'] if len(doc) == 1 else [*doc, '"""']
    values = [f"{field}: {kind}" + (f" = {default}" if default else "") for field, kind, default, _ in fields]
    body = [*doc, *[""] * bool(values), *values]
    return ["", "", "@dataclass(frozen=True)", f"class {name}{f'({base})' if base else ''}:", *(f"    {line}" for line in body)]


def module_of(text, kind):
    inside = text[text.index(f"namespace {kind} {{"):text.index(f"}}  // namespace {kind}")]
    form = r"((?:^///[^\n]*\n)*)^struct (\w+) \{(?:(\};)|)(?: +///< ([^\n]*))?(?(3)|\n(.*?)^\};)"
    structs = [(above + after, name, body or "") for above, name, _, after, body in re.findall(form, inside, re.M | re.S)]
    lines = ["# SPDX-License-Identifier: MIT", *ABOUT[kind].splitlines()]
    if kind == "actions":
        doc, body = re.search(r"((?:^///[^\n]*\n)+)struct notification \{(.*?)\n\n", text, re.M | re.S).groups()
        structs.insert(0, (doc, "notification", body))
    for doc, name, body in structs:
        doc = [line.removeprefix("///").removeprefix(" ") for line in doc.splitlines()]
        base = "" if name == "notification" else kind[:-1].capitalize()
        lines += class_of(camel(name), doc, list(fields_of(name, body, kind == "events")), base)
    return "\n".join(line.rstrip() for line in lines) + "\n"


if __name__ == "__main__":
    header, folder = map(pathlib.Path, sys.argv[1:])
    (folder / f"{header.stem}.py").write_text(module_of(header.read_text(), header.stem))
