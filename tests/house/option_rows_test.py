# SPDX-License-Identifier: MIT
"""The table of options is made of the comments of options.hpp: what those must say, and what happens when they do not."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(header):
    return subprocess.run([sys.executable, ROOT / "lib/core/option_rows.py", header], capture_output=True, text=True)


def of(tmp_path, *lines):
    header = tmp_path / "options.hpp"
    header.write_text("struct some_options {\n" + "".join(f"  {line}\n" for line in lines) + "};\n")
    return run(header)


def test_a_row_is_what_the_field_and_its_comment_say(tmp_path):
    made = of(tmp_path, "/// How long \"it\"", "/// may take. Range 1 ms to 1 year. Default: RFC 1.", "duration wait = seconds(3);")
    assert '{"wait", &o::wait, 0.001, 31536000.0, "How long \\"it\\" may take. Range 1 ms to 1 year. Default: RFC 1."},' in made.stdout


def test_numbers_have_powers_and_fractions(tmp_path):
    made = of(tmp_path, "/// Ratio. Range 0.5 to 10^9.", "double ratio = 2;", "/// Count. Range 0 to 2 million.", "std::uint64_t count{};")
    assert '&o::ratio, 0.5, 1000000000.0, ' in made.stdout
    assert '&o::count, 0.0, 2000000.0, ' in made.stdout


def test_a_choice_has_the_names_of_its_enumerators(tmp_path):
    header = tmp_path / "options.hpp"
    header.write_text("enum class mode : char {\n  off,\n  now_,  ///< `now`: at once\n};\n"
                      "struct some_options {\n  /// When.\n  mode when = mode::off;\n};\n")
    made = run(header).stdout
    assert 'mode_names[] = {"off", "now"};' in made
    assert '{"when", choice_of<&o::when>(mode_names), 0, 1, "When."},' in made


@pytest.mark.parametrize("comment, field", [
    (None, "std::uint64_t count = 3;"),
    ("/// A count without a range.", "std::uint64_t count = 3;"),
    ("/// A count. Range 1 to many.", "std::uint64_t count = 3;"),
    ("/// A count. Range 5 to 4.", "std::uint64_t count = 3;"),
    ("/// A count in seconds. Range 1 s to 1 year.", "std::uint64_t count = 3;"),
    ("/// A time of no unit. Range 1 to 10.", "duration wait = seconds(3);"),
    ("/// What is that? Range 1 to 10.", "std::string name;"),
    ("/// No value. Range 1 to 10.", "std::uint64_t count;"),
])
def test_what_cannot_be_understood_is_named_with_its_line(tmp_path, comment, field):
    made = of(tmp_path, "/// Good. Range 1 to 2.", "double good = 1;", *filter(None, [comment]), field)
    assert made.returncode != 0
    line = 5 if comment else 4
    assert f"options.hpp:{line}: no option is described by `{field}`" in made.stderr, made.stderr


def test_every_option_of_the_library_is_described():
    made = run(ROOT / "lib/include/tandem/core/options.hpp")
    assert made.returncode == 0, made.stderr
    assert made.stdout.count(', &o::') + made.stdout.count(', choice_of') >= 56
