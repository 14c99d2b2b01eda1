if CMOCKA
check_PROGRAMS += tests/xml/test_element
TESTS += tests/xml/test_element
tests_xml_test_element_SOURCES = tests/xml/test_element.c
tests_xml_test_element_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xml_test_element_LDADD = $(XML) $(BASE) $(CMOCKA_LIBS)

check_PROGRAMS += tests/xml/test_frame
TESTS += tests/xml/test_frame
tests_xml_test_frame_SOURCES = tests/xml/test_frame.c
tests_xml_test_frame_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xml_test_frame_LDADD = $(XML) $(BASE) $(CMOCKA_LIBS)

check_PROGRAMS += tests/xml/test_limits
TESTS += tests/xml/test_limits
tests_xml_test_limits_SOURCES = tests/xml/test_limits.c tests/xml/heard.h
tests_xml_test_limits_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xml_test_limits_LDADD = $(XML) $(BASE) $(CMOCKA_LIBS)

check_PROGRAMS += tests/xml/test_names
TESTS += tests/xml/test_names
tests_xml_test_names_SOURCES = tests/xml/test_names.c
tests_xml_test_names_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xml_test_names_LDADD = $(XML) $(BASE) $(CMOCKA_LIBS)

check_PROGRAMS += tests/xml/test_parse
TESTS += tests/xml/test_parse
tests_xml_test_parse_SOURCES = tests/xml/test_parse.c
tests_xml_test_parse_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xml_test_parse_LDADD = $(XML) $(BASE) $(CMOCKA_LIBS)

check_PROGRAMS += tests/xml/test_reader
TESTS += tests/xml/test_reader
tests_xml_test_reader_SOURCES = tests/xml/test_reader.c tests/xml/heard.h
tests_xml_test_reader_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xml_test_reader_LDADD = $(XML) $(BASE) $(CMOCKA_LIBS)

check_PROGRAMS += tests/xml/test_write
TESTS += tests/xml/test_write
tests_xml_test_write_SOURCES = tests/xml/test_write.c
tests_xml_test_write_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_xml_test_write_LDADD = $(XML) $(BASE) $(CMOCKA_LIBS)

TESTS += tests/xml/test_second_parser.sh
tests/xml/test_second_parser.log: tests/xml/test_write
endif
EXTRA_DIST += tests/xml/test_second_parser.sh
