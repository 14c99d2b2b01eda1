# plugin_table.c is made by configure and compiled by the programs, so that each
# may bring the plugins it wants.
noinst_LIBRARIES += src/core/libcore.a
src_core_libcore_a_SOURCES = \
	src/core/address.c \
	src/core/api.c src/core/api_table.h \
	src/core/body.c \
	src/core/cache.c \
	src/core/certificates.c src/core/certificates.h \
	src/core/diagnostics.c \
	src/core/count.c src/core/count.h \
	src/core/crowd.c src/core/crowd.h \
	src/core/dialog.c src/core/dialog.h \
	src/core/disco.c src/core/disco.h \
	src/core/ends.c \
	src/core/exchange.c src/core/exchange.h \
	src/core/gateway.c \
	src/core/hook.c src/core/hook.h \
	src/core/host.c src/core/host.h \
	src/core/lane.c \
	src/core/listen.c src/core/listen.h \
	src/core/loop.c src/core/loop.h \
	src/core/node.c src/core/node.h \
	src/core/pair.c src/core/pair.h \
	src/core/partner.c src/core/partner.h \
	src/core/policy.c src/core/policy.h \
	src/core/reach.c src/core/reach.h src/core/reach_private.h \
	src/core/reach_forgot.c \
	src/core/reach_read.c \
	src/core/route.c \
	src/core/routes.c src/core/routes.h \
	src/core/session.c src/core/session.h src/core/session_private.h \
	src/core/session_admin.c \
	src/core/session_api.c \
	src/core/session_load.c \
	src/core/session_memory.c \
	src/core/session_notes.c \
	src/core/spelling.c src/core/spelling.h \
	src/core/version.c \
	src/core/config.c \
	src/core/config.h \
	src/core/config_check.c \
	src/core/config_component.c \
	src/core/config_discover.c \
	src/core/config_domain.c \
	src/core/config_env.c \
	src/core/config_lua.c \
	src/core/config_lua.h \
	src/core/config_manual.c \
	src/core/config_private.h \
	src/core/config_raw.c \
	src/core/config_report.c \
	src/core/config_source.c \
	src/core/config_syntax.c \
	src/core/config_table.c \
	src/core/config_value.c \
	src/core/plugin.c \
	src/core/plugin.h
src_core_libcore_a_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(LUA_CFLAGS) \
	-DPLUGINDIR='"$(pkglibdir)/plugins"'
CORE = src/core/libcore.a $(LUA_LIBS)
# A program holds only what it needs of an archive; plugins need all that their
# headers promise.  The table of addresses keeps it in, and fails to link when
# a header promises what nobody wrote.
nodist_src_core_libcore_a_SOURCES = src/core/api_table.c
CLEANFILES += src/core/api_table.c
PLUGIN_API = $(stoxinclude_HEADERS) $(stoxserviceinclude_HEADERS)
src/core/api_table.c: $(PLUGIN_API) $(top_srcdir)/src/core/local.mk
	$(AM_V_GEN)mkdir -p src/core && { \
	names=`cd $(srcdir) && $(SED) -n \
		's/^STOX_API[^(]*[ *]\(stox_[a-z0-9_]*\)(.*/\1/p' $(PLUGIN_API)`; \
	echo '/* Made from the installed headers: what plugins may call. */'; \
	echo '#include "core/api_table.h"'; \
	for n in $$names; do echo "extern const char $$n[];"; done; \
	echo 'const void *const core_api_table[] = {'; \
	for n in $$names; do echo "	$$n,"; done; \
	echo '	NULL'; echo '};'; } > $@.tmp && mv $@.tmp $@
# Everything that a node is made of, for the programs and the tests of core.
NODE_LIBS = $(CORE) $(MAP) $(STORE) $(SIP) $(SIP_MODEL) $(XMPP) $(XMPP_MODEL) \
	$(XML) $(IO) $(BASE)
