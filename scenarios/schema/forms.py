# SPDX-License-Identifier: MIT
"""Forms of values, and of mappings and lists of them."""

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
