#!/usr/bin/env bash
# wheel.sh SOURCE_DIR: builds the wheel as `pip install .` does, with what the release build left in the
# compiler's cache, and installs it into a fresh virtual environment beside the packages of build/venv.
set -euo pipefail
cd "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The compiler by the name that CMake finds: scikit-build-core takes Python's, another key of the cache.
export CC=/usr/bin/cc CXX=/usr/bin/c++
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros
build/venv/bin/pip wheel . -q --no-deps --no-build-isolation --disable-pip-version-check -w "$work" \
  --config-settings=cmake.args=--preset=release
/usr/bin/python3 -m venv "$work/fresh"
"$work/fresh/bin/pip" install -q --no-deps --no-index --disable-pip-version-check "$work"/tandem-*.whl
echo "$PWD/build/venv/lib/python3.11/site-packages" >"$work/fresh/lib/python3.11/site-packages/locked.pth"
scenarios=$PWD/scenarios
cd "$work"
fresh/bin/tandem --version
fresh/bin/tandem run per_peer_limit --level message --out kept >/dev/null
fresh/bin/tandem report kept && grep -q "all held" report.html
fresh/bin/python3 - "$scenarios/per_peer_limit.yaml" <<'PY'
import importlib.metadata, pathlib, sys
import tandem
assert tandem.__version__ == importlib.metadata.version("tandem"), tandem.__version__
assert pathlib.Path(tandem.__file__).with_name("py.typed").exists()
result = tandem.run(sys.argv[1], level="message")
assert result
assert tandem.check("per_peer_limit") == tandem.check(sys.argv[1])  # by name, from the wheel's
print(tandem.__file__, result)
PY
