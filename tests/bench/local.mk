# make bench: what a message costs, beside the figures to beat.  Never part of
# `make check`: a timed test proves nothing.
EXTRA_PROGRAMS += tests/bench/load
tests_bench_load_SOURCES = tests/bench/load.c tests/bench/load.h \
	tests/bench/load_people.c tests/bench/load_storm.c \
	tests/bench/load_times.c
tests_bench_load_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_bench_load_LDADD = $(SIP_MODEL) $(IO) $(BASE)
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/bench/beside.py tests/bench/bench.py tests/bench/presence.py

bench: all tests/bench/load
	STOX_SRCDIR='$(abs_top_srcdir)' STOX_BUILDDIR='$(abs_top_builddir)' \
		/usr/bin/python3 $(srcdir)/tests/bench/bench.py
# a million pairs of people, for a few minutes
bench-presence: all tests/bench/load
	STOX_SRCDIR='$(abs_top_srcdir)' STOX_BUILDDIR='$(abs_top_builddir)' \
		/usr/bin/python3 $(srcdir)/tests/bench/presence.py
.PHONY: bench bench-presence
