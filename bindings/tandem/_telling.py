# SPDX-License-Identifier: MIT
"""What is told to a World, on its way to the native side and as a scenario file says it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from . import _arguments, _tandem
from ._arguments import Duration, nanoseconds
from ._tandem import BadInput
from ._told_nodes import Fault, ToldNode, ToldNodes
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

    def yaml(self, count: bool = True) -> str:
        return _tandem.says({"count": self.count, **self.says} if count else self.says)


class Telling:
    """The half of World that nobody calls: who there is, and what they were told."""

    _go_on: Callable[[int, Callable[..., None]], None]

    def __init__(self, fresh: Callable[[], _tandem.World]) -> None:
        self._fresh, self._native = fresh, fresh()
        self._groups: list[_Group] = []
        self._nodes: list[ToldNode | None] = []
        self._actions: dict[Any, int] = {}
        self._told: list[Any] = []
        self._faults: list[Fault] = []
        self._suspended: dict[str, Fault] = {}
        self._callbacks: dict[int, tuple[Callable[..., Any], tuple[int, int, str]]] = {}
        self._plans: dict[int, tuple[Callable[[], Any], int]] = {}
        self._number = itertools.count(1).__next__
        self._running = False

    def _tell(self, verb: str, who: Verbs, to: Verbs | str | None, at: Duration | None, says: dict[str, Any]) -> None:
        if isinstance(to, str) and to != "neighbours" and verb in ("allow", "deny"):
            to, says = None, {"network": to, **says}
        elif to is not None and to != "neighbours":
            self._own(to)
        if type(who) is ToldNode and (to is None or type(to) is ToldNode) and verb != "keep_connected":
            key = self._key(verb, who, to, says)
            if key is not None:
                if to is who:
                    raise BadInput(f"node `{who._text}` cannot {verb} itself")
                self._pass_on((key, verb, who, to, self._time(at), says))
                return
        entry = self._ends(who, to) | says
        if at is not None or verb in _LIVES or (self._native.began and "when" not in says):
            entry["at"] = self._future(at)
        self._pass_on(_tandem.says({verb: entry}))

    def _pass_on(self, told: Any) -> None:
        """An entry as a file has it, or a turn of a node by itself."""
        if isinstance(told, str):
            self._native.add_entry(told)
        else:
            key, verb, who, to, when, says = told
            action = self._actions.get(key)
            if action is None:
                ends = {end: self._groups[group].name for end, group in zip(self._ends(who, to), key[1:3])}
                entry = ends | says | ({"at": "0s"} if verb in _LIVES else {})
                action = self._actions[key] = self._native.add_action(_tandem.says({verb: entry}))
            self._native.act(action, who._first, (to or who)._first, when)
        self._told.append(told)

    def _key(self, verb: str, who: Verbs, to: Verbs | None | str, says: dict[str, Any]) -> Any:
        """Turns that draw nothing and come once share what reads them; None: not such."""
        ends = verb, who._group, to._group if isinstance(to, Verbs) else None
        for name, value in says.items():
            if name in _SCHEDULE:
                return None
            if isinstance(value, dict):
                if name not in ("reply", "manager") or any(isinstance(v, (dict, list)) for v in value.values()):
                    return None
        return (*ends, repr(says)) if says else ends

    @staticmethod
    def _ends(who: Verbs, to: Verbs | str | None) -> dict[str, Any]:
        return {"nodes": who} if to is None else {"from": who, "to": to}

    def _entry(self, told: Any) -> str:
        """As a file has it."""
        if isinstance(told, str):
            return told
        _, verb, who, to, when, says = told
        at = {"at": _tandem.duration_text(when)} if when or verb in _LIVES else {}
        return _tandem.says({verb: self._ends(who, to) | says | at})

    def _fault(self, word: str, who: dict[str, Any], at: Duration | None, says: dict[str, Any]) -> Fault:
        said = {**who, **says}
        if at is not None or (self._native.began and "when" not in says):
            said["at"] = self._future(at)
        number = self._native.add_fault(_tandem.says({word: said}))
        self._faults.append(Fault(cast("World", self), number, word, said))
        return self._faults[-1]

    def _suspend(self, who: Verbs, at: Duration | None, says: dict[str, Any]) -> Fault:
        self._suspended[who._text] = self._fault("pause", {"nodes": who}, at, says)
        return self._suspended[who._text]

    def _resume(self, who: Verbs, at: Duration | None) -> None:
        if who._text not in self._suspended:
            raise BadInput(f"nothing suspended {who._text}; resume what suspend() was said of")
        self._suspended.pop(who._text).end(at)

    def _add(self, word: str, name: str | None, count: int, says: dict[str, Any]) -> ToldNodes:
        there = {group.name for group in self._groups}
        name = name or next(free for free in (word, *(f"{word}{n}" for n in range(2, 10**6))) if free not in there)
        manager = says.pop("manager", {})
        options = {key: says.pop(key) for key in list(says) if key not in _OF_GROUP}
        known = [row[0] for row in _tandem.options()]
        _arguments.names("an option", "option of a node", list(options) or known,
                         [*_OF_GROUP, "name", "count", "passive", *known])
        if name in there:
            raise BadInput(f"nodes called `{name}` are there already")
        if isinstance(manager, str) and options:
            manager = {manager: True}
        manager = {**manager, **options} if options else manager
        group = _Group(name, len(self._nodes), count, {**says, "manager": manager or None})
        if self._native.began:
            self._begin_again(group)
        else:
            self._native.add_group(_tandem.yaml(name), group.yaml())
        self._groups.append(group)
        self._nodes += [None] * count
        return ToldNodes(cast("World", self), len(self._groups) - 1, name, group.first, count, name)

    def _begin_again(self, more: _Group) -> None:
        """A file has its nodes from the start, and so has this world: it is told all of it once more, with them."""
        if self._running:
            raise BadInput("nodes are added between two stretches of a run, not from within a callback")
        was, now, native = self._native, self._native.now_ns, self._fresh()
        for group in [*self._groups, more]:
            native.add_group(_tandem.yaml(group.name), group.yaml())
        before = [was.numbers(group) for group in range(len(self._groups))]
        was.close()
        self._native, self._actions, told, self._told = native, {}, self._told, []
        for one in told:
            self._pass_on(one)
        for fault in self._faults:
            native.add_fault(str(fault))
        self._go_on(now, lambda *_: None)
        for number, (_, hook) in self._callbacks.items():
            native.hook(*hook, number)
        for number, (_, when) in self._plans.items():
            native.plan(when, number)
        if before != [native.numbers(group) for group in range(len(before))]:
            raise BadInput("with these nodes from its start this world would have been another one: add them before it runs")

    def _group_at(self, index: int) -> tuple[int, _Group]:
        return next(one for one in enumerate(self._groups) if index < one[1].first + one[1].count)

    def _node_at(self, index: int) -> ToldNode:
        found = self._nodes[index]
        if found is None:
            number, group = self._group_at(index)
            found = ToldNode(cast("World", self), number, group.name, index, 1, self._name_at(index))
            self._nodes[index] = found
        return found

    def _name_at(self, index: int) -> str:
        _, group = self._group_at(index)
        return group.name if group.count == 1 else f"{group.name}[{index - group.first}]"

    def _own(self, nodes: Verbs | str) -> None:
        if not isinstance(nodes, Verbs):
            raise TypeError(f"nodes of this world are meant, not {type(nodes).__name__}")
        if nodes._world is not self:
            raise BadInput(f"{nodes!r} is of another world")

    def _time(self, at: Duration | None) -> int:
        """In a callback the rest of the moment comes first, as in a file."""
        return self._native.now_ns + _AFTER * self._running if at is None else nanoseconds(at, "at")

    def _future(self, at: Duration | None) -> str:
        when, now = self._time(at), self._native.now_ns
        if when < now:
            raise BadInput(f"{_tandem.duration_text(when)} is past: this world is at {_tandem.duration_text(now)}; "
                           "say a later time, or none for now")
        return _tandem.duration_text(when)
