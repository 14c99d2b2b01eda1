#!/bin/sh
# What is installed: a plugin outside the tree, as README.md shows it, is compiled
# against it and performed by its stox-play, and the example configuration is one.
# TAP.
set -u
unset MAKEFLAGS MFLAGS MAKELEVEL
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
root=$folder/root

number=0
check() { # WHAT COMMAND...
	what=$1
	shift
	number=$((number + 1))
	if "$@" > "$folder/log" 2>&1; then
		echo "ok $number - $what"
	else
		echo "not ok $number - $what"
		tail -n 20 "$folder/log" | sed 's/^/# /'
	fi
}

echo 1..6
check "make install with DESTDIR" \
	make -C "$STOX_BUILDDIR" install "DESTDIR=$root"
pc=$(find "$root" -name stox.pc)
PKG_CONFIG_PATH=$(dirname "$pc") PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR

sed -n '/^```c$/,/^```$/p' "$STOX_SRCDIR/README.md" | sed '/^```/d' \
	> "$folder/mark.c"
check "README.md shows a plugin" grep -q STOX_PLUGIN "$folder/mark.c"
# shellcheck disable=SC2046,SC2086 # several words are meant
check "it compiles against the installed headers" \
	${CC:-cc} -shared -fPIC -Wall -Wextra -Werror \
	$(pkg-config --cflags stox) -o "$folder/mark.so" "$folder/mark.c"

cat > "$folder/mark.play" << 'PLAY'
title the plugin of README.md marks messages

plugins message mark

juliet@example.org sends
	<message to='romeo@contoso.com' type='chat' id='m1'><body>Hi.</body></message>
romeo@contoso.com receives
	MESSAGE sip:romeo@contoso.com
	X-Gateway: stox
romeo@contoso.com answers
	200 OK
PLAY
play=$(find "$root" -name stox-play -type f)
plugins=$(find "$root" -type d -path '*/stox/plugins')
check "it works in the installed program" \
	"$play" ${plugins:+-P "$plugins"} -P "$folder" "$folder/mark.play"

# The paths of an installation that is none, beside which no keys lie.
sed -e "s|/var/lib/stox|$folder|" -e "s|/etc/stox|$folder|" \
	"$(find "$root" -path '*/doc/stox/examples/stox.cfg.lua')" \
	> "$folder/stox.cfg.lua"
${plugins:+sed -i "1i plugin_path = \"$plugins\"" "$folder/stox.cfg.lua"}
check "its example is a configuration" \
	"$(find "$root" -name stoxd -type f)" -c "$folder/stox.cfg.lua" \
	--plan all
read_from=$("$STOX_BUILDDIR/src/stoxd/stoxd" --help |
	sed -n 's|^ *\(/.*/stox\.cfg\.lua\)$|\1|p')
check "stox.service names the configuration that stoxd would read" grep -q \
	"^ExecStart=/.*/stoxd -c $read_from\$" \
	"$STOX_BUILDDIR/contrib/stox.service"
