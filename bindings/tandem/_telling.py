# SPDX-License-Identifier: MIT
"""What is told to a World, on its way to the native side and as a scenario file says it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from . import _arguments, _said, _tandem
from ._said import Duration
from ._tandem import BadInput
from ._told_events import Fault
from ._told_nodes import ToldNode, ToldNodes
from ._told_verbs import Verbs

if TYPE_CHECKING:
    from ._world import World

# Of a group in a scenario file; everything else that node() is given is an option of its manager.
_OF_GROUP = {"listen", "link", "region", "behaviour", "addresses", "stale_addresses", "connection_buffers_max",
             "buffers_max", "manager"}
_SCHEDULE = {"when", "until", "for_", "arrivals", "count", "pick", "every"}
_LIVES = {"shutdown", "kill", "restart"}
# A manager has deadlines a nanosecond from now; what is told in a callback must not meet them.
_AFTER = 7  # ns


@dataclass(frozen=True)
class _Group:
    name: str
    first: int
    count: int
    says: dict[str, Any]


class Telling:
    """The half of World that nobody calls: who there is, and what they were told."""

    _native: _tandem.World
    _head: dict[str, Any]
    _callbacks: dict[int, tuple[Callable[..., Any], tuple[int, int, str]]]
    _plans: dict[int, tuple[Callable[[], Any], int]]
    _fresh: Callable[[], _tandem.World]
    _go_on: Callable[[int, Callable[..., None]], None]

    def __init__(self) -> None:
        self._groups: list[_Group] = []
        self._nodes: list[ToldNode | None] = []
        self._actions: dict[Any, int] = {}
        self._told: list[Any] = []
        self._faults: list[Fault] = []
        self._suspended: dict[str, Fault] = {}
        self._numbers = 0
        self._running = False

    def _tell(self, verb: str, who: Verbs, to: Verbs | str | None, at: Duration | None,
              says: dict[str, Any]) -> None:
        if to is not None and to != "neighbours":
            self._own(to)
        if type(who) is ToldNode and (to is None or type(to) is ToldNode) and verb != "keep_connected":
            key = self._key(verb, who, to, says)
            if key is not None:
                if to is who:
                    raise BadInput(f"node `{who._text}` cannot {verb} itself")
                self._pass_on((key, verb, who, to, self._time(at), says))
                return
        entry = {verb: self._ends(who, to, verb, says) | _said.says(says)}
        if at is not None or verb in _LIVES or (self._native.began and "when" not in says):
            when = self._time(at)
            self._check_time(when)
            entry[verb]["at"] = _said.duration_text(when)
        self._pass_on(entry)

    def _pass_on(self, told: Any) -> None:
        """An entry as a file has it, or a turn of a node by itself."""
        if isinstance(told, dict):
            _said.read(self._native.add_entry, _arguments.as_yaml(told))
        else:
            key, verb, who, to, when, says = told
            action = self._actions.get(key)
            if action is None:
                action = self._new_action(key, verb, who, to, says)
            self._native.act(action, who._first, (to or who)._first, when)
        self._told.append(told)

    def _key(self, verb: str, who: Verbs, to: Verbs | str | None, says: dict[str, Any]) -> Any:
        """Turns that draw nothing and come once share what reads them; None: not such."""
        group = to._group if isinstance(to, Verbs) else None
        if not says:
            return verb, who._group, group
        for name, value in says.items():
            if name in _SCHEDULE:
                return None
            if isinstance(value, dict):
                if name not in ("reply", "manager") or any(isinstance(v, (dict, list)) for v in value.values()):
                    return None
        return verb, who._group, group, repr(says)

    def _new_action(self, key: Any, verb: str, who: Verbs, to: Any, says: dict[str, Any]) -> int:
        ends = {name: self._groups[group].name for name, group in
                zip(self._ends(who, to, verb, says), (who._group, key[2]))}
        entry = {verb: ends | _said.says(says) | ({"at": "0s"} if verb in _LIVES else {})}
        action: int = _said.read(self._native.add_action, _arguments.as_yaml(entry))
        self._actions[key] = action
        return action

    @staticmethod
    def _ends(who: Verbs, to: Verbs | str | None, verb: str, says: dict[str, Any]) -> dict[str, Any]:
        if to is None:
            return {"nodes": who._text}
        return {"from": who._text, "to": to if isinstance(to, str) else to._text}

    def _entry(self, told: Any) -> dict[str, Any]:
        _, verb, who, to, when, says = told
        said = self._ends(who, to, verb, says) | _said.says(says)
        if when or verb in _LIVES:
            said["at"] = _said.duration_text(when)
        return {verb: said}

    def _fault(self, word: str, who: dict[str, Any], at: Duration | None, says: dict[str, Any]) -> Fault:
        said = _said.says({**who, **says})
        if at is not None or (self._native.began and "when" not in says):
            when = self._time(at)
            self._check_time(when)
            said["at"] = _said.duration_text(when)
        number = _said.read(self._native.add_fault, _arguments.as_yaml({word: said}))
        self._faults.append(Fault(cast("World", self), number, word, said))
        return self._faults[-1]

    def _suspend(self, who: Verbs, at: Duration | None, says: dict[str, Any]) -> Fault:
        self._suspended[who._text] = self._fault("pause", {"nodes": who}, at, says)
        return self._suspended[who._text]

    def _resume(self, who: Verbs, at: Duration | None) -> None:
        if who._text not in self._suspended:
            raise BadInput(f"nothing suspended {who._text}; resume what suspend() was said of")
        self._suspended.pop(who._text).end(at)

    def _add(self, name: str, count: int, says: dict[str, Any]) -> ToldNodes:
        manager = says.pop("manager", {})
        options = {key: says.pop(key) for key in list(says) if key not in _OF_GROUP}
        known = [row[0] for row in _tandem.options()]
        _arguments.names("an option", "option of a node", list(options) or known,
                         [*_OF_GROUP, "name", "count", "passive", *known])
        if any(group.name == name for group in self._groups):
            raise BadInput(f"nodes called `{name}` are there already")
        if isinstance(manager, str) and options:
            manager = {manager: True}
        manager = {**manager, **options} if options else manager
        said = _said.says({**says, "manager": manager or None})
        text = _arguments.as_yaml({"count": count, **said})
        if self._native.began:
            first = self._begin_again(name, text)
        else:
            first = _said.read(self._native.add_group, json.dumps(name), text)
        self._groups.append(_Group(name, first, count, said))
        self._nodes += [None] * count
        return ToldNodes(cast("World", self), len(self._groups) - 1, name, first, count, name)

    def _begin_again(self, name: str, text: str) -> int:
        """A file has its nodes from the start, and so has this world: it is told all of it once more, with them."""
        if self._running:
            raise BadInput("nodes are added between two stretches of a run, not from within a callback")
        was, now, native = self._native, self._native.now_ns, self._fresh()
        for group in self._groups:
            native.add_group(json.dumps(group.name), _arguments.as_yaml({"count": group.count, **group.says}))
        first: int = _said.read(native.add_group, json.dumps(name), text)
        before = [was.numbers(group) for group in range(len(self._groups))]
        was.close()
        self._native, self._actions, told, self._told = native, {}, self._told, []
        for one in told:
            self._pass_on(one)
        for fault in self._faults:
            native.add_fault(_arguments.as_yaml({fault._word: fault._says}))
        self._go_on(now, lambda *_: None)
        for number, (_, hook) in self._callbacks.items():
            native.hook(*hook, number)
        for number, (_, when) in self._plans.items():
            native.plan(when, number)
        if before != [native.numbers(group) for group in range(len(before))]:
            raise BadInput("with these nodes from its start this world would have been another one: add them before it runs")
        return first

    def _free(self, word: str) -> str:
        names = {group.name for group in self._groups}
        return next(name for name in (word, *(f"{word}{n}" for n in range(2, 10**6))) if name not in names)

    def _group_at(self, index: int) -> int:
        return next(n for n, group in enumerate(self._groups) if index < group.first + group.count)

    def _node_at(self, index: int) -> ToldNode | None:
        if index < 0:
            return None
        found = self._nodes[index]
        if found is None:
            number = self._group_at(index)
            found = ToldNode(cast("World", self), number, self._groups[number].name, index, 1, self._name_at(index))
            self._nodes[index] = found
        return found

    def _name_at(self, index: int) -> str:
        group = self._groups[self._group_at(index)]
        return group.name if group.count == 1 else f"{group.name}[{index - group.first}]"

    def _own(self, nodes: Verbs | str) -> None:
        if not isinstance(nodes, Verbs):
            raise TypeError(f"nodes of this world are meant, not {type(nodes).__name__}")
        if nodes._world is not self:
            raise BadInput(f"{nodes!r} is of another world")

    def _time(self, at: Duration | None, name: str = "at") -> int:
        if at is None:  # in a callback the rest of the moment comes first, as in a file
            return self._native.now_ns + _AFTER * self._running
        return _said.nanoseconds(at, name)

    def _check_time(self, when: int) -> None:
        if when < self._native.now_ns:
            raise BadInput(f"{_said.duration_text(when)} is past: this world is at "
                           f"{_said.duration_text(self._native.now_ns)}; say a later time, or none for now")

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers
