if CMOCKA
check_PROGRAMS += tests/xmpp/test_jid
TESTS += tests/xmpp/test_jid
tests_xmpp_test_jid_SOURCES = tests/xmpp/test_jid.c
tests_xmpp_test_jid_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_jid_LDADD = $(XMPP_MODEL) $(XML) $(BASE) $(CMOCKA_LIBS)
endif
