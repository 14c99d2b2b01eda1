if CMOCKA
check_PROGRAMS += tests/ctl/test_ctl
TESTS += tests/ctl/test_ctl
tests_ctl_test_ctl_SOURCES = tests/ctl/test_ctl.c
tests_ctl_test_ctl_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_ctl_test_ctl_LDADD = $(CTL) $(NODE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/ctl/test_show
TESTS += tests/ctl/test_show
tests_ctl_test_show_SOURCES = tests/ctl/test_show.c src/stoxctl/show.c \
	src/stoxctl/show.h
tests_ctl_test_show_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS) \
	$(JANSSON_CFLAGS)
tests_ctl_test_show_LDADD = $(CMOCKA_LIBS) $(JANSSON_LIBS)
check_PROGRAMS += tests/ctl/test_roster
TESTS += tests/ctl/test_roster
tests_ctl_test_roster_SOURCES = tests/ctl/test_roster.c $(presence_sources)
tests_ctl_test_roster_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_ctl_test_roster_LDADD = $(CTL) $(NODE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/ctl/test_table
TESTS += tests/ctl/test_table
tests_ctl_test_table_SOURCES = tests/ctl/test_table.c src/stoxctl/table.c \
	src/stoxctl/table.h src/stoxctl/pie.c src/stoxctl/pie.h
tests_ctl_test_table_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS) \
	$(JANSSON_CFLAGS) $(EXPAT_CFLAGS)
tests_ctl_test_table_LDADD = $(CMOCKA_LIBS) $(JANSSON_LIBS) $(EXPAT_LIBS)
endif
ROSTER_TESTS = tests/ctl/roster_tool.py
TESTS += $(ROSTER_TESTS)
EXTRA_DIST += $(ROSTER_TESTS)
PLAN_TESTS = tests/ctl/lync_doc.py tests/ctl/plan.py
TESTS += $(PLAN_TESTS)
EXTRA_DIST += $(PLAN_TESTS)
