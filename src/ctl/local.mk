noinst_LTLIBRARIES += src/ctl/libctl.la
src_ctl_libctl_la_SOURCES = \
	src/ctl/ctl.c src/ctl/ctl.h \
	src/ctl/dialect.c \
	src/ctl/partners.c \
	src/ctl/plan.c src/ctl/plan.h src/ctl/plan_private.h \
	src/ctl/plan_certificates.c \
	src/ctl/plan_dns.c \
	src/ctl/plan_lync.c \
	src/ctl/plan_ports.c \
	src/ctl/plan_xmpp.c \
	src/ctl/report.c src/ctl/report.h \
	src/ctl/roster.c src/ctl/roster.h
src_ctl_libctl_la_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(JANSSON_CFLAGS)
src_ctl_libctl_la_LIBADD = $(JANSSON_LIBS)
CTL = src/ctl/libctl.la
