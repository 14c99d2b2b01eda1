# The model (uri, message, cpim) is a library of its own without I/O.
noinst_LIBRARIES += src/sip/libsipmodel.a src/sip/libsip.a
src_sip_libsipmodel_a_SOURCES = \
	src/sip/chars.c \
	src/sip/chars.h \
	src/sip/cpim.c \
	src/sip/cpim.h \
	src/sip/cpim_write.c \
	src/sip/decode.c \
	src/sip/dialog.c \
	src/sip/dialog.h \
	src/sip/frame.c \
	src/sip/header.c \
	src/sip/message.c \
	src/sip/message.h \
	src/sip/name_addr.c \
	src/sip/parse.h \
	src/sip/reason.c \
	src/sip/start.c \
	src/sip/subscription.c \
	src/sip/subscription.h \
	src/sip/uri.c \
	src/sip/uri.h \
	src/sip/uri_text.c \
	src/sip/write.c
src_sip_libsip_a_SOURCES = \
	src/sip/client.c \
	src/sip/connection.c src/sip/connection.h \
	src/sip/dialect.c src/sip/dialect.h \
	src/sip/discover.c \
	src/sip/framing.c \
	src/sip/invite.c \
	src/sip/link.c \
	src/sip/listener.c \
	src/sip/locate.c \
	src/sip/peer.c src/sip/peer.h \
	src/sip/policy.c \
	src/sip/proof.c \
	src/sip/request.c \
	src/sip/response.c \
	src/sip/self.h \
	src/sip/server.c \
	src/sip/sip.c src/sip/sip.h \
	src/sip/transaction.h
SIP_MODEL = src/sip/libsipmodel.a
SIP = src/sip/libsip.a
