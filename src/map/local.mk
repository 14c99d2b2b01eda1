noinst_LIBRARIES += src/map/libmap.a
src_map_libmap_a_SOURCES = src/map/address.c src/map/date.c \
	src/map/diagnostics.c src/map/error.c \
	src/map/gateway.c src/map/map.h
MAP = src/map/libmap.a
