# Unit tests mirror src/; each links only what its folder may use, so that a
# call in the wrong direction does not link.
include $(top_srcdir)/tests/base/local.mk
include $(top_srcdir)/tests/io/local.mk
include $(top_srcdir)/tests/xml/local.mk
include $(top_srcdir)/tests/xmpp/local.mk
include $(top_srcdir)/tests/sip/local.mk
include $(top_srcdir)/tests/store/local.mk
include $(top_srcdir)/tests/map/local.mk
include $(top_srcdir)/tests/core/local.mk
include $(top_srcdir)/tests/ctl/local.mk
include $(top_srcdir)/tests/presence/local.mk
include $(top_srcdir)/tests/play/local.mk
include $(top_srcdir)/tests/fuzz/local.mk
include $(top_srcdir)/tests/peers/local.mk
include $(top_srcdir)/tests/attack/local.mk
include $(top_srcdir)/tests/bench/local.mk
include $(top_srcdir)/tests/lint/local.mk
