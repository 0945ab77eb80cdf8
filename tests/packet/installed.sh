#!/usr/bin/env bash
# installed.sh BUILD_DIR SOURCE_DIR: installs a build into a fresh prefix, and builds and runs the examples of ns-3
# against it as somebody else's project in C++17; one of them with <ns3/core-module.h>, which no C++20 compiler takes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
quietly cmake --install "$1" --prefix "$work/built"
mv "$work/built" "$work/prefix"  # what is installed knows no path
cp -r "$2/sim/packet/examples" "$work/examples"
sed -i '0,/^#include/s//#include <ns3\/core-module.h>\n&/' "$work/examples/csma.cpp"
quietly cmake -S "$work/examples" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" "${@:3}"
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
# An ns-3 that is not there is said by name.
if (quietly cmake -S "$work/examples" -B "$work/other" -DCMAKE_PREFIX_PATH="$work/prefix" -DTANDEM_NS3_ROOT=/nowhere) \
  >/dev/null; then
  echo "an ns-3 in /nowhere was found"
  exit 1
fi
tr -s ' \n' ' ' <"$work/log" | grep "of ns-3 these modules were not found: internet, bridge" >/dev/null
