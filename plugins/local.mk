# Bundled plugins: built against the installed headers only.  Each is a module
# in $(pkglibdir)/plugins, or part of the programs (--enable-static-plugins).
plugindir = $(pkglibdir)/plugins
PLUGIN_CPPFLAGS = -I$(top_srcdir)/include
PLUGIN_LDFLAGS = -module -avoid-version -shared $(STOX_LDFLAGS)

message_sources = \
	plugins/message/date.c \
	plugins/message/message.c plugins/message/message.h \
	plugins/message/multipart.c \
	plugins/message/s2x.c \
	plugins/message/text.c \
	plugins/message/x2s.c
disco_sources = plugins/disco/disco.c
ping_sources = plugins/ping/ping.c
time_sources = plugins/time/time.c
version_sources = plugins/version/version.c

if STATIC_PLUGINS
noinst_LTLIBRARIES += plugins/libplugins.la
plugins_libplugins_la_SOURCES = $(message_sources) $(disco_sources) \
	$(ping_sources) $(time_sources) $(version_sources)
plugins_libplugins_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
PLUGINS = plugins/libplugins.la
else
PLUGINS =
plugin_LTLIBRARIES = message.la disco.la ping.la time.la version.la
message_la_SOURCES = $(message_sources)
message_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
message_la_LDFLAGS = $(PLUGIN_LDFLAGS)
disco_la_SOURCES = $(disco_sources)
disco_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
disco_la_LDFLAGS = $(PLUGIN_LDFLAGS)
ping_la_SOURCES = $(ping_sources)
ping_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
ping_la_LDFLAGS = $(PLUGIN_LDFLAGS)
time_la_SOURCES = $(time_sources)
time_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
time_la_LDFLAGS = $(PLUGIN_LDFLAGS)
version_la_SOURCES = $(version_sources)
version_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
version_la_LDFLAGS = $(PLUGIN_LDFLAGS)
endif
# What runs from the build tree finds its plugins here.
BUILT_PLUGINS = $(abs_builddir)/.libs
