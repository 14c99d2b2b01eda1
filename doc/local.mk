dist_man_MANS += doc/stox.cfg.lua.5
EXTRA_DIST += doc/stox.cfg.lua.5.in

# After a change of an option or of the template.
.PHONY: update-manual
update-manual: src/stoxd/stoxd $(plugin_LTLIBRARIES)
	STOX_SRCDIR='$(abs_top_srcdir)' STOX_BUILDDIR='$(abs_top_builddir)' \
		$(SHELL) $(srcdir)/tests/core/manual.sh --write

dist_man_MANS += \
	doc/stox-play.1 \
	doc/stoxctl.1 \
	doc/stoxd.8
dist_doc_DATA = NEWS README.md SECURITY.md \
	doc/limits.md \
	doc/lync.md \
	doc/peers.md \
	doc/plugins.md \
	doc/presence.md \
	doc/roster.md \
	doc/standards.md
