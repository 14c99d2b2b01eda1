if CMOCKA
check_PROGRAMS += tests/sip/test_uri tests/sip/test_torture
TESTS += tests/sip/test_uri tests/sip/test_torture
tests_sip_test_uri_SOURCES = tests/sip/test_uri.c
tests_sip_test_uri_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_uri_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_torture_SOURCES = tests/sip/test_torture.c
tests_sip_test_torture_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_torture_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
endif
