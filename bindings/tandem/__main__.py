# SPDX-License-Identifier: MIT
"""python3 -m tandem report PATH... [-o FILE]: one page of result files, of folders of them, or of a sweep's folder."""

import argparse
import json
import sys

from . import BadInput


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser("tandem")
    report = parser.add_subparsers(dest="verb", required=True).add_parser("report", help="write one HTML page of what was found")
    report.add_argument("path", nargs="+", help="a result file, a folder of them, or the folder of a sweep")
    report.add_argument("-o", "--output", default="report.html")
    report.add_argument("--number", help="of a sweep: the column that is drawn")
    report.add_argument("--json", action="store_true", help="print the verdicts as well, as one JSON object")
    given = parser.parse_args(arguments)
    try:
        from . import _report

        verdicts = _report.write(given.path, given.output, given.number)
    except (BadInput, OSError, ImportError) as error:
        remedy = "report needs plotly: pip install 'tandem[report]': " if isinstance(error, ImportError) else ""
        print(f"tandem: {remedy}{error}", file=sys.stderr)
        return 2
    print(json.dumps({"file": given.output, "verdicts": verdicts}) if given.json else given.output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
