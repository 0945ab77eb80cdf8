# SPDX-License-Identifier: MIT
"""Links, regions, TCP and addresses."""

from forms import (
    ABOVE_ZERO, BANDWIDTH, BYTES, COUNT, DURATION, EXPRESSION, NUMBER, SOME, TEXT, distribution, either, list_of,
    mapping, one_of, pair, text
)

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
