#!/bin/sh
# Every document that SIP is sent in any of the plays is valid by the schemas
# of the IETF.  Whether the plays go well is for their own tests to say.
judge=$srcdir/tests/presence/judge.sh
plugins=$STOX_BUILDDIR/.libs
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/documents"

echo 1..2
"$STOX_BUILDDIR/src/play/stox-play" -1 -P "$plugins" \
	--documents "$folder/documents" "$srcdir"/plugins/*/*.play \
	"$srcdir"/tests/play/*.play > "$folder/played" 2> "$folder/errors"
count=$(find "$folder/documents" -name '*.xml' | wc -l)
plays=$(grep -c '^ok' "$folder/played")
if [ "$count" -ge 25 ] && [ ! -s "$folder/errors" ]; then
	echo "ok 1 - $plays plays send $count different documents"
else
	echo "not ok 1 - $plays plays send $count different documents"
	head -n 5 "$folder/errors" | sed 's/^/# /'
fi
sh "$judge" "$folder"/documents/*.xml > "$folder/said" 2>&1
case $? in
0)
	echo "ok 2 - all of them are valid"
	;;
77)
	echo "ok 2 - # SKIP $(head -n 1 "$folder/said")"
	;;
*)
	echo "not ok 2 - all of them are valid"
	grep -v 'validates$' "$folder/said" | head -n 20 | sed 's/^/# /'
	;;
esac
