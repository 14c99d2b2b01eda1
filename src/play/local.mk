bin_PROGRAMS += src/play/stox-play
src_play_stox_play_SOURCES = \
	src/play/act.c \
	src/play/ledger.c src/play/ledger.h \
	src/play/link.h \
	src/play/main.c \
	src/play/match.c src/play/match.h \
	src/play/operator.c src/play/operator.h \
	src/play/peer.c src/play/peer.h \
	src/play/play.h \
	src/play/read.c \
	src/play/recall.c src/play/recall.h \
	src/play/sip_peer.c \
	src/play/stage.c src/play/stage.h \
	src/play/xmpp_peer.c
nodist_src_play_stox_play_SOURCES = src/core/plugin_table.c
src_play_stox_play_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
src_play_stox_play_LDADD = $(PLUGINS) $(NODE_LIBS)
src_play_stox_play_LDFLAGS = $(AM_LDFLAGS) $(PIE_LDFLAGS) -export-dynamic
