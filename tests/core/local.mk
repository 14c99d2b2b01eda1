if CMOCKA
CONFIG_TESTS = \
	tests/core/test_certificates \
	tests/core/test_config \
	tests/core/test_config_cases \
	tests/core/test_config_files \
	tests/core/test_disco \
	tests/core/test_listen \
	tests/core/test_plugin \
	tests/core/test_policy
check_PROGRAMS += $(CONFIG_TESTS)
TESTS += $(CONFIG_TESTS)
CONFIG_TEST_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS) \
	-DPLUGINDIR='"$(plugindir)"'
CONFIG_TEST_LDADD = $(NODE_LIBS) $(CMOCKA_LIBS)
tests_core_test_certificates_SOURCES = tests/core/test_certificates.c \
	tests/io/pki.c tests/io/pki.h
tests_core_test_certificates_CPPFLAGS = $(CONFIG_TEST_CPPFLAGS) \
	$(GNUTLS_CFLAGS)
tests_core_test_certificates_LDADD = $(CONFIG_TEST_LDADD) $(GNUTLS_LIBS)
tests_core_test_config_SOURCES = tests/core/test_config.c \
	tests/core/toy.c tests/core/toy.h
tests_core_test_config_CPPFLAGS = $(CONFIG_TEST_CPPFLAGS)
tests_core_test_config_LDADD = $(CONFIG_TEST_LDADD)
tests_core_test_config_cases_SOURCES = tests/core/test_config_cases.c \
	tests/core/toy.c tests/core/toy.h
tests_core_test_config_cases_CPPFLAGS = $(CONFIG_TEST_CPPFLAGS)
tests_core_test_config_cases_LDADD = $(CONFIG_TEST_LDADD)
tests_core_test_config_files_SOURCES = tests/core/test_config_files.c \
	tests/core/toy.c tests/core/toy.h
tests_core_test_config_files_CPPFLAGS = $(CONFIG_TEST_CPPFLAGS)
tests_core_test_config_files_LDADD = $(CONFIG_TEST_LDADD)
tests_core_test_disco_SOURCES = tests/core/test_disco.c
tests_core_test_disco_CPPFLAGS = $(CONFIG_TEST_CPPFLAGS)
tests_core_test_disco_LDADD = $(CONFIG_TEST_LDADD)
tests_core_test_listen_SOURCES = tests/core/test_listen.c
tests_core_test_listen_CPPFLAGS = $(CONFIG_TEST_CPPFLAGS)
tests_core_test_listen_LDADD = $(CONFIG_TEST_LDADD)
tests_core_test_plugin_SOURCES = tests/core/test_plugin.c \
	tests/core/toy.c tests/core/toy.h
tests_core_test_plugin_CPPFLAGS = $(CONFIG_TEST_CPPFLAGS)
tests_core_test_plugin_LDADD = $(CONFIG_TEST_LDADD)
tests_core_test_policy_SOURCES = tests/core/test_policy.c
tests_core_test_policy_CPPFLAGS = $(CONFIG_TEST_CPPFLAGS)
tests_core_test_policy_LDADD = $(CONFIG_TEST_LDADD)

# A plugin in a file of its own, in static builds too.
noinst_LTLIBRARIES += tests/core/tide.la
tests_core_tide_la_SOURCES = tests/core/tide.c
tests_core_tide_la_CPPFLAGS = -I$(top_srcdir)/include
tests_core_tide_la_LDFLAGS = -module -avoid-version -shared -rpath $(plugindir) \
	$(STOX_LDFLAGS)
endif
EXTRA_DIST += tests/core/config_cases.txt

# The manual page is its template with the reference that stoxd prints.
TESTS += tests/core/manual.sh
EXTRA_DIST += tests/core/manual.sh
