# SPDX-License-Identifier: MIT
"""make_schema.py OPTIONS_HPP: prints the JSON Schema of scenario files.

Says what keys there are, which are needed, and the form of their values, so that an editor completes and checks
them while one types. What depends on another place of the file (that a group exists, that `until` is after `at`) only
`tandem check` knows. Options of the manager come from the header that describes them.
"""

import importlib.util
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def options_of(header):
    rows = importlib.util.spec_from_file_location("option_rows", ROOT / "lib/core/option_rows.py")
    module = importlib.util.module_from_spec(rows)
    rows.loader.exec_module(module)
    return module.options_of(header.read_text())


# --- values

NUMBER = r"\d+(\.\d*)?|\.\d+"
EXPRESSION = r"\$\{.*\}"


def text(*forms, doc=None, **more):
    """A scalar of one of these forms, or with a parameter in it. YAML takes `5` for a number, and so does JSON."""
    pattern = "|".join(f"(?:{form})" for form in forms)
    return {"type": ["string", "number"], "pattern": rf"^\s*(?:{pattern})\s*$|{EXPRESSION}"} | ({"description": doc} if doc else {}) | more


def with_unit(units, doc):
    """Above 0. A number needs its unit, so a bare one is wrong."""
    return text(rf"(?=[^1-9]*[1-9])(?:(?:{NUMBER})\s*(?:{units})\s*)+", doc=doc) | {"type": "string"}


ABOVE_ZERO = with_unit("ns|us|ms|s|m|h", "a duration above 0: 30s, 600ms, 1m30s")
DURATION = {"anyOf": [ABOVE_ZERO, {"const": 0}, {"type": "string", "pattern": "^0\\s*(ns|us|ms|s|m|h)?$"}], "description": "a duration: 30s, 600ms, 1m30s"}
RATE = with_unit("/s|/m|/h|/ms", "a rate: 20/s, 300/m")
BANDWIDTH = with_unit("[kMGT]?bit/s", "bits per second: 100Mbit/s")
BYTES = text(rf"(?:{NUMBER})\s*(?:B|kB|MB|GB|KiB|MiB|GiB)?", doc="bytes: 1500, 64kB, 64KiB", minimum=0)
RATIO = text(rf"(?:{NUMBER})\s*%?", doc="a part: 0.01 or 1%", minimum=0, maximum=1)
COUNT = text(r"\d+", doc="a number of things") | {"type": ["string", "integer"], "minimum": 0}
SOME = COUNT | {"minimum": 1}
BOOL = {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": EXPRESSION}]}
TEXT = {"type": ["string", "number"]}
REASON = {"type": "string", "minLength": 1}
NAME = {"type": ["string", "number"], "pattern": "^[A-Za-z0-9_-]+$"}


def one_of(*words, doc=None):
    return {"anyOf": [{"enum": list(words)}, {"type": "string", "pattern": EXPRESSION}]} | ({"description": doc} if doc else {})


def mapping(doc, keys, required=(), **more):
    return {"type": "object", "description": doc, "properties": keys, "required": list(required), "additionalProperties": False} | more


def either(*schemas, doc=None):
    return {"anyOf": list(schemas)} | ({"description": doc} if doc else {})


def ref(name):
    return {"$ref": f"#/definitions/{name}"}


def pair(first, second, doc):
    return {"type": "array", "items": [first, second], "minItems": 2, "maxItems": 2, "description": doc}


def list_of(items, doc, least=1):
    return {"type": "array", "items": items, "minItems": least, "description": doc}


def only_one(doc, verbs):
    return mapping(doc, verbs) | {"minProperties": 1, "maxProperties": 1}


# --- distributions and nodes


def distribution(value, doc):
    shape = text(NUMBER)
    of = {
        "uniform": pair(value, value, "from the first to the second, all equally likely"),
        "exponential": value,
        "normal": pair(value, value, "[mean, standard deviation]"),
        "lognormal": pair(value, shape | {"minimum": 0, "maximum": 10}, "[median, sigma]"),
        "pareto": pair(value, shape | {"minimum": 0.1, "maximum": 1000}, "[least, alpha]"),
        "weibull": pair(value, shape | {"minimum": 0.1, "maximum": 1000}, "[scale, shape]"),
        "quantiles": {"type": "object", "patternProperties": {r"^p(\d?\d(\.\d+)?|100)$": value}, "additionalProperties": False, "minProperties": 2},
        "values": either(list_of(value, "drawn from these"), {"type": "string", "description": "a CSV file beside the scenario"}),
    }
    return either(value, only_one("a distribution", of), doc=doc)


NODES = {
    "type": "string",
    "description": "a group, peers[3], peers[0..9], 10% of peers, 5 random of peers",
    "pattern": rf"^[A-Za-z0-9_-]+(\[\d+(\.\.\d+)?\])?$|^\s*(?:{NUMBER})% of [A-Za-z0-9_-]+$|^\d+ random of [A-Za-z0-9_-]+$|{EXPRESSION}",
}


# --- the parts of a file

PART = text(rf"0?\.\d+|0|\d?\d(\.\d*)?\s*%", doc="a part below 100%", minimum=0, exclusiveMaximum=1)
NAMED_LINK = one_of(
    "datacentre", "fibre", "cable", "dsl", "lte", "3g", "wifi_congested", "starlink", "geo_satellite", "transatlantic", "intercontinental",
    doc="a named link",
)
LATENCY = distribution(DURATION, "one way, a duration or a distribution of durations")
LINK = {
    "latency": LATENCY,
    "jitter": distribution(DURATION, "up to so much is added to the latency of each packet, or a distribution"),
    "bandwidth": BANDWIDTH,
    "up": BANDWIDTH | {"description": "out of a node"},
    "down": BANDWIDTH | {"description": "into a node"},
    "loss": either(
        PART,
        mapping("in bursts", {"bursty": PART, "mean_burst": text(NUMBER, minimum=1, maximum=1_000_000)}, ["bursty", "mean_burst"]),
        doc="part of the packets that are lost, below 100%",
    ),
    "queue": either(ABOVE_ZERO, BYTES, doc="what may wait for the link: 200ms, 64KiB"),
    "reorder": mapping("packets that are late", {"part": PART, "by": ABOVE_ZERO}, ["part", "by"]),
    "duplicate": PART | {"description": "part of the packets that arrive twice"},
}
ANY_LINK = either(NAMED_LINK, mapping("a link", LINK | {"like": NAMED_LINK}))
REGION_PAIR = mapping("one way between two regions", {"between": pair(TEXT, TEXT, "the two"), "one_way": LATENCY}, ["between", "one_way"])
NETWORK = mapping(
    "regions of the world",
    {
        "regions": {
            "type": "object",
            "description": "name: what is between its own nodes",
            "minProperties": 1,
            "additionalProperties": mapping("a region", {"latency": LATENCY}),
        },
        "latency": either(
            REGION_PAIR,
            list_of(REGION_PAIR, "between regions"),
            mapping(
                "from each region to each",
                {
                    "matrix": either(
                        {"type": "string", "description": "a CSV file beside the scenario"},
                        {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": LATENCY}},
                    )
                },
                ["matrix"],
            ),
        ),
    },
    ["regions"],
)

TCP = either(
    one_of("linux-legacy", "linux-6.5", "macos", "windows", "ns3-default"),
    mapping(
        "what differs from a profile",
        {
            "profile": one_of("linux-legacy", "linux-6.5", "macos", "windows", "ns3-default"),
            "syn_retries": COUNT,
            "syn_linear_timeouts": COUNT,
            "initial_rto": ABOVE_ZERO,
            "syn_at": list_of(DURATION, "when SYNs are sent, counted from the first"),
            "gives_up_at": ABOVE_ZERO,
            "rto_min": ABOVE_ZERO,
        },
        dependencies={"syn_at": {"required": ["gives_up_at"], "not": {"anyOf": [{"required": [key]} for key in ("syn_retries", "syn_linear_timeouts", "initial_rto")]}}},
    ),
    doc="when SYNs are sent again, and the least retransmission timeout",
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
    "network_changed": mapping("the nodes have another network", ITSELF, ["nodes"]),
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
    "deny": "refused",
}.items():
    peers = mapping(doc, ENDS | {"pick": PICK_ALL} | MARK | ({"weight": COUNT} if word == "tag" else {}), ["from", "to"] + (["weight"] if word == "tag" else []))
    networks = mapping(doc + ", of a network", {"nodes": NODES, "network": {"type": "string", "pattern": rf"^[0-9a-fA-F.:]+(/\d+)?$|{EXPRESSION}"}} | MARK, ["nodes", "network"])
    VERBS[word] = either(peers, networks) if word in ("allow", "deny") else peers

ADDRESS_RANGE = {"type": "string", "pattern": rf"^[0-9a-fA-F.:]+(/\d+)?$|{EXPRESSION}"}
ADDRESS_RANGES = either(ADDRESS_RANGE, list_of(ADDRESS_RANGE, "each node has addresses of each"))
ADDRESSES = either(
    ADDRESS_RANGES,
    mapping(
        "where the nodes are",
        {
            "in": ADDRESS_RANGES,
            "each": SOME | {"maximum": 64, "description": "addresses of a node in each network"},
            "behind_one": SOME | {"maximum": 10_000, "description": "nodes that share an address"},
            "subnets": SOME | {"maximum": 1_000_000, "description": "nodes take turns in so many /24 or /48"},
        },
        ["in"],
    ),
)

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

LINE = {
    "type": "string",
    "pattern": r"[=!]=|[<>]=?|~=|\bin\b|\breaches\b|\beventually\b",
    "description": "GROUP.NUMBER OP VALUE, as in server.active.max <= 256",
}
# `erlang_b(600, load: 550)` without quotes is a mapping to YAML.
NAMED_ARGUMENT = {"type": "object", "patternProperties": {r"\(": TEXT}, "additionalProperties": False,
                  "minProperties": 1, "maxProperties": 1}
EXPECTATION = {
    "anyOf": [
        LINE,
        mapping("a line that need not be put to the test",
                {"expect": {"anyOf": [LINE, NAMED_ARGUMENT]}, "allow_untested": REASON | {"description": "why"}},
                ["expect", "allow_untested"]),
        NAMED_ARGUMENT,
    ],
    "description": LINE["description"],
}


def manager(options):
    keys = {}
    for name, kind, least, most, doc, choices in options:
        number = text(rf"(?:{NUMBER})\s*(?:%|B|kB|MB|GB|KiB|MiB|GiB|/s|/m|/h|/ms)?", minimum=least, maximum=most)
        keys[name] = (one_of(*choices) if choices else DURATION if kind == "duration" else number) | {"description": doc}
    passive = BOOL | {"description": "accept and keep all: no limit, idle end, backoff, breaker or spread that is not said beside it"}
    return either(one_of("passive"), mapping("options of the group's connection managers", {"passive": passive} | keys))


AXIS_PATHS = list_of(TEXT, "paths of `vary`", 2)
LEVEL = one_of("message", "stream", "packet", "loopback")
SWEEP = mapping(
    "what `tandem sweep` varies",
    {
        "vary": {
            "type": "object",
            "description": "PATH: its values, as --set takes it: [64, 128], 10ms..600ms/log/5",
            "additionalProperties": either(list_of({}, "values"), TEXT),
        },
        "zip": either(AXIS_PATHS, list_of(AXIS_PATHS, "several zips"), doc="axes that take their values together"),
        "where": either(TEXT, list_of(TEXT, "all of them"), doc="only these combinations: limit <= 2 * peers"),
        "seeds": text(r"[1-9]\d*", r"until\s+\S+\s+of\s+.+", doc="runs of each combination: 20, until 5% of server.refused"),
        "level": either(LEVEL, list_of(LEVEL, "several levels")),
    },
)

SWARM = mapping(
    "what `tandem swarm` draws for each seed",
    {
        "vary": {
            "type": "object",
            "description": "PATH: 8..64, 1ms..300ms, or a list of values",
            "additionalProperties": either(list_of(TEXT, "one of these"), TEXT),
        },
        "options": BOOL | {"description": "also options of managers, in their default ranges"},
        "faults": list_of(one_of("partition", "link", "die", "pause", "clock_jump", "descriptors", "stall_reading", "forget_flows"), "kinds", 0),
        "faults_most": SOME | {"maximum": 100},
        "chaos": ABOVE_ZERO | {"description": "how long faults begin and last"},
        "within": ABOVE_ZERO | {"description": "all is well again so soon after the last fault"},
    },
)


SECURITY = one_of("tls", "noise", "plaintext", doc="what connections are secured with")


def scenario(options):
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "https://tandem.invalid/scenario.schema.json",
        "title": "Tandem scenario",
        "definitions": {
            "durations": either(
                distribution(ABOVE_ZERO, "a duration, or a distribution of durations"),
                one_of("kad_session", "kad_first_session", "kad_absence", doc="as measured: scenarios/reference/values.md"),
            ),
            "arrivals": ARRIVALS,
            "per": one_of("node", doc="each node has arrivals of its own"),
            "manager": manager(options),
        },
    } | mapping(
        "a scenario: groups of nodes, what they do, what befalls them, and what is expected",
        {
            "scenario": NAME | {"description": "its name"},
            "description": TEXT,
            "extends": TEXT | {"description": "a file whose keys this one has too, unless it says otherwise"},
            "parameters": {"type": "object", "description": "names for values: ${name}, with defaults", "additionalProperties": TEXT},
            "levels": list_of(one_of("message", "stream", "packet", "loopback"), "where it runs") | {"uniqueItems": True},
            "seed": COUNT | {"maximum": 2**64 - 1},
            "duration": ABOVE_ZERO | {"description": "length of the run"},
            "sample_every": ABOVE_ZERO,
            "tcp": TCP,
            "network": NETWORK,
            "groups": {
                "type": "object",
                "description": "name: what its nodes are",
                "minProperties": 1,
                "propertyNames": {"pattern": NAME["pattern"]},
                "additionalProperties": either(
                    {"type": "null"},
                    mapping(
                        "a group of equal nodes",
                        {
                            "count": SOME | {"maximum": 10_000_000},
                            "listen": BOOL,
                            "manager": ref("manager"),
                            "behaviour": BEHAVIOUR,
                            "addresses": ADDRESSES,
                            "stale_addresses": mapping("addresses that others try first", {"silent": COUNT, "refusing": COUNT}),
                            "security": either(SECURITY, list_of(SECURITY, "in order of preference")),
                            "buffers_max": BYTES,
                            "connection_buffers_max": BYTES,
                            "link": ANY_LINK,
                            "region": TEXT,
                        },
                    ),
                ),
            },
            "links": mapping(
                "latency, bandwidth and loss between groups",
                {
                    "default": ANY_LINK,
                    "between": list_of(mapping("of two groups", LINK | {"link": ANY_LINK, "groups": pair(NAME, NAME, "the two")}, ["groups"]), "of pairs"),
                },
            ),
            "workload": list_of(only_one("what nodes do", VERBS), "what nodes do", 0),
            "faults": list_of(only_one("what befalls them", FAULTS), "what befalls them", 0),
            "expectations": list_of(EXPECTATION, "what must hold", 0),
            "sweep": SWEEP,
            "swarm": SWARM,
        },
    )


def main():
    """With a second argument, which nobody reads, the text is a literal of C++."""
    result = scenario(options_of(pathlib.Path(sys.argv[1])))
    # A file that extends another need not say what that says.
    result["if"] = {"not": {"required": ["extends"]}}
    result["then"] = {"required": ["scenario", "duration", "groups"]}
    whole = json.dumps(result, indent=1)
    print(f'R"schema({whole})schema"' if len(sys.argv) > 2 else whole)


if __name__ == "__main__":
    main()
