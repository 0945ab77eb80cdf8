#!/usr/bin/env bash
# installed.sh BUILD_DIR SOURCE_DIR: installs a build into a fresh prefix and builds against it, with CMake and with
# pkg-config, the programs of docs/embedding.md.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }; }
page=$work/page prefix=$work/prefix
mkdir "$page"
# Every ```cpp NAME.cpp fence is a file; the ```cmake fence that names it stands before it.
awk -v to="$page" '
  /^```cmake/ { cmake = ""; inside = 1; next }
  /^```cpp /  { out = to "/" $2; name = $2; sub(/\.cpp$/, "", name); printf "%s", cmake > (to "/" name ".cmake"); inside = 2; next }
  /^```/      { inside = 0; next }
  inside == 1 { sub(/[a-z]+\.cpp/, to "/&"); cmake = cmake $0 "\n" }
  inside == 2 { print > out }' "$2/docs/embedding.md"
for program in "$page"/*.cpp; do
  lines=$(wc -l <"$program")
  [ "$lines" -le 60 ] || { echo "${program##*/} has $lines lines, and 60 at most are read"; exit 1; }
done

quietly cmake --install "$1" --prefix "$prefix"
mv "$prefix" "$prefix-moved" && prefix=$prefix-moved  # what is installed knows no path
consumer() { # NAME PROGRAM [CMAKE_OPTION...]
  quietly cmake -S "$2" -B "$work/$1" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DPAGE="$page" -DPROGRAM="$1" \
    ${CMAKE_CXX_FLAGS:+-DCMAKE_CXX_FLAGS="$CMAKE_CXX_FLAGS"} "${@:3}"
}
without=(-DCMAKE_DISABLE_FIND_PACKAGE_{OpenSSL,ZLIB,prometheus-cpp,Boost}=ON)
consumer greeting "$2/tests/house/consumer"
consumer policy "$2/tests/house/consumer" "${without[@]}"
for program in greeting policy; do
  quietly cmake --build "$work/$program"
  "$work/$program/$program"
done
[ "$("$work/policy/policy" | tail -1)" = "refuse 4: LimitReached" ]
if ldd "$work/policy/policy" | grep -E "ssl|crypto|libz|prometheus"; then exit 1; fi

# Who asks for more than there is is told what to install.
sed -i s/core/asio/ "$page/policy.cmake"
if (consumer policy "$2/tests/house/consumer" --fresh "${without[@]}") >/dev/null; then
  echo "tandem::asio was found without what it needs"; exit 1
fi
tr -s ' \n' ' ' <"$work/log" | grep "these are not installed: Boost 1.81, OpenSSL 3, ZLIB, prometheus-cpp" >/dev/null

export PKG_CONFIG_PATH=$prefix/lib/pkgconfig:$prefix/lib/$(cc -print-multiarch)/pkgconfig
for program in greeting:asio policy:core; do
  name=${program%:*}
  # shellcheck disable=SC2046,SC2086
  quietly ${CXX:-c++} -std=c++20 ${CMAKE_CXX_FLAGS:-} "$page/$name.cpp" -o "$work/$name-pc" \
    $(pkg-config --cflags --libs "tandem-${program#*:}")
  "$work/$name-pc" >/dev/null
done
