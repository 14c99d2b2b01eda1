# Real servers; no part of `make check`, for it needs them and the right to
# make network namespaces.
EXTRA_DIST += \
	tests/peers/agent.py \
	tests/peers/authority.py \
	tests/peers/baresip.py \
	tests/peers/baresip_cases.py \
	tests/peers/cases.py \
	tests/peers/contacts.py \
	tests/peers/dane.py \
	tests/peers/demo.py \
	tests/peers/demo_presence.py \
	tests/peers/ejabberd.py \
	tests/peers/faults.py \
	tests/peers/judges.py \
	tests/peers/gateway.py \
	tests/peers/jabberd2.py \
	tests/peers/kamailio.py \
	tests/peers/lab.py \
	tests/peers/lanes.py \
	tests/peers/lync.py \
	tests/peers/lync_cases.py \
	tests/peers/lync_character.py \
	tests/peers/lync_dialog.py \
	tests/peers/lync_front.py \
	tests/peers/lync_im_cases.py \
	tests/peers/lync_judge.py \
	tests/peers/lync_presence_cases.py \
	tests/peers/lync_talk.py \
	tests/peers/lync_watch.py \
	tests/peers/lync_wire.py \
	tests/peers/modern.py \
	tests/peers/presence_cases.py \
	tests/peers/presence_fault_cases.py \
	tests/peers/presence_peer_cases.py \
	tests/peers/prosody.py \
	tests/peers/publish_cases.py \
	tests/peers/resume.py \
	tests/peers/run \
	tests/peers/sip_client.py \
	tests/peers/sip_presence.py \
	tests/peers/sip_text.py \
	tests/peers/signed.py \
	tests/peers/stox.py \
	tests/peers/strangers.py \
	tests/peers/talk.py \
	tests/peers/world.py \
	tests/peers/xmpp_client.py

.PHONY: check-peers
check-peers: all
	STOX_BUILDDIR='$(abs_top_builddir)' PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 $(srcdir)/tests/peers/run
