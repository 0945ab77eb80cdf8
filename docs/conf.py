# SPDX-License-Identifier: MIT
"""The site: ci/site lays the sources out under build/site-src and runs Sphinx there."""

import pathlib
import re

import tandem

HERE = pathlib.Path(__file__).parent
project, author, release = "Tandem", "the Tandem maintainers", tandem.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = "Tandem"
html_static_path = html_css_files = ["site.css"]
nb_execution_mode = "off"  # ci/site executes what is not executed yet
myst_heading_anchors = 4
autodoc_typehints = "none"
autodoc_member_order = "bysource"
# Links of the repository's pages to files that are no pages of the site become text.
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")


def keep_links_inside(app, name, source):
    folder = (HERE / name).parent

    def link(match):
        text, target = match[1], match[2]
        return match[0] if "://" in target or (folder / target).exists() else text

    source[0] = LINK.sub(link, source[0])


# "name:  what it is", or "name   what it is", the lines that follow deeper.
ITEM = re.compile(r"([a-z]\w*(?:, [a-z]\w*)*)(?:: +| {2,})(?=\S)")


def flowing(row):
    parts = re.split(r"(?<!\w)(`[^`]+`)(?!\w)", row)
    return "".join(f"`{part}`" if part.startswith("`") else re.sub(r"([*`|_])", r"\\\1", part) for part in parts)


def as_list(rows):
    """Arguments, attributes: a list, each name as code."""
    for row in rows:
        item = ITEM.match(row)
        yield f"* ``{item[1]}``: {flowing(row[item.end():])}" if item else "  " + flowing(row.strip())


def as_written(app, what, name, of, options, lines):
    """Docstrings are plain text: paragraphs flow, arguments are a list, code stays as it is, examples are doctest blocks."""
    made = []
    for part in "\n".join(lines).split("\n\n"):
        rows = part.strip("\n").split("\n")
        if rows[0].lstrip().startswith(">>>"):
            made += rows
        elif all(row.startswith(" ") or ITEM.match(row) for row in rows) and ITEM.match(rows[0]):
            made += as_list(rows)
        elif any(re.search(r"\S  +\S", row) or row.startswith("    ") for row in rows):
            made += [".. code-block:: text", "", *("   " + row for row in rows)]
        else:
            made += map(flowing, rows)
        made.append("")
    lines[:] = made


def setup(app):
    app.connect("source-read", keep_links_inside)
    app.connect("autodoc-process-docstring", as_written)
