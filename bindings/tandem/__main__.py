# SPDX-License-Identifier: MIT
"""python3 -m tandem report PATH... [-o FILE]: one page of result files, of folders of them, or of a sweep's folder.

python3 -m tandem cell-worker: runs cells of sweep(), one a line.
"""

import argparse
import sys

from . import BadInput, _tandem


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("python3 -m tandem")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("cell-worker", help="runs cells of sweep(), one a line")
    report = verbs.add_parser("report", help="write one HTML page of what was found")
    report.add_argument("path", nargs="+", help="a result file, a folder of them, or the folder of a sweep")
    report.add_argument("-o", "--output", default="report.html")
    report.add_argument("--number", help="of a sweep: the column that is drawn")
    given = parser.parse_args(arguments)
    if given.verb == "cell-worker":
        return _tandem.serve_cells()
    from . import _report

    try:
        print(_report.report(_report.results_in(given.path), given.output, given.number))
    except BadInput as error:
        print(f"tandem: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
