# SPDX-License-Identifier: MIT
"""What befalls nodes, and how they misbehave."""

from forms import (
    ABOVE_ZERO, BOOL, DURATION, NAME, NODES, RATE, REASON, SOME, either, list_of, mapping, one_of, only_one, pair,
    ref
)
from network import LINK, NAMED_LINK
from workload import CONDITION

STAGE = one_of("after_accept", "after_header", "after_authentication", "when_ready")
BEHAVIOUR = only_one(
    "how the nodes misbehave",
    {
        "mute": STAGE,
        "deaf": STAGE,
        "drop": STAGE,
        "half_close": STAGE,
        "random_bytes": STAGE,
        "slow_drip": ABOVE_ZERO,
        "no_pong": {"const": True},
        "wrong_identity": {"const": True},
        "silent": {"const": True},
        "backlog_full": SOME | {"maximum": 4096},
        "refuse": SOME,
        "accept_after": ABOVE_ZERO,
    },
)

FAULT_NODES = either(NODES, list_of(NODES, "each in one of the forms"))
FAULT = {
    "at": DURATION | {"description": "when it begins"},
    "when": CONDITION,
    "until": ABOVE_ZERO | {"description": "when it is over for good"},
    "every": ABOVE_ZERO | {"description": "from one beginning to the next"},
    "poisson": RATE | {"description": "how often it begins while it is off, at random"},
    "name": NAME | {"description": "what expectations call it"},
    "allow_untested": REASON | {"description": "why it may touch nothing"},
}
LASTS = FAULT | {"for": ref("durations") | {"description": "how long it lasts, each time"}}
SUFFERS = LASTS | {"nodes": FAULT_NODES}
FAULTS = {
    "partition": mapping(
        "nothing passes between these nodes and all others, or `to`",
        LASTS
        | {
            "groups": list_of(NAME, "who is cut off from all others"),
            "from": FAULT_NODES,
            "to": FAULT_NODES,
            "one_way": BOOL | {"description": "only what `from` sends is lost"},
        },
        oneOf=[{"required": ["groups"]}, {"required": ["from"]}],
        dependencies={"to": ["from"]},
    ),
    "link": mapping(
        "links are otherwise, those of some nodes or those between two",
        LASTS
        | LINK
        | {
            "like": NAMED_LINK,
            "nodes": FAULT_NODES,
            "between": pair(FAULT_NODES, FAULT_NODES, "both ends"),
            "one_way": BOOL | {"description": "only what `nodes`, or the first end, sends"},
        },
        oneOf=[{"required": ["nodes"]}, {"required": ["between"]}],
        anyOf=[{"required": [key]} for key in [*LINK, "like"]],
    ),
    "die": mapping(
        "the nodes die, and live again afterwards",
        SUFFERS | {"silent": BOOL | {"description": "a power cut: nobody is sent a reset (the default)"}},
        ["nodes"],
    ),
    "pause": mapping("processes stand still", SUFFERS, ["nodes"]),
    "clock_jump": mapping("the clocks of processes jump ahead", FAULT | {"nodes": FAULT_NODES, "by": ABOVE_ZERO}, ["nodes", "by"]),
    "descriptors": mapping("no file descriptors are left", SUFFERS, ["nodes"]),
    "stall_reading": mapping("no connection is read", SUFFERS, ["nodes"]),
    "forget_flows": mapping("a NAT forgets: old connections lose all, new ones pass", FAULT | {"nodes": FAULT_NODES}, ["nodes"]),
}
