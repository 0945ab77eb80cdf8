# SPDX-License-Identifier: MIT
"""What nodes do, and when."""

from forms import (
    ABOVE_ZERO, BANDWIDTH, BOOL, BYTES, COUNT, DURATION, EXPRESSION, NODES, RATE, REASON, SOME, TEXT, distribution,
    either, mapping, one_of, only_one, ref
)

ARRIVALS = either(
    {"const": "at_once"},
    mapping("one after the other", {"every": ABOVE_ZERO, "per": ref("per")}, ["every"]),
    mapping("independent of each other", {"poisson": RATE, "per": ref("per")}, ["poisson"]),
    mapping("so many at once, again and again", {"burst": SOME, "every": ABOVE_ZERO, "per": ref("per")}, ["burst", "every"]),
    mapping("each at a moment of its own", {"spread": ABOVE_ZERO, "per": ref("per")}, ["spread"]),
    mapping("the times of a CSV file", {"trace": TEXT, "per": ref("per")}, ["trace"]),
    mapping("so long after the last one of the node is over", {"think": ref("durations"), "per": ref("per")}, ["think"]),
    {"type": "string", "pattern": EXPRESSION},
    doc="how turns come: at_once, {every: 5ms}, {poisson: 20/s}, {burst: 50, every: 10s}, {trace: file.csv}, {spread: 10s}, {think: 10s}; `per: node` makes them each node's own",
)

CONDITION = {
    "type": "string",
    "pattern": r"[=!]=|[<>]=?|~=|\bin\b",
    "description": "when this first holds: server.active >= 200",
}
SCHEDULE = {
    "when": CONDITION,
    "at": DURATION | {"description": "the first turn"},
    "allow_untested": REASON | {"description": "why `when` need never hold"},
    "arrivals": ref("arrivals"),
    "every": ABOVE_ZERO | {"description": "short for arrivals: {every: ..., per: node}"},
    "count": SOME | {"description": "turns of each node"},
    "until": ABOVE_ZERO | {"description": "no turn after this time"},
    "for": ABOVE_ZERO | {"description": "no turn after so long from `at`"},
}
ENDS = {"from": NODES, "to": NODES}
PICK = one_of("round_robin", "random", doc="which node of `to` the k-th turn means")
PICK_ALL = one_of("round_robin", "random", "all", doc="which nodes of `to` a node means")
SIZES = distribution(BYTES, "bytes, or a distribution of them")
OTHERS = ENDS | SCHEDULE | {"pick": PICK_ALL}
ITSELF = {"nodes": NODES} | SCHEDULE

VERBS = {
    "dial": mapping(
        "nodes dial others",
        ENDS | SCHEDULE | {
            "mode": one_of("join", "additional", doc="share a connection there is, or ask for one more"),
            "hold": either(ref("durations"), only_one("older form", {"fixed": ABOVE_ZERO}), doc="until the dialer disconnects"),
            "deadline": ABOVE_ZERO | {"description": "of each dial"},
            "pick": PICK,
        },
        ["from", "to"],
    ),
    "send": mapping(
        "messages over connections there are",
        OTHERS
        | {
            "size": SIZES,
            "bytes": SIZES | {"description": "older word for size"},
            "in_flight": BYTES | {"description": "what is sent waits while more is on its way"},
        },
        ["from", "to"],
    )
    | {"anyOf": [{"required": ["size"]}, {"required": ["bytes"]}]},
    "request": mapping(
        "a message there, a time to think, and a message back",
        OTHERS
        | {
            "size": SIZES,
            "reply": mapping("what comes back", {"size": SIZES, "think": either(DURATION, ref("durations"))}, ["size"]),
            "deadline": ABOVE_ZERO | {"description": "an answer that comes later is none"},
        },
        ["from", "to", "size", "reply"],
    ),
    "stream": mapping(
        "a stream that is open for a time, or until so much went over it",
        OTHERS
        | {
            "hold": ref("durations"),
            "size": SIZES,
            "rate": BANDWIDTH | {"description": "while it is held"},
            "in_flight": BYTES | {"description": "of a size at most"},
        },
        ["from", "to"],
    )
    | {"oneOf": [{"required": ["hold"]}, {"required": ["size"]}]},
    "disconnect": mapping("ends every connection between them", OTHERS, ["from", "to"]),
    "configure": mapping("options from now on", ITSELF | {"manager": ref("manager")}, ["nodes", "manager"]),
    "override_backoff": mapping("the next dial need not wait", OTHERS, ["from", "to"]),
    "network_changed": mapping("the nodes have another network, or slept", ITSELF, ["nodes"]),
    "pressure": mapping("what the host lacks", ITSELF | {"memory": BOOL, "descriptors": BOOL}, ["nodes"]),
    "keep_connected": mapping(
        "each node keeps connections to nodes of `to`",
        ENDS | {"at": SCHEDULE["at"], "arrivals": ref("arrivals"), "pause": ref("durations"), "pick": PICK, "neighbours": either(one_of("all"), SOME)},
        ["from", "to"],
    ),
}
for word, doc in {"shutdown": "graceful end", "kill": "sudden death, connections reset", "restart": "a fresh node on the same host"}.items():
    keys = {"group": NODES} | ITSELF
    if word == "restart":
        keys["down"] = either(DURATION, ref("durations"))
        keys["identity"] = one_of("same", "new")
        keys["address"] = one_of("same", "new")
    VERBS[word] = mapping(doc, keys) | {
        "oneOf": [{"required": ["nodes"]}, {"required": ["group"]}],
        "anyOf": [{"required": ["at"]}, {"required": ["when"]}],
    }

MARK = {key: SCHEDULE[key] for key in ("at", "when", "allow_untested")} | {"until": ABOVE_ZERO, "on": BOOL | {"description": "false takes it back"}}
for word, doc in {
    "protect": "never evicted, redialled for ever",
    "keep_alive": "never idle",
    "tag": "weight in the score of a peer",
    "allow": "dialled whatever networks are denied",
    "deny": "closed and refused",
}.items():
    peers = mapping(doc, ENDS | {"pick": PICK_ALL} | MARK | ({"weight": COUNT} if word == "tag" else {}), ["from", "to"] + (["weight"] if word == "tag" else []))
    networks = mapping(doc + ", of a network", {"nodes": NODES, "network": {"type": "string", "pattern": rf"^[0-9a-fA-F.:]+(/\d+)?$|{EXPRESSION}"}} | MARK, ["nodes", "network"])
    VERBS[word] = either(peers, networks) if word in ("allow", "deny") else peers
