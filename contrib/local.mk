EXTRA_DIST += \
	contrib/build.sh \
	contrib/check \
	contrib/demo \
	contrib/ejabberd/stox.yml \
	contrib/jabberd2/stox.xml \
	contrib/packages \
	contrib/packages.sh \
	contrib/prosody/stox.cfg.lua \
	contrib/stox.service
