#!/usr/bin/env bash
# package.sh BUILD_DIR: makes the Debian package of a node's build, installs it into an empty root with
# Debian's own dpkg, upgrades, removes and purges it there; looks at the unit with systemd's own tools.
set -euo pipefail
build=$1
work=$(mktemp -d)
MAINPID=
trap '[ -z "$MAINPID" ] || kill "$MAINPID" 2>/dev/null; rm -rf "$work"' EXIT
fail() { echo "package.sh: $*" >&2; exit 1; }
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; fail "$*"; }; }
skip() { echo "package.sh: skipped: $*"; }

command -v dpkg-deb dpkg-shlibdeps >/dev/null || { echo "package.sh: no dpkg"; exit 77; }
quietly env -C "$build" cpack -B "$work"
mapfile -t made < <(find "$work" -maxdepth 1 -name '*.deb')
[ "${#made[@]}" = 1 ] || fail "one package was expected, not ${made[*]}"
deb=${made[0]}

# What it says of itself.
needs=$(dpkg-deb --field "$deb" Depends)
for library in libc6 libssl3 libspdlog libprometheus-cpp-core libc-ares2 zlib1g "systemd | systemd-sysusers"; do
  [[ $needs == *"$library"* ]] || fail "no dependency on $library: $needs"
done
if grep -E "ns3|sqlite|python|gsl" <<<"$needs"; then fail "a node needs none of these"; fi
dpkg-deb --field "$deb" Description | grep "^Peer-to-peer node" >/dev/null || fail "no description"
[ "$(dpkg-deb --ctrl-tarfile "$deb" | tar -xO ./conffiles)" = /etc/tandem/node.yaml ] || fail "conffiles"

# What is in it: everything has its place, and is root's.
dpkg-deb --fsys-tarfile "$deb" | tar -tv --numeric-owner >"$work/contents"
if grep -vE "^(d|-)\S+ 0/0 " "$work/contents"; then fail "files of somebody else than root"; fi
if grep -E "^.[rwx-]{4}w|^.[rwx-]{7}w" "$work/contents"; then fail "files that others may write"; fi
awk '$1 !~ /^d/ { print $6 }' "$work/contents" | sort >"$work/files"
for file in etc/tandem/node.yaml usr/bin/tandem usr/lib/systemd/system/tandem.service usr/lib/sysusers.d/tandem.conf \
  usr/share/bash-completion/completions/tandem usr/share/doc/tandem/copyright \
  usr/share/fish/vendor_completions.d/tandem.fish usr/share/man/man1/tandem.1 usr/share/man/man1/tandem-node.1 \
  usr/share/tandem/prometheus/tandem.rules.yml usr/share/tandem/grafana/tandem.json \
  usr/share/zsh/vendor-completions/_tandem; do
  grep -qx "./$file" "$work/files" || fail "$file is not in the package"
done
if grep -vE "^\./(etc/tandem/|usr/(bin|lib/systemd/system|lib/sysusers.d|share)/)" "$work/files"; then
  fail "does not belong to a node"
fi

# Installed where there is nothing but the list of the packages that this machine has.
root=$work/root
mkdir -p "$root/var/lib/dpkg/"{info,updates}
cp /var/lib/dpkg/status "$root/var/lib/dpkg/status"
in_root() {
  quietly env PATH="/usr/sbin:/sbin:$PATH" \
    dpkg --root="$root" --force-script-chrootless --force-not-root --log=/dev/null "$@"
}
if command -v systemd-sysusers >/dev/null; then
  in_root --install "$deb"
  grep -q "^tandem:.*:/var/lib/tandem:" "$root/etc/passwd" || fail "nobody is called tandem"
  echo "listen: 127.0.0.1:4002" >"$root/etc/tandem/node.yaml"
  in_root --install "$deb"
  grep -q 4002 "$root/etc/tandem/node.yaml" || fail "an upgrade lost what the operator had set"
  in_root --remove tandem
  [ -e "$root/etc/tandem/node.yaml" ] || fail "removing it lost what the operator had set"
  mkdir -p "$root/var/lib/tandem" && touch "$root/var/lib/tandem/identity"
  in_root --purge tandem
  # dpkg's own books, and the user, stay.
  left=$(find "$root" ! -type d | grep -vE "^$root/(var/lib/dpkg/|etc/\.?(passwd|g?shadow|group|pwd\.lock))" || true)
  [ -z "$left" ] || fail "purged, and yet there are $left"
  in_root --install "$deb"
else
  skip "installing, without systemd-sysusers"
  dpkg-deb -x "$deb" "$root"
fi

# What was installed runs, with the options that come with it.
version=$("$root/usr/bin/tandem" --version)
[[ $version == "tandem "* ]] || fail "$version"
said=$("$root/usr/bin/tandem" node --identity-file "$work/identity" --config "$root/etc/tandem/node.yaml" \
  --metrics-port none 2>&1 || true)
[[ $said == "tandem: --metrics-port none: must be"* ]] || fail "options of /etc/tandem/node.yaml: $said"
if [ "$(id -u)" = 0 ]; then  # of a root that has the libraries it depends on, and nothing else
  ldd "$root/usr/bin/tandem" | grep -o '/[^ ]*' | sort -u | while read -r library; do
    install -D "$library" "$root$library"
  done
  [ "$(chroot "$root" /usr/bin/tandem --version)" = "$version" ] || fail "in a root of its own"
else
  skip "a root of its own, as only root may change to one"
fi

# As the unit starts it, and has it read its options again.
unit=$root/usr/lib/systemd/system/tandem.service
start=$(sed -n "s|^ExecStart=tandem |exec $root/usr/bin/tandem |; s|/etc/tandem|$work|p" "$unit")
reload=$(sed -n 's/^ExecReload=//p' "$unit")
[[ -n $start && -n $reload ]] || fail "the unit starts nothing, or cannot be reloaded"
printf 'listen: 127.0.0.1:0\nno_metrics: true\n' >"$work/node.yaml"
STATE_DIRECTORY=$work bash -c "$start" >"$work/said" 2>&1 &
MAINPID=$!
says() {
  for _ in {1..600}; do
    if grep -q "$1" "$work/said"; then return; fi
    sleep 0.1
  done
  fail "it does not say '$1': $(cat "$work/said")"
}
says "^listening on"
MAINPID=$MAINPID bash -c "$reload"
says "Z reloaded $work/node.yaml"
kill "$MAINPID" && wait "$MAINPID" || fail "it ended with $?"
MAINPID=
[ "$(stat -c %s "$work/identity")" = 32 ] || fail "no identity was kept"

# The unit: the installed one, with the command where it is now.
if command -v systemd-analyze >/dev/null; then
  sed "s|^ExecStart=tandem |ExecStart=$root/usr/bin/tandem |" \
    "$root/usr/lib/systemd/system/tandem.service" >"$work/tandem.service"
  grep -q "^ExecStart=$root" "$work/tandem.service" || fail "the unit runs something else"
  said=$(systemd-analyze verify --man=no "$work/tandem.service" 2>&1) || fail "systemd-analyze verify: $said"
  [ -z "$said" ] || fail "systemd-analyze verify: $said"
  quietly systemd-analyze security --offline=true --threshold=15 "$work/tandem.service"
  # Directives that systemd does not know are warned of, and then protect nobody.
  cp "$work/tandem.service" "$work/wrong.service"
  echo "NoSuchDirective=yes" >>"$work/wrong.service"
  systemd-analyze verify --man=no "$work/wrong.service" 2>&1 | grep NoSuchDirective >/dev/null || fail "verify finds nothing"
else
  skip "the unit, without systemd-analyze"
fi

if command -v lintian >/dev/null; then
  quietly lintian --fail-on error --suppress-tags no-changelog,maintainer-address-malformed "$deb"
else
  skip "lintian is not installed"
fi
