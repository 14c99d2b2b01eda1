#!/bin/sh
# A plugin outside the tree: what README.md shows is compiled against an
# installed stox and performed by the installed stox-play.  TAP.
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

echo 1..4
check "make install with DESTDIR" \
	make -C "$STOX_BUILDDIR" install "DESTDIR=$root"
pc=$(find "$root" -name stox.pc)
PKG_CONFIG_PATH=$(dirname "$pc") PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR

sed -n '/^```c$/,/^```$/p' "$STOX_SRCDIR/README.md" | sed '/^```/d' \
	> "$folder/mark.c"
check "README.md shows a plugin" grep -q STOX_PLUGIN "$folder/mark.c"
# shellcheck disable=SC2046 # several words are meant
check "it compiles against the installed headers" \
	"${CC:-cc}" -shared -fPIC -Wall -Wextra -Werror \
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
