sbin_PROGRAMS += src/stoxd/stoxd
src_stoxd_stoxd_SOURCES = \
	src/stoxd/main.c \
	src/stoxd/notify.c src/stoxd/notify.h
nodist_src_stoxd_stoxd_SOURCES = src/core/plugin_table.c
src_stoxd_stoxd_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	-DDEFAULT_CONFIG='"$(sysconfdir)/stox/stox.cfg.lua"'
src_stoxd_stoxd_LDADD = $(CTL) $(PLUGINS) $(NODE_LIBS)
# Plugins find the functions of stox/plugin.h in the program.
src_stoxd_stoxd_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS) -export-dynamic
