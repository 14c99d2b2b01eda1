# The documents of the presence plugin.
if CMOCKA
check_PROGRAMS += tests/presence/test_pidf
TESTS += tests/presence/test_pidf
tests_presence_test_pidf_SOURCES = tests/presence/test_pidf.c \
	$(presence_sources)
tests_presence_test_pidf_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	-I$(top_srcdir)/plugins/presence $(CMOCKA_CFLAGS)
tests_presence_test_pidf_LDADD = $(NODE_LIBS) $(CMOCKA_LIBS)
endif
