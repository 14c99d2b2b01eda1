if CMOCKA
check_PROGRAMS += tests/xml/test_reader
TESTS += tests/xml/test_reader
tests_xml_test_reader_SOURCES = tests/xml/test_reader.c
tests_xml_test_reader_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xml_test_reader_LDADD = $(XML) $(BASE) $(CMOCKA_LIBS)
endif
