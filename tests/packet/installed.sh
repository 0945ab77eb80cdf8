#!/usr/bin/env bash
# installed.sh BUILD_DIR SOURCE_DIR NS3_ROOT: installs a build into a fresh prefix, and builds and runs the examples of
# ns-3 against it as somebody else's project in C++17; one of them with <ns3/core-module.h>, which no C++20 compiler
# takes. NS3_ROOT: what the build was configured with, and nobody says again.
set -euo pipefail
root=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
quietly cmake --install "$1" --prefix "$work/built"
mv "$work/built" "$work/prefix"  # what is installed knows no path
cp -r "$2/sim/packet/examples" "$work/examples"
sed -i '0,/^#include/s//#include <ns3\/core-module.h>\n&/' "$work/examples/csma.cpp"
quietly cmake -S "$work/examples" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix"
quietly cmake --build "$work/build"
grep -q -- "-std=gnu++17\|-std=c++17" "$work/build/build.ninja"
quietly ctest --test-dir "$work/build" --output-on-failure --no-tests=error
# The configuration store has the node's attributes, and captures hold packets.
quietly "$work/build/tandem_bottleneck" --queue=ns3::FqCoDelQueueDisc --config="$work/attributes" --pcap="$work/capture"
grep -q 'default ns3::TandemNode::MaxConnections "256"' "$work/attributes"
[ "$(cat "$work"/capture-*.pcap | wc -c)" -gt 1000000 ]
# What it reads from there holds: without a port nobody listens.
sed -i 's/default ns3::TandemNode::Port "4001"/default ns3::TandemNode::Port "0"/' "$work/attributes"
said=$("$work/build/tandem_bottleneck" --queue=ns3::FqCoDelQueueDisc --load="$work/attributes" || true)
grep -q "FqCoDelQueueDisc *0 of 8 ready" <<<"$said" || { echo "$said"; exit 1; }
# One that was built for debugging is taken, also by a tree that had another one before.
modules=$(sed -n 's/^NS3_\(.*\)_LIBRARY:.*/\1/p' "$work/build/CMakeCache.txt")
mkdir -p "$work/debug/lib" "$work/debug/include/ns3"
touch "$work/debug/include/ns3/tcp-socket-base.h"
for module in $modules; do touch "$work/debug/lib/libns3.41-$module-debug.so"; done
quietly cmake "$work/build" -DTANDEM_NS3_ROOT="$work/debug"
[ "$(grep -c "_LIBRARY:.*=$work/debug/lib/libns3.41-.*-debug.so" "$work/build/CMakeCache.txt")" = \
  "$(wc -w <<<"$modules")" ]
# One that is not there is said by name.
if (quietly cmake "$work/build" -DTANDEM_NS3_ROOT=/nowhere) >/dev/null; then
  echo "an ns-3 in /nowhere was found"
  exit 1
fi
tr -s ' \n' ' ' <"$work/log" | grep "of ns-3 under /nowhere these modules were not found: internet, bridge" >/dev/null
# Who says nothing gets that which Tandem was built with, and not the system's.
config=$(find "$work/prefix" -name tandem-packetConfig.cmake)
grep -q "^set(TANDEM_NS3_ROOT \"$root\" CACHE" "$config"
sed -i "s|^set(TANDEM_NS3_ROOT \"[^\"]*\"|set(TANDEM_NS3_ROOT \"$work/debug\"|" "$config"
quietly cmake -S "$work/examples" -B "$work/silent" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix"
grep -q "^NS3_core_LIBRARY:.*=$work/debug/lib/" "$work/silent/CMakeCache.txt"
