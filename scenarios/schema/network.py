# SPDX-License-Identifier: MIT
"""Links, regions, routers, TCP and addresses."""

from forms import (
    ABOVE_ZERO, BANDWIDTH, BYTES, COUNT, DURATION, EXPRESSION, NUMBER, SOME, TEXT, distribution, either, list_of,
    mapping, one_of, only_one, pair, text
)

PART = text(rf"0?\.\d+|0|\d?\d(\.\d*)?\s*%", doc="a part below 100%", minimum=0, exclusiveMaximum=1)
NAMED_LINK = one_of(
    "datacentre", "fibre", "cable", "dsl", "lte", "3g", "wifi_congested", "starlink", "geo_satellite", "transatlantic", "intercontinental",
    doc="a named link",
)
LATENCY = distribution(DURATION, "one way, a duration or a distribution of durations")
LENGTH = either(ABOVE_ZERO, BYTES, doc="what may wait for the link: 200ms, 64KiB")
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
    "queue": LENGTH,
    "reorder": mapping("packets that are late", {"part": PART, "by": ABOVE_ZERO}, ["part", "by"]),
    "duplicate": PART | {"description": "part of the packets that arrive twice"},
}
ANY_LINK = either(NAMED_LINK, mapping("a link", LINK | {"like": NAMED_LINK}))
REGION_PAIR = mapping("one way between two regions", {"between": pair(TEXT, TEXT, "the two"), "one_way": LATENCY}, ["between", "one_way"])
LINE = {
    "latency": DURATION | {"description": "one way"},
    "bandwidth": BANDWIDTH,
    "queue": either(LENGTH, only_one("who decides what is dropped", {kind: LENGTH for kind in ("fifo", "red", "codel", "fq_codel")})),
}
TOPOLOGY = either(
    one_of("dumbbell", "star", "tree"),
    only_one(
        "routers between the nodes",
        {
            "star": mapping("routers around one", {"leaves": SOME | {"maximum": 999}}),
            "tree": mapping("routers below one", {"depth": SOME | {"maximum": 10}, "fanout": SOME | {"maximum": 999}}),
            "from": {"type": "string", "description": "a GraphML file beside the scenario"},
        },
    ),
)
CROSSES = {
    "from": TEXT | {"description": "a router"},
    "to": TEXT | {"description": "a router"},
    "flows": SOME | {"maximum": 1000},
    "at": DURATION,
    "until": ABOVE_ZERO,
    "for": ABOVE_ZERO,
}
ON_OFF = CROSSES | {
    "rate": BANDWIDTH,
    "size": BYTES | {"description": "of a packet"},
    "on": distribution(DURATION, "how long it sends"),
    "off": distribution(DURATION, "how long it pauses"),
}
CROSS_TRAFFIC = only_one(
    "what others send",
    {
        "bulk": mapping("as much as TCP lets through", CROSSES, ["from", "to"]),
        "on_off": mapping("UDP at a rate, now and then", ON_OFF, ["from", "to", "rate"]),
    },
)
NETWORK = mapping(
    "regions of the world, or routers between the nodes",
    {
        "topology": TOPOLOGY,
        "bottleneck": mapping("the line of a dumbbell", LINE),
        "links": mapping(
            "lines between routers",
            {
                "default": mapping("each", LINE),
                "between": list_of(mapping("those between some", LINE | {"routers": pair(TEXT, TEXT, "the ends")}, ["routers"]), "of pairs"),
            },
        ),
        "cross_traffic": list_of(CROSS_TRAFFIC, "what others send", 0),
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
    anyOf=[{"required": ["regions"]}, {"required": ["topology"]}],
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
            "congestion": one_of("cubic", "new_reno", "linux_reno", "bbr", "bic", "htcp", "hybla", "high_speed", "illinois", "scalable", "vegas", "veno", "yeah"),
        },
        dependencies={"syn_at": {"required": ["gives_up_at"], "not": {"anyOf": [{"required": [key]} for key in ("syn_retries", "syn_linear_timeouts", "initial_rto")]}}},
    ),
    doc="when SYNs are sent again, and the least retransmission timeout",
)

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
