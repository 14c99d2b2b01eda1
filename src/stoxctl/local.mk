bin_PROGRAMS += src/stoxctl/stoxctl
src_stoxctl_stoxctl_SOURCES = \
	src/stoxctl/ask.c src/stoxctl/ask.h \
	src/stoxctl/main.c \
	src/stoxctl/pie.c src/stoxctl/pie.h \
	src/stoxctl/plan.c src/stoxctl/plan.h \
	src/stoxctl/roster.c src/stoxctl/roster.h \
	src/stoxctl/table.c src/stoxctl/table.h \
	src/stoxctl/show.c src/stoxctl/show.h
src_stoxctl_stoxctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(EXPAT_CFLAGS) \
	-DDEFAULT_SOCKET='"/run/stox/control"' \
	-DDEFAULT_STOXD='"$(sbindir)/stoxd"'
src_stoxctl_stoxctl_LDADD = $(JANSSON_LIBS) $(EXPAT_LIBS)
src_stoxctl_stoxctl_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS)
