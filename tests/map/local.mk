if CMOCKA
check_PROGRAMS += tests/map/test_address tests/map/test_diagnostics \
	tests/map/test_error \
	tests/map/test_gateway
TESTS += tests/map/test_address tests/map/test_diagnostics \
	tests/map/test_error \
	tests/map/test_gateway
tests_map_test_address_SOURCES = tests/map/test_address.c
tests_map_test_address_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_map_test_address_LDADD = $(MAP) $(SIP_MODEL) $(XMPP_MODEL) $(XML) $(BASE) $(CMOCKA_LIBS)
tests_map_test_diagnostics_SOURCES = tests/map/test_diagnostics.c
tests_map_test_diagnostics_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_map_test_diagnostics_LDADD = $(MAP) $(SIP_MODEL) $(XMPP_MODEL) $(XML) $(BASE) $(CMOCKA_LIBS)
tests_map_test_error_SOURCES = tests/map/test_error.c
tests_map_test_error_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_map_test_error_LDADD = $(MAP) $(SIP_MODEL) $(XMPP_MODEL) $(XML) $(BASE) $(CMOCKA_LIBS)
tests_map_test_gateway_SOURCES = tests/map/test_gateway.c
tests_map_test_gateway_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_map_test_gateway_LDADD = $(MAP) $(SIP_MODEL) $(XMPP_MODEL) $(XML) $(BASE) $(CMOCKA_LIBS)
endif
