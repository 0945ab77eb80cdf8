#!/usr/bin/env bash
# installed.sh BUILD_DIR SOURCE_DIR: installs into a fresh prefix, imports the package from there and runs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$1" --prefix "$work/prefix" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
place=$(dirname "$(find "$work/prefix" -path '*dist-packages/tandem' -type d)")
cd "$work"
PYTHONPATH=$place /usr/bin/python3 - "$2/scenarios/per_peer_limit.yaml" <<'PY'
import sys
import tandem
result = tandem.run(sys.argv[1], level="message")
assert result
assert tandem.check("per_peer_limit") == tandem.check(sys.argv[1])  # by name, from the installed ones
print(tandem.__file__, result)
PY
