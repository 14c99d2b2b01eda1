if CMOCKA
STORE_TESTS = \
	tests/store/test_faults \
	tests/store/test_migrate \
	tests/store/test_open \
	tests/store/test_store \
	tests/store/test_thread
check_PROGRAMS += $(STORE_TESTS)
TESTS += $(STORE_TESTS)
STORE_TESTS_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(CMOCKA_CFLAGS) \
	$(SQLITE_CFLAGS)
STORE_TESTS_LDADD = $(STORE) $(IO) $(BASE) $(CMOCKA_LIBS) $(SQLITE_LIBS)
tests_store_test_faults_SOURCES = tests/store/fault_vfs.c \
	tests/store/fault_vfs.h tests/store/help.h tests/store/test_faults.c
tests_store_test_faults_CPPFLAGS = $(STORE_TESTS_CPPFLAGS)
tests_store_test_faults_LDADD = $(STORE_TESTS_LDADD)
tests_store_test_migrate_SOURCES = tests/store/help.h tests/store/test_migrate.c
tests_store_test_migrate_CPPFLAGS = $(STORE_TESTS_CPPFLAGS)
tests_store_test_migrate_LDADD = $(STORE_TESTS_LDADD)
tests_store_test_open_SOURCES = tests/store/help.h tests/store/test_open.c
tests_store_test_open_CPPFLAGS = $(STORE_TESTS_CPPFLAGS)
tests_store_test_open_LDADD = $(STORE_TESTS_LDADD)
tests_store_test_store_SOURCES = tests/store/help.h tests/store/test_store.c
tests_store_test_store_CPPFLAGS = $(STORE_TESTS_CPPFLAGS)
tests_store_test_store_LDADD = $(STORE_TESTS_LDADD)
tests_store_test_thread_SOURCES = tests/store/help.h tests/store/test_thread.c
tests_store_test_thread_CPPFLAGS = $(STORE_TESTS_CPPFLAGS)
tests_store_test_thread_LDADD = $(STORE_TESTS_LDADD)
endif
