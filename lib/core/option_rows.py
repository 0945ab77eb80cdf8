# SPDX-License-Identifier: MIT
"""option_rows.py OPTIONS_HPP: prints the rows of option_table(), which the build puts into options.cpp.

The fields of the option structs and the comments above them are the only place where options are described:
name, type, default, meaning and origin as a reader of the header finds them, and the range, which a comment
gives as `Range LEAST to MOST.`, but for a choice: that is one of the enumerators.
"""

import pathlib
import re
import sys

NUMBERS = {"": 1, " million": 1_000_000}
TIMES = {" ms": 0.001, " s": 1, " year": 31_536_000}
UNITS = {"std::uint64_t": NUMBERS, "double": NUMBERS, "duration": TIMES}


def number(text, units):
    if text == "0":
        return 0.0
    digits, power, unit = re.fullmatch(r"([\d.]+)(?:\^(\d+))?(\D*)", text).groups()
    return float(digits) ** int(power or 1) * units[unit]


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def names_of(enumerators):
    """An enumerator that cannot have its name has it in front of its comment: `name`."""
    for line in enumerators.strip().splitlines():
        name, said = re.fullmatch(r"\s*(\w+),?(?:\s*///< (?:`(\w+)`)?.*)?", line).groups()
        yield said or name


def enums_of(text):
    return {
        name: list(names_of(inside))
        for name, inside in re.findall(r"^enum class (\w+)[^{]*\{\n(.*?)^\};", text, re.M | re.S)
    }


def options_of(text):
    """Yields name, type, least, most, meaning and names to choose from (or none) of each option; raises ValueError
    about the line at fault."""
    enums = enums_of(text)
    for struct in re.finditer(r"^struct \w+_options \{\n(.*?)^\};", text, re.M | re.S):
        doc = []
        for at, line in enumerate(struct[1].splitlines(), text[: struct.start(1)].count("\n") + 1):
            line = line.strip()
            if line.startswith("/// "):
                doc.append(line[4:])
            elif not line.startswith("friend "):
                try:
                    yield option_of(line, " ".join(doc), enums)
                except (AttributeError, KeyError, ValueError):
                    form = "/// What it does. Range 1 ms to 1 year. Default: its origin.\n  duration name = value;"
                    raise ValueError(f"{at}: no option is described by `{line}` and its comment; as in\n  {form}") from None
                doc = []


def option_of(field, doc, enums):
    kind, name = re.fullmatch(r"(?:tandem::)?([\w:]+) (\w+)(?: = .+|\{\});", field).groups()
    choices = [] if kind in UNITS else enums[kind]
    if choices:
        least, most = 0, len(choices) - 1
    else:
        ends = re.search(r"\bRange (\S+(?: \w+)?) to (.+?)\.(?: |$)", doc).groups()
        least, most = (number(end, UNITS[kind]) for end in ends)
    if not doc or least > most:
        raise ValueError
    return name, kind, least, most, doc, choices


def table_of(text):
    """Yields the lines of the table and of what it uses."""
    for name, names in enums_of(text).items():
        yield f"constexpr std::string_view {name}_names[] = {{{', '.join(map(quoted, names))}}};"
    yield "constexpr std::array table = std::to_array<option_row>({"
    for name, kind, least, most, doc, choices in options_of(text):
        field = f"choice_of<&o::{name}>({kind}_names)" if choices else f"&o::{name}"
        yield f"{{{quoted(name)}, {field}, {least!r}, {most!r}, {quoted(doc)}}},"
    yield "});"


if __name__ == "__main__":
    header = pathlib.Path(sys.argv[1])
    try:
        print("\n".join(table_of(header.read_text())))
    except ValueError as error:
        sys.exit(f"{header}:{error}")
