noinst_LIBRARIES += src/ctl/libctl.a
src_ctl_libctl_a_SOURCES = \
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
src_ctl_libctl_a_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(JANSSON_CFLAGS)
CTL = src/ctl/libctl.a $(JANSSON_LIBS)
