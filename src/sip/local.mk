# The model (uri, message, cpim) is a library of its own without I/O.
noinst_LTLIBRARIES += src/sip/libsipmodel.la src/sip/libsip.la
src_sip_libsipmodel_la_SOURCES = \
	src/sip/chars.c \
	src/sip/chars.h \
	src/sip/cpim.c \
	src/sip/cpim.h \
	src/sip/cpim_write.c \
	src/sip/decode.c \
	src/sip/frame.c \
	src/sip/header.c \
	src/sip/message.c \
	src/sip/message.h \
	src/sip/name_addr.c \
	src/sip/parse.h \
	src/sip/reason.c \
	src/sip/start.c \
	src/sip/uri.c \
	src/sip/uri.h \
	src/sip/uri_text.c \
	src/sip/write.c
src_sip_libsip_la_SOURCES = src/sip/sip.h
SIP_MODEL = src/sip/libsipmodel.la
SIP = src/sip/libsip.la
