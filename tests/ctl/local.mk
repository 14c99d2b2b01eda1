if CMOCKA
check_PROGRAMS += tests/ctl/test_ctl
TESTS += tests/ctl/test_ctl
tests_ctl_test_ctl_SOURCES = tests/ctl/test_ctl.c
tests_ctl_test_ctl_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(JANSSON_CFLAGS)
tests_ctl_test_ctl_LDADD = $(CTL) $(NODE_LIBS) $(CMOCKA_LIBS)
endif
