# Plays of the core, and the plugins that they need: modules in every build,
# found through -P.
check_LTLIBRARIES = header.la subscription.la waiter.la
PLAY_PLUGIN_LDFLAGS = -module -avoid-version -shared -rpath $(plugindir) $(STOX_LDFLAGS)
header_la_SOURCES = tests/play/plugins/header.c
header_la_CPPFLAGS = -I$(top_srcdir)/include
header_la_LDFLAGS = $(PLAY_PLUGIN_LDFLAGS)
subscription_la_SOURCES = tests/play/plugins/subscription.c
subscription_la_CPPFLAGS = -I$(top_srcdir)/include
subscription_la_LDFLAGS = $(PLAY_PLUGIN_LDFLAGS)
waiter_la_SOURCES = tests/play/plugins/waiter.c
waiter_la_CPPFLAGS = -I$(top_srcdir)/include
waiter_la_LDFLAGS = $(PLAY_PLUGIN_LDFLAGS)

PLAYS = \
	plugins/contact/contact.play \
	plugins/disco/caps.play \
	plugins/disco/disco.play \
	plugins/gateway/gateway.play \
	plugins/last/last.play \
	plugins/message/imdn.play \
	plugins/message/lync-call.play \
	plugins/message/lync-file.play \
	plugins/message/lync-first-replaced.play \
	plugins/message/lync-first-text.play \
	plugins/message/lync-gone.play \
	plugins/message/lync-imdn.play \
	plugins/message/lync-refused.play \
	plugins/message/lync-replace.play \
	plugins/message/lync-report.play \
	plugins/message/lync-ring.play \
	plugins/message/lync-s2x.play \
	plugins/message/lync-stop.play \
	plugins/message/lync-timer.play \
	plugins/message/lync-too-brief.play \
	plugins/message/lync-types.play \
	plugins/message/lync-typing.play \
	plugins/message/lync-x2s.play \
	plugins/message/s2x-bounce-404.play \
	plugins/message/s2x-bounce.play \
	plugins/message/s2x-type.play \
	plugins/message/s2x-types.play \
	plugins/message/s2x.play \
	plugins/message/session-option.play \
	plugins/message/typing.play \
	plugins/message/unreachable.play \
	plugins/message/x2s-errors.play \
	plugins/message/x2s-injection.play \
	plugins/message/x2s-long.play \
	plugins/message/x2s-order.play \
	plugins/message/x2s-refused.play \
	plugins/message/x2s-thread.play \
	plugins/message/x2s.play \
	plugins/ping/ping.play \
	plugins/presence/both.play \
	plugins/presence/caps.play \
	plugins/presence/etag-anew.play \
	plugins/presence/etag.play \
	plugins/presence/explain.play \
	plugins/presence/hidden.play \
	plugins/presence/languages.play \
	plugins/presence/lync-closed.play \
	plugins/presence/lync-refused.play \
	plugins/presence/lync-s2x.play \
	plugins/presence/lync-x2s.play \
	plugins/presence/operator.play \
	plugins/presence/peer-component.play \
	plugins/presence/peer-forgot.play \
	plugins/presence/peer-login.play \
	plugins/presence/peer-silent.play \
	plugins/presence/peer-sip.play \
	plugins/presence/peer-xmpp.play \
	plugins/presence/publish-refused.play \
	plugins/presence/publish.play \
	plugins/presence/quiet.play \
	plugins/presence/restart.play \
	plugins/presence/s2x-answers.play \
	plugins/presence/s2x-churn.play \
	plugins/presence/s2x-day.play \
	plugins/presence/s2x-end.play \
	plugins/presence/s2x-many.play \
	plugins/presence/s2x-poll.play \
	plugins/presence/x2s-many.play \
	plugins/presence/publish-many.play \
	plugins/presence/restart-pace.play \
	plugins/presence/s2x-refused.play \
	plugins/presence/s2x-unasked.play \
	plugins/presence/s2x-unheard.play \
	plugins/presence/s2x-withdrawn.play \
	plugins/presence/s2x.play \
	plugins/presence/x2s-answer.play \
	plugins/presence/x2s-answers.play \
	plugins/presence/x2s-doing.play \
	plugins/presence/x2s-first.play \
	plugins/presence/x2s-gone.play \
	plugins/presence/x2s-later.play \
	plugins/presence/x2s-lost.play \
	plugins/presence/x2s-online.play \
	plugins/presence/x2s-reasons.play \
	plugins/presence/x2s-refresh.play \
	plugins/presence/x2s-refused.play \
	plugins/presence/x2s-told-less.play \
	plugins/presence/x2s-stamps.play \
	plugins/presence/x2s-unseen.play \
	plugins/presence/x2s-month.play \
	plugins/presence/x2s.play \
	plugins/time/time.play \
	plugins/vcard/document.play \
	plugins/vcard/hidden.play \
	plugins/vcard/vcard.play \
	plugins/version/hidden.play \
	plugins/version/version.play \
	tests/play/acks.play \
	tests/play/bidi.play \
	tests/play/component.play \
	tests/play/discover-limited.play \
	tests/play/discover-on.play \
	tests/play/discover-sip-gone.play \
	tests/play/discover-sip-limited.play \
	tests/play/discover-sip-lync.play \
	tests/play/discover-sip-on.play \
	tests/play/discover-sip-pace.play \
	tests/play/discover-sip-rate.play \
	tests/play/gateway-component.play \
	tests/play/gateway.play \
	tests/play/header.play \
	tests/play/loop-room.play \
	tests/play/loop.play \
	tests/play/lync-border.play \
	tests/play/policy.play \
	tests/play/scan.play \
	tests/play/sessions.play \
	tests/play/shut.play \
	tests/play/spelling.play \
	tests/play/strangers.play \
	tests/play/subscription.play \
	tests/play/unload.play \
	tests/play/provider.play \
	tests/play/requests.play \
	tests/play/unverified.play \
	tests/play/users.play \
	tests/play/verification.play \
	tests/play/wait.play
TESTS += $(PLAYS) tests/play/outside.sh
EXTRA_DIST += $(PLAYS) tests/play/outside.sh
PLAY_LOG_DRIVER = $(LOG_DRIVER)
PLAY_LOG_COMPILER = src/play/stox-play
AM_PLAY_LOG_FLAGS = -P $(BUILT_PLUGINS)
