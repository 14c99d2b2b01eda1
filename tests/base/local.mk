if CMOCKA
BASE_TESTS = \
	tests/base/test_buf \
	tests/base/test_fair \
	tests/base/test_handle \
	tests/base/test_limit \
	tests/base/test_list \
	tests/base/test_log \
	tests/base/test_pool \
	tests/base/test_rand \
	tests/base/test_str \
	tests/base/test_table \
	tests/base/test_timer
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)
tests_base_test_buf_SOURCES = tests/base/test_buf.c
tests_base_test_buf_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_buf_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_fair_SOURCES = tests/base/test_fair.c
tests_base_test_fair_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_fair_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_handle_SOURCES = tests/base/test_handle.c
tests_base_test_handle_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_handle_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_limit_SOURCES = tests/base/test_limit.c
tests_base_test_limit_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_limit_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_list_SOURCES = tests/base/test_list.c
tests_base_test_list_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_list_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_log_SOURCES = tests/base/test_log.c
tests_base_test_log_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_log_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_pool_SOURCES = tests/base/test_pool.c
tests_base_test_pool_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_pool_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_rand_SOURCES = tests/base/test_rand.c
tests_base_test_rand_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_rand_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_str_SOURCES = tests/base/test_str.c
tests_base_test_str_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_str_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_table_SOURCES = tests/base/test_table.c
tests_base_test_table_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_table_LDADD = $(BASE) $(CMOCKA_LIBS)
tests_base_test_timer_SOURCES = tests/base/test_timer.c
tests_base_test_timer_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_base_test_timer_LDADD = $(BASE) $(CMOCKA_LIBS)
endif
