noinst_LTLIBRARIES += src/ctl/libctl.la
src_ctl_libctl_la_SOURCES = \
	src/ctl/ctl.c src/ctl/ctl.h \
	src/ctl/partners.c \
	src/ctl/report.c src/ctl/report.h \
	src/ctl/roster.c src/ctl/roster.h
src_ctl_libctl_la_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(JANSSON_CFLAGS)
src_ctl_libctl_la_LIBADD = $(JANSSON_LIBS)
CTL = src/ctl/libctl.la
