# packages.sh: install what is missing on a Debian machine.  Sourced.
#
# Nothing that a package brings is started, and no configuration file of the
# system is changed.

# need_packages USE...: all packages of these uses from contrib/packages.
# Needs $top, the source folder.
need_packages() {
	need_all=
	for need_use in "$@"; do
		need_all="$need_all $(awk -v use="$need_use" \
			'!/^#/ && $2 == use { print $1 }' "$top/contrib/packages")"
	done
	if ! command -v dpkg-query > /dev/null; then
		echo "This is not Debian; have the counterparts of these" \
			"packages at hand:$need_all" >&2
		return 0
	fi
	# shellcheck disable=SC2086 # a list of words
	need_have=$(dpkg-query -W \
		-f '${db:Status-Status} ${Package}\n' $need_all 2> /dev/null |
		sed -n 's/^installed //p') || true
	need_missing=
	for need_one in $need_all; do
		case "
$need_have
" in
		*"
$need_one
"*) ;;
		*) need_missing="$need_missing $need_one" ;;
		esac
	done
	[ -n "$need_missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		echo "These packages are missing:$need_missing" >&2
		echo "Install them, as root, with:" >&2
		echo "  apt-get install --no-install-recommends$need_missing" >&2
		return 1
	fi
	echo "Installing$need_missing"
	# In a subshell, so that its trap is its own.
	(install_quietly "$need_missing")
}

# With policy-rc.d answering 101 no packaged service starts.
install_quietly() {
	need_policy=/usr/sbin/policy-rc.d
	if [ ! -e "$need_policy" ]; then
		trap 'rm -f "$need_policy"' EXIT
		trap 'exit 1' HUP INT TERM
		printf '#!/bin/sh\nexit 101\n' > "$need_policy"
		chmod 755 "$need_policy"
	fi
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	need_log=$(mktemp)
	# shellcheck disable=SC2086 # a list of words
	if ! { apt-get -q update && apt-get -q -y --no-install-recommends \
		-o Dpkg::Use-Pty=0 install $1; } > "$need_log" 2>&1 < /dev/null
	then
		tail -n 30 "$need_log" >&2
		rm -f "$need_log"
		echo "apt-get could not install:$1" >&2
		exit 1
	fi
	rm -f "$need_log"
}
