# SPDX-License-Identifier: MIT
"""python3 -m tandem report PATH... [-o FILE]: one page of result files, of folders of them, or of a sweep's folder."""

import argparse
import sys

from . import BadInput


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python3 -m tandem")
    verbs = parser.add_subparsers(dest="verb", required=True)
    report = verbs.add_parser("report", help="write one HTML page of what was found")
    report.add_argument("path", nargs="+", help="a result file, a folder of them, or the folder of a sweep")
    report.add_argument("-o", "--output", default="report.html")
    report.add_argument("--number", help="of a sweep: the column that is drawn")
    given = parser.parse_args(arguments)
    from . import _report

    try:
        print(_report.report(_report.results_in(given.path), given.output, given.number))
    except BadInput as error:
        print(f"tandem: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
