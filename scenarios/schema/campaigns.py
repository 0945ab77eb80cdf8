# SPDX-License-Identifier: MIT
"""What `tandem sweep` and `tandem swarm` vary."""

from forms import ABOVE_ZERO, BOOL, SOME, TEXT, either, list_of, mapping, one_of, text

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
