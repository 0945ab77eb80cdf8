# SPDX-License-Identifier: MIT
"""The schema that editors use against every scenario and every bad file."""

import json
import os
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads(subprocess.run([os.environ["TANDEM_COMMAND"], "schema"], capture_output=True, text=True, check=True).stdout)
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)

# What a look at one place of a file shows. The rest, as that a group exists or that one time is before another, is
# for `tandem check` alone.
SEEN = re.compile(
    r"^unknown key |is missing in |must be (a|one of|text|true|whole|above 0|at least 1)\b|must have exactly one of|"
    r"^no (level|TCP profile|dial mode|way to pick) is called|is no quantile|cannot name a (group|fault)|must be a mapping"
)


class Loader(yaml.SafeLoader):
    """YAML 1.2, as editors read it: yes and no are words, and no key comes twice."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            raise yaml.constructor.ConstructorError(problem="a key comes twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if not (tag.endswith(":bool") and first not in "tTfF") and not tag.endswith(":timestamp")]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def mistakes(text):
    return [f"{list(error.path)}: {error.message}" for error in VALIDATOR.iter_errors(yaml.load(text, Loader))]


def examples():
    for page in sorted(ROOT.glob("scenarios/reference/*.md")):
        for n, text in enumerate(re.findall(r"^```yaml\n(scenario:.*?)^```", page.read_text(), re.M | re.S)):
            yield pytest.param(text, id=f"{page.name}-{n}")


def files():
    for path in sorted([*ROOT.glob("scenarios/*.yaml"), *ROOT.glob("tests/**/good/*.yaml")]):
        yield pytest.param(path.read_text(), id=path.name)


def test_the_schema_is_one():
    VALIDATOR.check_schema(SCHEMA)


@pytest.mark.parametrize("text", [*files(), *examples()])
def test_every_scenario_keeps_it(text):
    assert mistakes(text) == [], "a new key belongs into scenarios/schema"


def shown(path):
    text = path.read_text()
    return "${" not in text and any(SEEN.search(line) for line in re.findall(r"^# says \d+:\d+: (.*)", text, re.M))


@pytest.mark.parametrize("path", filter(shown, sorted(ROOT.glob("tests/scenarios/bad/*.yaml"))), ids=lambda path: path.stem)
def test_a_bad_file_breaks_it_where_one_place_shows_the_mistake(path):
    try:
        assert mistakes(path.read_text())
    except yaml.YAMLError:
        pass  # told by every editor


def test_every_option_of_the_manager_is_described():
    options = SCHEMA["definitions"]["manager"]["anyOf"][1]["properties"]
    assert len(options) > 60
    assert "LimitReached" in options["max_connections"]["description"]
