if CMOCKA
# Both ends, certificates for them, and a client of another make.
TLS_ENDS = tests/io/ends.c tests/io/ends.h tests/io/foreign.c \
	tests/io/foreign.h tests/io/pki.c tests/io/pki.h tests/io/set.c \
	tests/io/set.h
check_PROGRAMS += tests/io/test_credentials
TESTS += tests/io/test_credentials
tests_io_test_credentials_SOURCES = tests/io/test_credentials.c $(TLS_ENDS)
tests_io_test_credentials_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	$(CMOCKA_CFLAGS) $(GNUTLS_CFLAGS)
tests_io_test_credentials_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS) $(GNUTLS_LIBS)
check_PROGRAMS += tests/io/test_crl
TESTS += tests/io/test_crl
tests_io_test_crl_SOURCES = tests/io/test_crl.c $(TLS_ENDS)
tests_io_test_crl_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS) \
	$(GNUTLS_CFLAGS)
tests_io_test_crl_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS) $(GNUTLS_LIBS)
check_PROGRAMS += tests/io/test_dane
TESTS += tests/io/test_dane
tests_io_test_dane_SOURCES = tests/io/test_dane.c tests/io/ends.c \
	tests/io/ends.h tests/io/pki.c tests/io/pki.h
tests_io_test_dane_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS) \
	$(GNUTLS_CFLAGS)
tests_io_test_dane_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS) $(GNUTLS_LIBS)
check_PROGRAMS += tests/io/test_dane_ask
TESTS += tests/io/test_dane_ask
tests_io_test_dane_ask_SOURCES = tests/io/test_dane_ask.c
tests_io_test_dane_ask_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS)
tests_io_test_dane_ask_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/io/test_dns
TESTS += tests/io/test_dns
tests_io_test_dns_SOURCES = tests/io/test_dns.c tests/io/ends.c tests/io/ends.h
tests_io_test_dns_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS)
tests_io_test_dns_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/io/test_locate
TESTS += tests/io/test_locate
tests_io_test_locate_SOURCES = tests/io/test_locate.c
tests_io_test_locate_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS)
tests_io_test_locate_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/io/test_match
TESTS += tests/io/test_match
tests_io_test_match_SOURCES = tests/io/test_match.c
tests_io_test_match_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS)
tests_io_test_match_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/io/test_mem
TESTS += tests/io/test_mem
tests_io_test_mem_SOURCES = tests/io/test_mem.c
tests_io_test_mem_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS)
tests_io_test_mem_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/io/test_proven
TESTS += tests/io/test_proven
tests_io_test_proven_SOURCES = tests/io/test_proven.c $(TLS_ENDS)
tests_io_test_proven_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS) \
	$(GNUTLS_CFLAGS)
tests_io_test_proven_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS) $(GNUTLS_LIBS)
check_PROGRAMS += tests/io/test_slice
TESTS += tests/io/test_slice
tests_io_test_slice_SOURCES = tests/io/test_slice.c
tests_io_test_slice_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS)
tests_io_test_slice_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/io/test_uv
TESTS += tests/io/test_uv
tests_io_test_uv_SOURCES = tests/io/test_uv.c tests/io/ends.c tests/io/ends.h
tests_io_test_uv_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS)
tests_io_test_uv_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS)
check_PROGRAMS += tests/io/test_tls
TESTS += tests/io/test_tls
tests_io_test_tls_SOURCES = tests/io/test_tls.c $(TLS_ENDS)
tests_io_test_tls_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS) \
	$(GNUTLS_CFLAGS)
tests_io_test_tls_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS) $(GNUTLS_LIBS)
check_PROGRAMS += tests/io/test_verify
TESTS += tests/io/test_verify
tests_io_test_verify_SOURCES = tests/io/test_verify.c tests/io/ends.c \
	tests/io/ends.h tests/io/pki.c tests/io/pki.h tests/io/set.c \
	tests/io/set.h
tests_io_test_verify_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS) \
	$(GNUTLS_CFLAGS)
tests_io_test_verify_LDADD = $(IO) $(BASE) $(CMOCKA_LIBS) $(GNUTLS_LIBS)
endif
