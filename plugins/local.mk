# Bundled plugins: built against the installed headers only.  Each is a module
# in $(pkglibdir)/plugins, or part of the programs (--enable-static-plugins).
plugindir = $(pkglibdir)/plugins
PLUGIN_CPPFLAGS = -I$(top_srcdir)/include
PLUGIN_LDFLAGS = -module -avoid-version -shared $(STOX_LDFLAGS)

message_sources = \
	plugins/message/composing.c \
	plugins/message/imdn.c \
	plugins/message/invite.c \
	plugins/message/message.c plugins/message/message.h \
	plugins/message/multipart.c \
	plugins/message/s2x.c \
	plugins/message/talk.c plugins/message/talk.h \
	plugins/message/talk_dialog.c \
	plugins/message/talk_file.c \
	plugins/message/talk_hear.c \
	plugins/message/talk_say.c \
	plugins/message/talk_tell.c \
	plugins/message/talk_timer.c \
	plugins/message/talk_typing.c \
	plugins/message/talk_words.c \
	plugins/message/text.c \
	plugins/message/x2s.c
presence_sources = \
	plugins/presence/admin.c \
	plugins/presence/count.c \
	plugins/presence/flow.h \
	plugins/presence/grant.c plugins/presence/grant.h \
	plugins/presence/grant_act.c \
	plugins/presence/grant_peer.c \
	plugins/presence/pair.c plugins/presence/pair.h \
	plugins/presence/pidf_read.c \
	plugins/presence/pidf_write.c \
	plugins/presence/presence.c plugins/presence/presence.h \
	plugins/presence/publish.c plugins/presence/publish.h \
	plugins/presence/publish_act.c \
	plugins/presence/publish_admin.c \
	plugins/presence/show.c \
	plugins/presence/stanza.c \
	plugins/presence/tuple.c \
	plugins/presence/watch.c plugins/presence/watch.h \
	plugins/presence/watch_act.c \
	plugins/presence/watch_answer.c \
	plugins/presence/watch_dialog.c \
	plugins/presence/watch_notify.c \
	plugins/presence/watch_peer.c
disco_sources = plugins/disco/disco.c
contact_sources = plugins/contact/contact.c
gateway_sources = plugins/gateway/gateway.c
last_sources = plugins/last/last.c
ping_sources = plugins/ping/ping.c
time_sources = plugins/time/time.c
vcard_sources = plugins/vcard/vcard.c
version_sources = plugins/version/version.c

if STATIC_PLUGINS
noinst_LIBRARIES += plugins/libplugins.a
plugins_libplugins_a_SOURCES = $(message_sources) $(disco_sources) \
	$(contact_sources) $(gateway_sources) $(last_sources) \
	$(ping_sources) $(presence_sources) $(time_sources) $(vcard_sources) $(version_sources)
plugins_libplugins_a_CPPFLAGS = $(PLUGIN_CPPFLAGS)
PLUGINS = plugins/libplugins.a
else
PLUGINS =
plugin_LTLIBRARIES = message.la disco.la contact.la gateway.la last.la \
	ping.la presence.la time.la vcard.la version.la
message_la_SOURCES = $(message_sources)
message_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
message_la_LDFLAGS = $(PLUGIN_LDFLAGS)
disco_la_SOURCES = $(disco_sources)
disco_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
disco_la_LDFLAGS = $(PLUGIN_LDFLAGS)
contact_la_SOURCES = $(contact_sources)
contact_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
contact_la_LDFLAGS = $(PLUGIN_LDFLAGS)
gateway_la_SOURCES = $(gateway_sources)
gateway_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
gateway_la_LDFLAGS = $(PLUGIN_LDFLAGS)
last_la_SOURCES = $(last_sources)
last_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
last_la_LDFLAGS = $(PLUGIN_LDFLAGS)
ping_la_SOURCES = $(ping_sources)
ping_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
ping_la_LDFLAGS = $(PLUGIN_LDFLAGS)
presence_la_SOURCES = $(presence_sources)
presence_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
presence_la_LDFLAGS = $(PLUGIN_LDFLAGS)
time_la_SOURCES = $(time_sources)
time_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
time_la_LDFLAGS = $(PLUGIN_LDFLAGS)
vcard_la_SOURCES = $(vcard_sources)
vcard_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
vcard_la_LDFLAGS = $(PLUGIN_LDFLAGS)
version_la_SOURCES = $(version_sources)
version_la_CPPFLAGS = $(PLUGIN_CPPFLAGS)
version_la_LDFLAGS = $(PLUGIN_LDFLAGS)
endif
# What runs from the build tree finds its plugins here.
BUILT_PLUGINS = $(abs_builddir)/.libs
