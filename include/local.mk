stoxincludedir = $(includedir)/stox
stoxinclude_HEADERS = \
	include/stox/plugin.h \
	include/stox/types.h
stoxserviceincludedir = $(includedir)/stox/service
stoxserviceinclude_HEADERS = \
	include/stox/service/address.h \
	include/stox/service/cache.h \
	include/stox/service/count.h \
	include/stox/service/cpim.h \
	include/stox/service/date.h \
	include/stox/service/dialog.h \
	include/stox/service/disco.h \
	include/stox/service/gateway.h \
	include/stox/service/policy.h \
	include/stox/service/session.h \
	include/stox/service/subscription.h \
	include/stox/service/xml.h
pkgconfig_DATA = src/stox.pc
