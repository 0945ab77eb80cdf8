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


def as_written(app, what, name, of, options, lines):
    """Docstrings are plain text in columns; examples are doctest blocks of reStructuredText already."""
    made, plain = [], True
    for line in lines:
        code = line.lstrip().startswith((">>>", "..."))
        if code and plain and made and made[-1]:
            made.append("")
        plain = plain and not code or not line
        made.append("| " + re.sub(r"([*`|_])", r"\\\1", line) if plain and line else line)
    lines[:] = made


def setup(app):
    app.connect("source-read", keep_links_inside)
    app.connect("autodoc-process-docstring", as_written)
