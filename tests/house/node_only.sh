#!/usr/bin/env bash
# node_only.sh SOURCE_DIR BUILD_DIR [CMAKE_OPTION...]: what a packager of the node does. Builds without
# simulations and scenarios, installs, and runs the command that this gives.
set -euo pipefail
source=$1 build=$2
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
log=$prefix/log
export CCACHE_BASEDIR=$source CCACHE_NOHASHDIR=1  # as in ci/build: what it compiled is not compiled again
cmake -S "$source" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTANDEM_BUILD_TOOLS=OFF \
  -DTANDEM_BUILD_TESTS=OFF "${@:3}" >"$log" 2>&1 || { cat "$log"; exit 1; }
cmake --build "$build" >"$log" 2>&1 || { tail -40 "$log"; exit 1; }
cmake --install "$build" --prefix "$prefix" >"$log" 2>&1 || { cat "$log"; exit 1; }
help=$("$prefix/bin/tandem" node --help)
grep -q -- --max-connections <<<"$help"
"$prefix/bin/tandem" version
if "$prefix/bin/tandem" run anything; then exit 1; fi
needed=$(ldd "$prefix/bin/tandem")
if grep -E "sqlite|ns3|python" <<<"$needed"; then exit 1; fi
