# SPDX-License-Identifier: MIT
"""Manual pages and shell completion: made of the command's own table, of which nothing may be missing."""

import json
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from support import TANDEM, tandem

MAKE = pathlib.Path(__file__).resolve().parents[2] / "lib/command/manual/make_manual.py"
TABLE = json.loads(tandem("--help-json").stdout)
COMMANDS = {each["name"]: each for each in TABLE["commands"]}


def made_of(table, folder):
    subprocess.run([sys.executable, MAKE, folder, "1.2.3"], input=json.dumps(table), text=True, check=True)
    return folder


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    return made_of(TABLE, tmp_path_factory.mktemp("manual"))


def needs(program):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed")


def shown(page):
    """A page as a person reads it, without line breaks."""
    read = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, text=True, check=True,
                          env={"MANWIDTH": "500", "PATH": "/usr/bin:/bin"})
    assert read.stderr == ""
    return read.stdout


def test_the_table_has_what_help_says():
    listed = re.findall(r"^  ([a-z]+) ", tandem("--help").stdout.split("Subcommands:")[1].split("\n\n")[0], re.M)
    assert list(COMMANDS) == listed and {"node", "version"} <= set(listed)
    for name, command in COMMANDS.items():
        names = {name for option in command["options"] for name in option["names"]}
        assert set(re.findall(r"^  (?:-\w,)?(--[a-z0-9-]+)", tandem(name, "--help").stdout, re.M)) <= names
    assert tandem("--help-json", "node").stdout == tandem("--help-json").stdout


@needs("man")
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_a_command_has_a_page_without_warnings_that_names_each_option(manual, name):
    text = shown(manual / f"man1/{'tandem-' + name if name else 'tandem'}.1")
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"):
        assert re.search(f"^{section}$", text, re.M), section
    command = COMMANDS[name] if name else TABLE
    for option in command["options"]:
        for each in option["names"] or [option["positional"]]:
            assert re.search(rf"^ +(\S+, )*{each}\b", text, re.M), each
    for example in command["footer"].partition("Example")[2].splitlines()[1:]:
        assert example.strip() in text


@needs("mandoc")
def test_pages_are_clean_to_mandoc_but_for_a_date_that_they_do_not_have(manual):
    said = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *sorted((manual / "man1").iterdir())],
                          capture_output=True, text=True).stdout
    assert [line for line in said.splitlines() if "missing date" not in line] == []


@needs("man")
def test_signs_of_roff_are_shown_as_they_are(tmp_path):
    odd = ".a 'line' that `begins` with a dot\\n, a back\\slash and --dashes"
    option = {"names": ["--odd"], "positional": "", "value": "TEXT:INT in [1 - 9]", "default": "'x'", "required": False,
              "group": "Options", "doc": odd}
    odd_command = {"name": "odd", "doc": odd, "footer": f"{odd}\nExamples:\n  .x '{odd}'", "options": [option],
                   "commands": []}
    made_of({"name": "t", "doc": "t", "footer": "", "options": [], "commands": [odd_command]}, tmp_path)
    text = shown(tmp_path / "man1/t-odd.1")
    assert text.count(odd) == 5 and ", INT in [1 - 9] (default: 'x')." in text and "--odd TEXT\n" in text
    for shell, file in (("bash", "bash/t"), ("zsh", "zsh/_t"), ("fish", "fish/t.fish")):
        if shutil.which(shell):
            subprocess.run([shell, "-n", tmp_path / file], check=True)


def in_bash(manual, *words):
    """What bash proposes for the last of the words, and whether it goes on with files."""
    script = (f'compopt() {{ echo FILES; }}; . {manual}/bash/tandem; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
              '_tandem; printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", "tandem", *words], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_and_options(manual):
    assert in_bash(manual, "") == [*COMMANDS, "-h", "--help", "--version", "--help-json"]
    assert in_bash(manual, "no") == ["node"]
    assert in_bash(manual, "--v") == ["--version"]
    assert in_bash(manual, "unknown", "--") == []
    for name, command in COMMANDS.items():
        expected = [each for option in command["options"] for each in option["names"]]
        assert in_bash(manual, name, "-") == expected
    assert in_bash(manual, "node", "--identity-f") == ["--identity-file"]
    assert in_bash(manual, "node", "--no-metrics", "--metrics-p") == ["--metrics-port"]


def test_bash_proposes_files_where_there_may_be_some(manual):
    assert in_bash(manual, "node", "--identity-file", "") == ["FILES"]
    assert in_bash(manual, "node", "--record", "x") == ["FILES"]
    assert in_bash(manual, "replay", "x") == ["FILES"]
    for no_file in ("--metrics-port", "--max-memory", "--security", "--backoff-cap", "--eviction"):
        assert in_bash(manual, "node", no_file, "") == [], no_file


@needs("fish")
@pytest.mark.parametrize("line, proposed", [
    ("tandem no", ["node"]), ("tandem --v", ["--version"]), ("tandem node --identity-f", ["--identity-file"]),
    ("tandem version --", ["--help", "--json"]), ("tandem replay --listen", []),
    ("tandem node --no-metrics --metrics-p", ["--metrics-port"])])
def test_fish_completes_commands_and_options(manual, line, proposed):
    said = subprocess.run(["fish", "--no-config", "-c", f"source {manual}/fish/tandem.fish; complete -C '{line}'"],
                          capture_output=True, text=True, check=True, timeout=60).stdout
    assert [row.split("\t")[0] for row in said.splitlines()] == proposed


@needs("zsh")
@pytest.mark.parametrize("typed, becomes", [
    ("tandem nod", "tandem node "), ("tandem --vers", "tandem --version "),
    ("tandem node --identity-f", "tandem node --identity-file "),
    ("tandem node --no-metrics --metrics-p", "tandem node --no-metrics --metrics-port ")])
def test_zsh_completes_commands_and_options(manual, typed, becomes):
    """In a terminal, as there is no other way to ask it; it answers with the completed line."""
    script = f"""zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "fpath=({manual}/zsh \\$fpath); autoload -Uz compinit; compinit -D; bindkey '^I' complete-word; PS1=rea; PS1+=dy"
zpty -r shell said '*ready*'
zpty -w -n shell $'{typed}\\tEND'
zpty -r shell said '*END*'
print -r -- "$said"
zpty -d shell
"""
    said = subprocess.run(["zsh", "-f", "-c", script], capture_output=True, text=True, check=True, timeout=60).stdout
    assert f"{becomes}END" in re.sub(".\x08", "", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", said))


def test_the_installed_manual_is_that_of_the_command(manual):
    built = pathlib.Path(TANDEM).parent / "manual"
    names = sorted(path.relative_to(manual).as_posix() for path in manual.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file())
    for name in names:
        assert (built / name).read_text().replace("0.1.0", "1.2.3") == (manual / name).read_text(), name
