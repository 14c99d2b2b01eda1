#!/bin/sh
# judge.sh FILE...: are these presence documents valid?  By xmllint and the
# schemas of the IETF, which are looked for in $STOX_XSD and beside the
# checkout; exit status 77 where one of the two is missing.
here=$(cd "$(dirname "$0")/../.." && pwd)
xsd=${STOX_XSD:-$here/../shared/data/xsd}
if ! command -v xmllint > /dev/null || [ ! -e "$xsd/pidf.xsd" ]; then
	echo "no xmllint, or no schemas in $xsd" >&2
	exit 77
fi
xsd=$(cd "$xsd" && pwd)
driver=$(mktemp) || exit 1
trap 'rm -f "$driver"' EXIT
cat > "$driver" << END
<schema xmlns="http://www.w3.org/2001/XMLSchema">
<import namespace="urn:ietf:params:xml:ns:pidf"
 schemaLocation="$xsd/pidf.xsd"/>
<import namespace="urn:ietf:params:xml:ns:pidf:data-model"
 schemaLocation="$xsd/data-model.xsd"/>
<import namespace="urn:ietf:params:xml:ns:pidf:rpid"
 schemaLocation="$xsd/rpid.xsd"/>
<import namespace="urn:ietf:params:xml:ns:pidf:cipid"
 schemaLocation="$xsd/cipid.xsd"/>
</schema>
END
xmllint --nonet --noout --schema "$driver" "$@"
