# SPDX-License-Identifier: MIT
"""The house rules that a compiler does not check: which room may include which, and what the core
must not know. Run by ctest with /usr/bin/python3 -m pytest."""

import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Room -> rooms whose headers it may include (DESIGN: core <- net <- asio <- command <- scenarios <- bindings,
# and net <- sim <- scenarios).
MAY_INCLUDE = {
    "core": {"core"},
    "net": {"core", "net"},
    "asio": {"core", "net", "asio"},
    "command": {"core", "net", "asio", "command"},
    "sim": {"core", "net", "sim"},
    "packet": {"core", "net", "sim", "packet"},
    "scenarios": {"core", "net", "asio", "command", "sim", "scenarios"},
}
# Where a level is wired in, ns-3's room is in sight.
WIRING = {"scenarios/cli", "bindings"}

FOLDERS = {
    "lib/core": "core",
    "lib/include/tandem/core": "core",
    "lib/net": "net",
    "lib/include/tandem/net": "net",
    "lib/asio": "asio",
    "lib/include/tandem/asio": "asio",
    "lib/command": "command",
    "sim/kernel": "sim",
    "sim/stream": "sim",
    "sim/message": "sim",
    "sim/include": "sim",
    "sim/packet": "packet",
    "scenarios": "scenarios",
}

# Room -> wing -> wings of the same room whose headers it may include, beside its own.
WINGS = {
    "lib/core": {
        "table": set(),
        "trace": set(),
        "policy": {"table", "trace"},
        "life": {"policy", "table", "trace"},
        "replay": {"life", "policy", "table", "trace"},
    },
    "lib/net": {
        "protocol": set(),
        "security": {"protocol"},
        "session": {"protocol", "security"},
        "node": {"session", "protocol", "security"},
        "recording": set(),
    },
}


def sources(folder):
    for path in sorted((ROOT / folder).rglob("*")):
        if path.suffix in {".hpp", ".cpp", ".h", ".cc"}:
            yield path


def rooms_included(path):
    for target in re.findall(r'#include\s+[<"]tandem/(\w+)/', path.read_text()):
        yield target


def test_every_folder_of_the_map_has_sources():
    for folder in FOLDERS:
        assert list(sources(folder)), folder


def test_arrows_point_one_way():
    wrong = []
    for folder, room in FOLDERS.items():
        for path in sources(folder):
            relative = path.relative_to(ROOT).as_posix()
            allowed = MAY_INCLUDE[room]
            if any(relative.startswith(place) for place in WIRING):
                allowed = allowed | {"packet"}
            wrong += [f"{relative} includes {r}" for r in rooms_included(path) if r not in allowed]
    assert wrong == []


def test_arrows_between_wings_point_one_way():
    wrong = []
    for room, wings in WINGS.items():
        folders = {path.name for path in (ROOT / room).iterdir() if path.is_dir()}
        assert folders == set(wings), room
        for wing, below in wings.items():
            for path in sources(f"{room}/{wing}"):
                for target in re.findall(r'#include\s+"(?!tandem/)([^"]+)"', path.read_text()):
                    known = re.fullmatch(rf"{pathlib.Path(room).name}/(?:(\w+)/)?\w+\.hpp", target)
                    if not known or (known[1] and known[1] not in below | {wing}):
                        wrong.append(f"{path.relative_to(ROOT)} includes {target}")
    assert wrong == []


def test_what_reads_runs_and_keeps_a_scenario_knows_no_campaign():
    wrong = [
        f"{path.relative_to(ROOT)} includes {target}"
        for wing in ("read", "run", "worlds", "results")
        for path in sources(f"scenarios/{wing}")
        for target in re.findall(r'#include\s+"((?:tandem/scenarios/)?campaign/[^"]+)"', path.read_text())
    ]
    assert wrong == []


def test_the_core_knows_no_clock_no_network_and_no_random_device():
    forbidden = re.compile(r"::now\(|random_device|boost/asio|ns3/|<thread>|<iostream>|spdlog")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for folder in ("lib/core", "lib/include/tandem/core")
        for path in sources(folder)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if forbidden.search(line)
    ]
    assert wrong == []


def test_only_the_packet_room_includes_ns3():
    wrong = [
        path.relative_to(ROOT).as_posix()
        for top in ("lib", "sim", "scenarios", "bindings")
        for path in sources(top)
        if "sim/packet" not in path.as_posix() and re.search(r'#include\s+[<"]ns3/', path.read_text())
    ]
    assert wrong == []


def test_the_public_headers_of_scenarios_and_sim_do_not_include_asio_or_ns3():
    # The .h files of sim/packet are for ns-3 users, in ns-3's manner.
    wrong = []
    for folder in ("scenarios/include", "sim/packet/include"):
        for path in sources(folder):
            if path.suffix == ".hpp" and re.search(r'#include\s+[<"](boost/asio|ns3)/', path.read_text()):
                wrong.append(path.relative_to(ROOT).as_posix())
    assert wrong == []


def test_the_seam_has_at_most_four_interfaces_and_fifteen_functions():
    seam = ["clock.hpp", "byte_stream.hpp", "network.hpp"]
    text = "".join((ROOT / "lib/include/tandem/net" / name).read_text() for name in seam)
    functions = [f for f in re.findall(r"virtual [^;]*;", text) if "~" not in f]
    interfaces = re.findall(r"virtual ~(\w+)\(", text)
    assert len(interfaces) <= 4, interfaces
    assert len(functions) <= 15, functions


def test_no_source_uses_the_wall_clock_where_time_is_virtual():
    forbidden = re.compile(r"(system|steady|high_resolution)_clock|random_device|std::rand\b|gettimeofday")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("lib/core", "lib/net", "sim")
        for path in sources(folder)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if forbidden.search(line.split("//")[0])
    ]
    assert wrong == []


def test_every_source_names_its_licence():
    wrong = []
    for top in ("lib", "sim", "scenarios", "bindings"):
        for path in sources(top):
            first = path.read_text().split("\n", 1)[0]
            licence = "GPL-2.0-only" if "sim/packet" in path.as_posix() else "MIT"
            if first != f"// SPDX-License-Identifier: {licence}":
                wrong.append(path.relative_to(ROOT).as_posix())
    assert wrong == []


def test_who_shows_fields_by_hand_names_every_member():
    # TANDEM_FIELDS does not compile without one, an aggregate shows its members by itself.
    wrong = [
        f"{path.relative_to(ROOT)}: {first.strip()}"
        for path in sources("lib")
        for first in re.findall(r"void fields\(auto& a\) \{(?! *\\\n)\s*(.*)", path.read_text())
        if not re.search(r"^(\{ )?(\[\[maybe_unused\]\] )?auto& \[", first)
    ]
    assert wrong == []


def test_the_package_of_python_stays_small():
    lines = {path.name: path.read_text().count("\n") for path in (ROOT / "bindings/tandem").glob("*.py")}
    assert len(lines) > 10 and sum(lines.values()) < 3000, lines


def test_no_file_has_marks_of_a_merge():
    found = subprocess.run(["git", "grep", "-lE", "^(<{7}|>{7}) "], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode != 0, found.stdout


def test_prose_is_read_without_scrolling_sideways():
    # Tables and code are as wide as what they show.
    wrong = []
    pages = [page for page in ROOT.rglob("*.md") if not {"build", ".venv"} & set(page.relative_to(ROOT).parts)]
    for page in sorted(pages):
        code = False
        for at, line in enumerate(page.read_text().splitlines(), 1):
            code ^= line.lstrip().startswith("```")
            if len(line) > 120 and not code and not line.startswith(("|", "    ")) and " " in line.strip():
                wrong.append(f"{page.relative_to(ROOT)}:{at}")
    assert pages and wrong == []


def test_the_action_for_other_repositories_runs_what_is_there():
    action = (ROOT / "ci/action/action.yml").read_text()
    here = ROOT / "ci/action"
    assert {(here / path).resolve().name for path in re.findall(r"action_path }}/(\.\./\w+) ", action)} == {"setup", "build"}
    for script in ("setup", "build"):
        assert (here / ".." / script).resolve().is_file()
    runs = yaml.safe_load(action)["runs"]
    assert runs["using"] == "composite" and all("shell" in step for step in runs["steps"] if "run" in step)


@pytest.mark.parametrize("wrong", [["0"], ["-1"], ["a minute"], ["3", "4"], ["--merge", "3"], ["--help"]])
def test_the_fuzzers_refuse_what_they_do_not_know(wrong):
    run = subprocess.run([ROOT / "ci/fuzz", *wrong], capture_output=True, text=True)
    assert run.returncode == 2 and run.stdout == ""
    assert " ".join(wrong) in run.stderr and "usage: ci/fuzz [SECONDS | --merge]" in run.stderr


def test_every_program_says_who_runs_it():
    listed = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    programs = [line.split("\t")[1] for line in listed.splitlines() if line.startswith("100755")]
    assert "ci/test" in programs
    assert [path for path in programs if not (ROOT / path).read_bytes().startswith(b"#!")] == []
