noinst_LIBRARIES += src/xml/libxml.a
src_xml_libxml_a_SOURCES = \
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
src_xml_libxml_a_CPPFLAGS = $(AM_CPPFLAGS) $(EXPAT_CFLAGS)
XML = src/xml/libxml.a $(EXPAT_LIBS)
