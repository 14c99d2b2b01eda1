if CMOCKA
check_PROGRAMS += tests/xmpp/test_jid
TESTS += tests/xmpp/test_jid
tests_xmpp_test_jid_SOURCES = tests/xmpp/test_jid.c
tests_xmpp_test_jid_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_jid_LDADD = $(XMPP_MODEL) $(XML) $(BASE) $(CMOCKA_LIBS)

check_PROGRAMS += tests/xmpp/test_stanza
TESTS += tests/xmpp/test_stanza
tests_xmpp_test_stanza_SOURCES = tests/xmpp/test_stanza.c
tests_xmpp_test_stanza_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_stanza_LDADD = $(XMPP_MODEL) $(XML) $(BASE) $(CMOCKA_LIBS)
endif
