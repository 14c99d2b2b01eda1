#!/bin/sh
# doc/stox.cfg.lua.5 is doc/stox.cfg.lua.5.in with the reference of all options
# in place of the line @OPTIONS@.  "manual.sh --write" makes it anew.
src=${STOX_SRCDIR:-.} build=${STOX_BUILDDIR:-.}
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

# the bundled plugins, from the build tree where they are modules
echo "plugin_path = { \"$build/.libs\" }" > "$work/stox.cfg.lua"
echo 1..2
if "$build/src/stoxd/stoxd" -c "$work/stox.cfg.lua" --config-manual \
	> "$work/options" 2> "$work/said"; then
	echo "ok 1 - stoxd prints the reference"
else
	sed 's/^/# /' "$work/said"
	echo "not ok 1 - stoxd prints the reference"
	echo "not ok 2 - the page is up to date"
	exit 1
fi
sed -e "/^@OPTIONS@\$/{
r $work/options
d
}" "$src/doc/stox.cfg.lua.5.in" > "$work/page"
[ "$1" != --write ] || cp "$work/page" "$src/doc/stox.cfg.lua.5"
if diff "$src/doc/stox.cfg.lua.5" "$work/page" > "$work/diff"; then
	echo "ok 2 - the page is up to date"
else
	sed 's/^/# /' "$work/diff"
	echo "# make update-manual"
	echo "not ok 2 - the page is up to date"
fi
