noinst_LTLIBRARIES += src/xml/libxml.la
src_xml_libxml_la_SOURCES = src/xml/xml.h
src_xml_libxml_la_CPPFLAGS = $(AM_CPPFLAGS) $(EXPAT_CFLAGS)
src_xml_libxml_la_LIBADD = $(EXPAT_LIBS)
XML = src/xml/libxml.la
