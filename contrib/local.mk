EXTRA_DIST += \
	contrib/build.sh \
	contrib/check \
	contrib/demo \
	contrib/ejabberd/stox.yml \
	contrib/jabberd2/stox.xml \
	contrib/lync/add.ps1 \
	contrib/lync/check.ps1 \
	contrib/lync/remove.ps1 \
	contrib/packages \
	contrib/packages.sh \
	contrib/prosody/gateway.cfg.lua \
	contrib/prosody/mod_stox.lua \
	contrib/prosody/s2s.cfg.lua \
	contrib/prosody/stox.cfg.lua \
	contrib/stox.service
