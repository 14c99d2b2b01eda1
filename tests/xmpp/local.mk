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

# A server in memory, and another one that is played by hand.
XMPP_PEER = tests/xmpp/peer.c tests/xmpp/peer.h
XMPP_TEST_LIBS = $(XMPP) $(XMPP_MODEL) $(XML) $(IO) $(BASE) $(CMOCKA_LIBS)

check_PROGRAMS += tests/xmpp/test_policy
TESTS += tests/xmpp/test_policy
tests_xmpp_test_policy_SOURCES = tests/xmpp/test_policy.c
tests_xmpp_test_policy_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_policy_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_oracle
TESTS += tests/xmpp/test_oracle
tests_xmpp_test_oracle_SOURCES = tests/xmpp/test_oracle.c $(XMPP_PEER)
tests_xmpp_test_oracle_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_oracle_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_dane
TESTS += tests/xmpp/test_dane
tests_xmpp_test_dane_SOURCES = tests/xmpp/test_dane.c $(XMPP_PEER)
tests_xmpp_test_dane_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_dane_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_s2s_in
TESTS += tests/xmpp/test_s2s_in
tests_xmpp_test_s2s_in_SOURCES = tests/xmpp/test_s2s_in.c $(XMPP_PEER)
tests_xmpp_test_s2s_in_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_s2s_in_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_s2s_direct
TESTS += tests/xmpp/test_s2s_direct
tests_xmpp_test_s2s_direct_SOURCES = tests/xmpp/test_s2s_direct.c $(XMPP_PEER)
tests_xmpp_test_s2s_direct_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_s2s_direct_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_steps
TESTS += tests/xmpp/test_steps
tests_xmpp_test_steps_SOURCES = tests/xmpp/test_steps.c $(XMPP_PEER)
tests_xmpp_test_steps_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_steps_LDADD = $(XMPP_TEST_LIBS)
check_PROGRAMS += tests/xmpp/test_place
TESTS += tests/xmpp/test_place
tests_xmpp_test_place_SOURCES = tests/xmpp/test_place.c $(XMPP_PEER)
tests_xmpp_test_place_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_place_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_s2s_out
TESTS += tests/xmpp/test_s2s_out
tests_xmpp_test_s2s_out_SOURCES = tests/xmpp/test_s2s_out.c $(XMPP_PEER)
tests_xmpp_test_s2s_out_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_s2s_out_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_shut
TESTS += tests/xmpp/test_shut
tests_xmpp_test_shut_SOURCES = tests/xmpp/test_shut.c $(XMPP_PEER)
tests_xmpp_test_shut_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_shut_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_alive
TESTS += tests/xmpp/test_alive
tests_xmpp_test_alive_SOURCES = tests/xmpp/test_alive.c $(XMPP_PEER)
tests_xmpp_test_alive_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_alive_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_follow
TESTS += tests/xmpp/test_follow
tests_xmpp_test_follow_SOURCES = tests/xmpp/test_follow.c $(XMPP_PEER)
tests_xmpp_test_follow_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_follow_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_dialback
TESTS += tests/xmpp/test_dialback
tests_xmpp_test_dialback_SOURCES = tests/xmpp/test_dialback.c $(XMPP_PEER)
tests_xmpp_test_dialback_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_dialback_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_queue
TESTS += tests/xmpp/test_queue
tests_xmpp_test_queue_SOURCES = tests/xmpp/test_queue.c $(XMPP_PEER)
tests_xmpp_test_queue_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_queue_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_hold
TESTS += tests/xmpp/test_hold
tests_xmpp_test_hold_SOURCES = tests/xmpp/test_hold.c $(XMPP_PEER)
tests_xmpp_test_hold_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_hold_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_component
TESTS += tests/xmpp/test_component
tests_xmpp_test_component_SOURCES = tests/xmpp/test_component.c $(XMPP_PEER)
tests_xmpp_test_component_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_component_LDADD = $(XMPP_TEST_LIBS)

# Two servers of ours in one world.
XMPP_BOTH = tests/xmpp/both.c tests/xmpp/both.h

check_PROGRAMS += tests/xmpp/test_resume
TESTS += tests/xmpp/test_resume
tests_xmpp_test_resume_SOURCES = tests/xmpp/test_resume.c $(XMPP_BOTH)
tests_xmpp_test_resume_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_resume_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_sm
TESTS += tests/xmpp/test_sm
tests_xmpp_test_sm_SOURCES = tests/xmpp/test_sm.c $(XMPP_PEER)
tests_xmpp_test_sm_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_sm_LDADD = $(XMPP_TEST_LIBS)

check_PROGRAMS += tests/xmpp/test_bidi
TESTS += tests/xmpp/test_bidi
tests_xmpp_test_bidi_SOURCES = tests/xmpp/test_bidi.c $(XMPP_PEER)
tests_xmpp_test_bidi_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xmpp_test_bidi_LDADD = $(XMPP_TEST_LIBS)
endif
