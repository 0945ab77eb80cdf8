# SPDX-License-Identifier: MIT
"""The classes of tandem.events and tandem.actions are the structs of the headers (bindings/native/contract.py)."""

import importlib.util
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER = """namespace events {

/// A peer
///   waves  as people do.
struct waved {
  peer_id who{};
  /// How long.
  duration took{};
  cause why = cause::limit_reached;
  time_point until = never;  ///< none: for ever
};
struct slept {};  ///< Nobody.

}  // namespace events
"""


def module_of(header, folder, name):
    subprocess.run([sys.executable, ROOT / "bindings/native/contract.py", header, folder], check=True)
    spec = importlib.util.spec_from_file_location(name, folder / f"{header.stem}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def test_a_struct_is_a_class_with_its_comment_its_fields_and_their_defaults(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/events.hpp").write_text(HEADER)
    made = module_of(tmp_path / "in/events.hpp", tmp_path, "made_of_a_header")
    assert repr(made.Waved("bob")) == "Waved(who='bob', took=0.0, why='LimitReached', until=None)"
    assert made.Waved.__doc__.split() == "A peer waves as people do. took: How long. until: none: for ever".split()
    assert made.Slept.__doc__ == "Nobody." and isinstance(made.Slept(), made.Event)
    with pytest.raises(TypeError, match="who"):
        made.Waved()
    with pytest.raises(AttributeError):
        made.Waved("bob").who = "carol"


@pytest.mark.parametrize("kind, base", [("events", "Event"), ("actions", "Action")])
def test_every_alternative_of_the_contract_is_a_class_that_says_what_it_is(kind, base, tmp_path):
    header = ROOT / f"lib/include/tandem/core/{kind}.hpp"
    made = module_of(header, tmp_path, f"made_{kind}")
    variant = re.search(rf"using {base.lower()} =\s+std::variant<(.*?)>;", header.read_text(), re.S)[1]
    names = {"".join(part.capitalize() for part in name.split("_")) for name in re.findall(rf"{kind}::(\w+)", variant)}
    classes = {name: of for name, of in vars(made).items() if isinstance(of, type) and issubclass(of, getattr(made, base))}
    assert names == set(classes) - {base} and len(names) > 10
    assert not [name for name, of in classes.items() if not of.__doc__ or of.__doc__.startswith(f"{name}(")]
