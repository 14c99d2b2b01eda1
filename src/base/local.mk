noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/buf.c \
	src/base/buf.h \
	src/base/fair.c \
	src/base/fair.h \
	src/base/handle.c \
	src/base/handle.h \
	src/base/limit.c \
	src/base/limit.h \
	src/base/list.h \
	src/base/log.c \
	src/base/log.h \
	src/base/pool.c \
	src/base/pool.h \
	src/base/rand.c \
	src/base/rand.h \
	src/base/siphash.c \
	src/base/str.c \
	src/base/str.h \
	src/base/table.c \
	src/base/table.h \
	src/base/timer.c \
	src/base/timer.h \
	src/base/word.h
BASE = src/base/libbase.a
