# The model (jid, stanza) is a library of its own without I/O.
noinst_LTLIBRARIES += src/xmpp/libxmppmodel.la src/xmpp/libxmpp.la
src_xmpp_libxmppmodel_la_SOURCES = \
	src/xmpp/jid.c \
	src/xmpp/jid.h \
	src/xmpp/jid_domain.c \
	src/xmpp/jid_escape.c \
	src/xmpp/jid_part.c \
	src/xmpp/jid_part.h \
	src/xmpp/jid_safe.c \
	src/xmpp/stanza.c \
	src/xmpp/stanza.h
src_xmpp_libxmppmodel_la_CPPFLAGS = $(AM_CPPFLAGS) $(ICU_CFLAGS)
src_xmpp_libxmppmodel_la_LIBADD = $(ICU_LIBS)
src_xmpp_libxmpp_la_SOURCES = src/xmpp/xmpp.h
XMPP_MODEL = src/xmpp/libxmppmodel.la
XMPP = src/xmpp/libxmpp.la
