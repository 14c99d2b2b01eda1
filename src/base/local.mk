noinst_LTLIBRARIES += src/base/libbase.la
src_base_libbase_la_SOURCES = \
	src/base/buf.h \
	src/base/handle.h \
	src/base/limit.h \
	src/base/list.h \
	src/base/log.h \
	src/base/pool.h \
	src/base/rand.h \
	src/base/str.h \
	src/base/table.h \
	src/base/timer.h
BASE = src/base/libbase.la
