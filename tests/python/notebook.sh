#!/usr/bin/env bash
# notebook.sh PYTHON NOTEBOOK: executes it in a fresh kernel, into build/notebooks; a cell that raises fails.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export JUPYTER_PLATFORM_DIRS=1 IPYTHONDIR=$work JUPYTER_RUNTIME_DIR=$work MPLCONFIGDIR=$work
cd "$(dirname "$2")"
executed=../build/notebooks
mkdir -p "$executed"
"$1" -m nbconvert --to notebook --execute --ExecutePreprocessor.timeout=300 \
  --output-dir "$work" --output executed "$(basename "$2")"
"$1" - "$work/executed.ipynb" <<'PY'
import json, sys
cells = [c for c in json.load(open(sys.argv[1]))["cells"] if c["cell_type"] == "code"]
assert cells and all(c["execution_count"] for c in cells), "a cell was not executed"
assert any("image/png" in o.get("data", {}) for c in cells for o in c["outputs"]), "no plot was drawn"
print(len(cells), "cells executed")
PY
mv "$work/executed.ipynb" "$executed/$(basename "$2")"
