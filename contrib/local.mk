EXTRA_DIST += \
	contrib/build.sh \
	contrib/check \
	contrib/demo \
	contrib/packages \
	contrib/packages.sh \
	contrib/stox.service.in

# What to begin with, and what belongs beside other servers.
examplesdir = $(docdir)/examples
dist_examples_DATA = contrib/stox.cfg.lua
ejabberdexamplesdir = $(examplesdir)/ejabberd
dist_ejabberdexamples_DATA = contrib/ejabberd/stox.yml
jabberd2examplesdir = $(examplesdir)/jabberd2
dist_jabberd2examples_DATA = contrib/jabberd2/stox.xml
lyncexamplesdir = $(examplesdir)/lync
dist_lyncexamples_DATA = \
	contrib/lync/add.ps1 \
	contrib/lync/check.ps1 \
	contrib/lync/remove.ps1
prosodyexamplesdir = $(examplesdir)/prosody
dist_prosodyexamples_DATA = \
	contrib/prosody/gateway.cfg.lua \
	contrib/prosody/mod_stox.lua \
	contrib/prosody/s2s.cfg.lua \
	contrib/prosody/stox.cfg.lua

# configure leaves ${prefix} in folders; make knows them whole.
contrib/stox.service: contrib/stox.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) contrib && $(SED) \
		-e 's|@sbindir[@]|$(sbindir)|' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|' \
		$(srcdir)/contrib/stox.service.in > $@.new && mv $@.new $@
CLEANFILES += contrib/stox.service
if SYSTEMD
systemdsystemunit_DATA = contrib/stox.service
else
noinst_DATA = contrib/stox.service
endif
