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

sys.dont_write_bytecode = True  # of the modules beside this one: the source tree stays as it is

from campaigns import SWARM, SWEEP
from faults import BEHAVIOUR, FAULTS
from forms import (
    ABOVE_ZERO, BOOL, BYTES, COUNT, DURATION, NAME, NUMBER, REASON, SOME, TEXT, distribution, either, list_of,
    mapping, one_of, only_one, pair, ref, text
)
from network import ADDRESSES, ANY_LINK, LINK, NETWORK, TCP
from workload import ARRIVALS, VERBS

ROOT = pathlib.Path(__file__).resolve().parents[2]


def options_of(header):
    rows = importlib.util.spec_from_file_location("option_rows", ROOT / "lib/core/option_rows.py")
    module = importlib.util.module_from_spec(rows)
    rows.loader.exec_module(module)
    return module.options_of(header.read_text())


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
                            "router": TEXT | {"description": "where its nodes are: a router, or several"},
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
