# The documents of the presence plugin, and what both sides believe.
if CMOCKA
check_PROGRAMS += tests/presence/test_pidf tests/presence/test_truth
TESTS += tests/presence/test_pidf tests/presence/test_truth
tests_presence_test_pidf_SOURCES = tests/presence/test_pidf.c \
	$(presence_sources)
tests_presence_test_pidf_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	-I$(top_srcdir)/plugins/presence $(CMOCKA_CFLAGS)
tests_presence_test_pidf_LDADD = $(NODE_LIBS) $(CMOCKA_LIBS)
# It performs on the stage of the plays.
tests_presence_test_truth_SOURCES = tests/presence/test_truth.c \
	tests/presence/world.h tests/presence/world_sip.c \
	tests/presence/world_xmpp.c \
	src/play/ledger.c src/play/match.c src/play/peer.c \
	src/play/sip_peer.c src/play/stage.c src/play/xmpp_peer.c
nodist_tests_presence_test_truth_SOURCES = src/core/plugin_table.c
tests_presence_test_truth_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	-DPLUGINS='"$(BUILT_PLUGINS)"' $(CMOCKA_CFLAGS)
tests_presence_test_truth_LDADD = $(PLUGINS) $(NODE_LIBS) $(CMOCKA_LIBS)
tests_presence_test_truth_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS) -export-dynamic
endif

check_PROGRAMS += tests/presence/states
tests_presence_states_SOURCES = tests/presence/states.c $(presence_sources)
tests_presence_states_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	-I$(top_srcdir)/plugins/presence
tests_presence_states_LDADD = $(NODE_LIBS)
TESTS += tests/presence/test_schema.sh tests/presence/test_plays.sh
tests/presence/test_schema.log: tests/presence/states
EXTRA_DIST += tests/presence/judge.sh tests/presence/test_schema.sh \
	tests/presence/test_plays.sh
