#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tandem --help-json | make_manual.py FOLDER VERSION: manual pages and completion of shells, all from the one table.

FOLDER/man1/tandem.1, FOLDER/man1/tandem-COMMAND.1; FOLDER/bash/tandem, FOLDER/zsh/_tandem, FOLDER/fish/tandem.fish.
"""

import json
import pathlib
import re
import sys

FILES = {"PATH", "FILE", "DIR", "OUT"}  # of other kinds of values a shell knows nothing


def value(option):
    """`UINT` of `UINT:INT in [1 - 1024]`."""
    return option["value"].partition(":")[0]


def kind(option):
    """`file`, `word`, or nothing for a flag."""
    if not option["value"]:
        return ""
    return "file" if value(option) in FILES or re.match("(A )?(file|folder)", option["doc"], re.I) else "word"


def flags(command):
    return [option for option in command["options"] if option["names"]]


# --- manual pages ---

def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    return re.sub(r"^\.", "\\\\&.", text, flags=re.M)


def named(option):
    names = ", ".join(f"\\fB{roff(name)}\\fR" for name in option["names"])
    if not names:
        return f"\\fI{roff(option['positional'])}\\fR"
    return f"{names} \\fI{roff(value(option))}\\fR" if option["value"] else names


def entry(option):
    doc = option["doc"].rstrip(".") + (f", {option['value'].partition(':')[2]}" if ":" in option["value"] else "")
    default = f" (default: {option['default']})" if option["default"] else ""
    return f".TP\n{named(option)}\n{roff(doc + default)}.\n"


def sections(footer):
    """(exit codes, examples, the rest) of what --help ends in."""
    before, _, examples = re.sub("^Example:", "Examples:", footer, flags=re.M).partition("Examples:\n")
    told, _, codes = before.partition("Exit codes:")
    return " ".join(codes.split()), examples.rstrip("\n"), " ".join(told.split())


def page(title, command, about, synopsis, others, version):
    codes, examples, told = sections(command["footer"])
    doc, _, summary_codes = command["doc"].partition("\nExit codes:")
    codes = codes or " ".join(summary_codes.split())
    # No date: the same sources make the same page.
    text = [f'.TH {roff(title.upper())} 1 "" "Tandem {version}" "Tandem"\n',
            f".SH NAME\n{roff(title)} \\- {roff(about)}\n", f".SH SYNOPSIS\n{synopsis}\n",
            f".SH DESCRIPTION\n{roff(' '.join(doc.split()).rstrip('.'))}.\n"]
    if told:
        text.append(f".PP\n{roff(told)}\n")
    for group in dict.fromkeys(option["group"] for option in command["options"]):
        text.append(f".SH {roff(group.upper())}\n")
        text += [entry(option) for option in command["options"] if option["group"] == group]
    if command["commands"]:
        text.append(".SH COMMANDS\n")
        text += [f".TP\n\\fB{roff(title + '-' + each['name'])}\\fR(1)\n{roff(each['doc'])}.\n"
                 for each in command["commands"]]
    text.append(f".SH EXIT STATUS\n{roff(codes or '0 it was done, 2 bad input.')}\n")
    if examples:
        text.append(f".SH EXAMPLES\n.nf\n{roff(examples)}\n.fi\n")
    text.append(".SH SEE ALSO\n" + ",\n".join(f"\\fB{roff(each)}\\fR(1)" for each in others) + "\n")
    return "".join(text)


def synopsis_of(program, command):
    words = [f"\\fB{roff(program)} {roff(command['name'])}\\fR"]
    words += [named(option) if option["required"] else f"[{named(option)}]"
              for option in command["options"] if option["required"] or not option["names"]]
    return " ".join([*words, "[\\fIOPTIONS\\fR]"])


def manual(table, version):
    program = table["name"]
    pages = {program: page(program, table, "peer-to-peer connection manager",
                           f"\\fB{roff(program)}\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]",
                           [f"{program}-{each['name']}" for each in table["commands"]], version)}
    for each in table["commands"]:
        about = each["doc"][0].lower() + each["doc"][1:]
        pages[f"{program}-{each['name']}"] = page(f"{program}-{each['name']}", each, about, synopsis_of(program, each),
                                                  [program], version)
    return pages


# --- completion ---

def words(option_list):
    return " ".join(name for option in option_list for name in option["names"])


def of_kind(command, wanted):
    return "|".join(name for option in flags(command) if kind(option) == wanted for name in option["names"])


def bash(table):
    cases = [f"""    {each['name']})
      case $before in
        {of_kind(each, 'file') or '-'}) compopt -o default; return;;
        {of_kind(each, 'word') or '-'}) return;;
      esac
      words='{words(flags(each))}';;
""" for each in table["commands"]]
    first = " ".join([*(each["name"] for each in table["commands"]), words(flags(table))])
    return f"""# Completion of {table['name']} for bash, made from its table of commands and options.
_{table['name']}() {{
  local now=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W '{first}' -- "$now")
    return
  fi
  case ${{COMP_WORDS[1]}} in
{''.join(cases)}    *) return;;
  esac
  if [[ $now == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$now")
  else
    compopt -o default
  fi
}}
complete -F _{table['name']} {table['name']}
"""


def zsh_quoted(text):
    text = " ".join(text.split()).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")
    return text.replace("'", "'\\''")


def zsh_option(option):
    argument = {"": "", "word": f":{value(option)}: ", "file": f":{value(option)}:_files"}[kind(option)]
    return [f"      '*{name}[{zsh_quoted(option['doc'])}]{argument}'" for name in option["names"]]


def zsh(table):
    commands = "\n".join(f"    '{each['name']}:{zsh_quoted(each['doc'])}'" for each in table["commands"])
    cases = []
    for each in table["commands"]:
        lines = [line for option in flags(each) for line in zsh_option(option)]
        cases.append(f"    {each['name']}) _arguments \\\n" + " \\\n".join([*lines, "      '*:file:_files'"]) + " ;;\n")
    own = " \\\n".join(line for option in flags(table) for line in zsh_option(option))
    return f"""#compdef {table['name']}
# Completion of {table['name']} for zsh, made from its table of commands and options.
local -a commands
commands=(
{commands}
)
if (( CURRENT == 2 )); then
  if [[ $words[2] == -* ]]; then
    _arguments \\
{own}
  else
    _describe command commands
  fi
else
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{''.join(cases)}  esac
fi
"""


def fish_quoted(text):
    return "'" + " ".join(text.split()).replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_option(program, condition, option):
    names = "".join(f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in option["names"])
    argument = {"": " -f", "word": " -x", "file": " -r -F"}[kind(option)]
    return f"complete -c {program} -n '{condition}'{names}{argument} -d {fish_quoted(option['doc'])}"


def fish(table):
    program = table["name"]
    lines = [f"# Completion of {program} for fish, made from its table of commands and options.",
             *(fish_option(program, "__fish_use_subcommand", option) for option in flags(table))]
    lines += [f"complete -c {program} -n __fish_use_subcommand -f -a {each['name']} -d {fish_quoted(each['doc'])}"
              for each in table["commands"]]
    for each in table["commands"]:
        lines += [fish_option(program, f"__fish_seen_subcommand_from {each['name']}", option) for option in flags(each)]
    return "\n".join(lines) + "\n"


def main():
    folder, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    table = json.load(sys.stdin)
    files = {f"man1/{name}.1": text for name, text in manual(table, version).items()}
    files |= {f"bash/{table['name']}": bash(table), f"zsh/_{table['name']}": zsh(table),
              f"fish/{table['name']}.fish": fish(table)}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main()
