# build.sh: build out of the source folder.  Sourced; needs $top.

# build_stox FOLDER [configure's arguments]: quick when up to date.
# Says nothing unless it fails; the log is FOLDER/build.log.
build_stox() {
	build_dir=$1
	shift
	mkdir -p "$build_dir"
	if ! build_steps "$@" > "$build_dir/build.log" 2>&1; then
		tail -n 30 "$build_dir/build.log" >&2
		echo "The build failed; all of its log is" \
			"$build_dir/build.log" >&2
		return 1
	fi
}

build_steps() {
	if [ -e "$top/config.status" ]; then
		echo "$top is configured itself: run 'make distclean' there"
		return 1
	fi
	if [ ! -e "$top/configure" ]; then
		(cd "$top" && autoreconf -fi) || return 1
	fi
	# Configure anew only when the arguments are others.
	if [ ! -e "$build_dir/Makefile" ] ||
		[ "$(cat "$build_dir/arguments" 2> /dev/null)" != "$*" ]; then
		(cd "$build_dir" && "$top/configure" "$@") || return 1
		echo "$*" > "$build_dir/arguments"
	fi
	make -C "$build_dir" -j "$(nproc)"
}
