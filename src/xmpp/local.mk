# The model (jid, stanza) is a library of its own without I/O.
noinst_LTLIBRARIES += src/xmpp/libxmppmodel.la src/xmpp/libxmpp.la
src_xmpp_libxmppmodel_la_SOURCES = src/xmpp/jid.h src/xmpp/stanza.h
src_xmpp_libxmppmodel_la_CPPFLAGS = $(AM_CPPFLAGS) $(ICU_CFLAGS)
src_xmpp_libxmppmodel_la_LIBADD = $(ICU_LIBS)
src_xmpp_libxmpp_la_SOURCES = src/xmpp/xmpp.h
XMPP_MODEL = src/xmpp/libxmppmodel.la
XMPP = src/xmpp/libxmpp.la
