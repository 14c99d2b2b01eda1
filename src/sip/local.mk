# The model (uri, message, cpim) is a library of its own without I/O.
noinst_LTLIBRARIES += src/sip/libsipmodel.la src/sip/libsip.la
src_sip_libsipmodel_la_SOURCES = \
	src/sip/chars.c \
	src/sip/chars.h \
	src/sip/cpim.h \
	src/sip/message.h \
	src/sip/parse.h \
	src/sip/uri.c \
	src/sip/uri.h \
	src/sip/uri_text.c
src_sip_libsip_la_SOURCES = src/sip/sip.h
SIP_MODEL = src/sip/libsipmodel.la
SIP = src/sip/libsip.la
