if CMOCKA
check_PROGRAMS += tests/sip/test_uri \
	tests/sip/test_message \
	tests/sip/test_frame \
	tests/sip/test_header \
	tests/sip/test_write \
	tests/sip/test_linear \
	tests/sip/test_torture \
	tests/sip/test_cpim \
	tests/sip/test_dialog \
	tests/sip/test_subscription
TESTS += tests/sip/test_uri \
	tests/sip/test_message \
	tests/sip/test_frame \
	tests/sip/test_header \
	tests/sip/test_write \
	tests/sip/test_linear \
	tests/sip/test_torture \
	tests/sip/test_cpim \
	tests/sip/test_dialog \
	tests/sip/test_subscription
tests_sip_test_uri_SOURCES = tests/sip/test_uri.c
tests_sip_test_uri_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_uri_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_message_SOURCES = \
	tests/sip/test_message.c tests/sip/sample.c tests/sip/sample.h
tests_sip_test_message_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_message_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_frame_SOURCES = \
	tests/sip/test_frame.c tests/sip/sample.c tests/sip/sample.h
tests_sip_test_frame_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_frame_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_header_SOURCES = \
	tests/sip/test_header.c tests/sip/sample.c tests/sip/sample.h
tests_sip_test_header_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_header_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_write_SOURCES = \
	tests/sip/test_write.c tests/sip/sample.c tests/sip/sample.h
tests_sip_test_write_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_write_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_linear_SOURCES = \
	tests/sip/test_linear.c tests/sip/sample.c tests/sip/sample.h
tests_sip_test_linear_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_linear_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_torture_SOURCES = tests/sip/test_torture.c
tests_sip_test_torture_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_torture_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_dialog_SOURCES = \
	tests/sip/test_dialog.c tests/sip/sample.c tests/sip/sample.h
tests_sip_test_dialog_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_dialog_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_subscription_SOURCES = \
	tests/sip/test_subscription.c tests/sip/sample.c tests/sip/sample.h
tests_sip_test_subscription_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_subscription_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
tests_sip_test_cpim_SOURCES = tests/sip/test_cpim.c
tests_sip_test_cpim_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_cpim_LDADD = $(SIP_MODEL) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sip/test_transaction
TESTS += tests/sip/test_transaction
tests_sip_test_transaction_SOURCES = \
	tests/sip/test_transaction.c tests/sip/scene.c tests/sip/scene.h
tests_sip_test_transaction_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_transaction_LDADD = \
	$(SIP) $(SIP_MODEL) $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sip/test_client
TESTS += tests/sip/test_client
tests_sip_test_client_SOURCES = \
	tests/sip/test_client.c tests/sip/scene.c tests/sip/scene.h
tests_sip_test_client_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_client_LDADD = \
	$(SIP) $(SIP_MODEL) $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sip/test_invite
TESTS += tests/sip/test_invite
tests_sip_test_invite_SOURCES = \
	tests/sip/test_invite.c tests/sip/scene.c tests/sip/scene.h
tests_sip_test_invite_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_invite_LDADD = \
	$(SIP) $(SIP_MODEL) $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sip/test_discover
TESTS += tests/sip/test_discover
tests_sip_test_discover_SOURCES = \
	tests/sip/test_discover.c tests/sip/scene.c tests/sip/scene.h
tests_sip_test_discover_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_discover_LDADD = \
	$(SIP) $(SIP_MODEL) $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sip/test_dialect
TESTS += tests/sip/test_dialect
tests_sip_test_dialect_SOURCES = \
	tests/sip/test_dialect.c tests/sip/scene.c tests/sip/scene.h
tests_sip_test_dialect_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_dialect_LDADD = \
	$(SIP) $(SIP_MODEL) $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sip/test_policy
TESTS += tests/sip/test_policy
tests_sip_test_policy_SOURCES = \
	tests/sip/test_policy.c tests/sip/scene.c tests/sip/scene.h
tests_sip_test_policy_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_policy_LDADD = \
	$(SIP) $(SIP_MODEL) $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sip/test_transport
TESTS += tests/sip/test_transport
tests_sip_test_transport_SOURCES = \
	tests/sip/test_transport.c tests/sip/scene.c tests/sip/scene.h
tests_sip_test_transport_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_sip_test_transport_LDADD = \
	$(SIP) $(SIP_MODEL) $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/sip/test_wire
TESTS += tests/sip/test_wire
tests_sip_test_wire_SOURCES = \
	tests/sip/test_wire.c tests/io/pki.c tests/io/pki.h
tests_sip_test_wire_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	$(CMOCKA_CFLAGS) $(GNUTLS_CFLAGS)
tests_sip_test_wire_LDADD = \
	$(SIP) $(SIP_MODEL) $(IO) $(BASE) $(CMOCKA_LIBS) $(GNUTLS_LIBS)
endif
