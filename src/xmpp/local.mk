# The model (jid, stanza) is a library of its own without I/O.
noinst_LIBRARIES += src/xmpp/libxmppmodel.a src/xmpp/libxmpp.a
src_xmpp_libxmppmodel_a_SOURCES = \
	src/xmpp/jid.c \
	src/xmpp/jid.h \
	src/xmpp/jid_domain.c \
	src/xmpp/jid_escape.c \
	src/xmpp/jid_part.c \
	src/xmpp/jid_part.h \
	src/xmpp/jid_safe.c \
	src/xmpp/stanza.c \
	src/xmpp/stanza.h
src_xmpp_libxmppmodel_a_CPPFLAGS = $(AM_CPPFLAGS) $(ICU_CFLAGS)
src_xmpp_libxmpp_a_SOURCES = src/xmpp/xmpp.h \
	src/xmpp/alive.c src/xmpp/alive.h \
	src/xmpp/certificate.c src/xmpp/certificate.h \
	src/xmpp/component.c src/xmpp/component.h \
	src/xmpp/deliver.c src/xmpp/deliver.h \
	src/xmpp/dialback.c src/xmpp/dialback.h \
	src/xmpp/failed.c src/xmpp/hold.c src/xmpp/object.h \
	src/xmpp/opening.c \
	src/xmpp/policy.c src/xmpp/policy.h \
	src/xmpp/queue.c src/xmpp/queue.h \
	src/xmpp/route.c src/xmpp/route.h \
	src/xmpp/s2s.h src/xmpp/s2s_accept.c src/xmpp/s2s_auth.c \
	src/xmpp/s2s_dane.c src/xmpp/s2s_follow.c \
	src/xmpp/s2s_bidi.c \
	src/xmpp/s2s_in.c src/xmpp/s2s_out.c src/xmpp/s2s_pair.c \
	src/xmpp/s2s_place.c \
	src/xmpp/shut.c \
	src/xmpp/sm.c src/xmpp/sm.h src/xmpp/sm_resume.c \
	src/xmpp/sm_stream.c src/xmpp/stream.c src/xmpp/stream.h src/xmpp/stream_end.c \
	src/xmpp/xmpp.c
XMPP_MODEL = src/xmpp/libxmppmodel.a $(ICU_LIBS)
XMPP = src/xmpp/libxmpp.a
