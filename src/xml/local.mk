noinst_LTLIBRARIES += src/xml/libxml.la
src_xml_libxml_la_SOURCES = \
	src/xml/build.c \
	src/xml/build.h \
	src/xml/element.c \
	src/xml/frame.c \
	src/xml/frame.h \
	src/xml/names.c \
	src/xml/names.h \
	src/xml/parse.c \
	src/xml/reader.c \
	src/xml/reader.h \
	src/xml/write.c \
	src/xml/xml.h
src_xml_libxml_la_CPPFLAGS = $(AM_CPPFLAGS) $(EXPAT_CFLAGS)
src_xml_libxml_la_LIBADD = $(EXPAT_LIBS)
XML = src/xml/libxml.la
