EXTRA_DIST += \
	contrib/build.sh \
	contrib/check \
	contrib/demo \
	contrib/ejabberd/stox.yml \
	contrib/packages \
	contrib/packages.sh \
	contrib/prosody/stox.cfg.lua \
	contrib/stox.service
