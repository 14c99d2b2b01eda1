# A scripted server against stoxd, best built with sanitizers; a stage of
# contrib/check, no part of `make check`.
EXTRA_DIST += \
	tests/attack/cases.py \
	tests/attack/crowd_cases.py \
	tests/attack/identity_cases.py \
	tests/attack/names.py \
	tests/attack/pair_cases.py \
	tests/attack/peer.py \
	tests/attack/place_cases.py \
	tests/attack/policy_cases.py \
	tests/attack/watcher_cases.py \
	tests/attack/run \
	tests/attack/target.py \
	tests/attack/tls_cases.py \
	tests/attack/xml_cases.py

.PHONY: attack
attack: all
	STOX_BUILDDIR='$(abs_top_builddir)' PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 $(srcdir)/tests/attack/run
