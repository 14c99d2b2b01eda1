noinst_LTLIBRARIES += src/store/libstore.la
src_store_libstore_la_SOURCES = \
	src/store/calls.c \
	src/store/database.c \
	src/store/internal.h \
	src/store/path.c \
	src/store/run.c \
	src/store/store.c \
	src/store/store.h
# made from schema/*.sql
nodist_src_store_libstore_la_SOURCES = src/store/schema.c
src_store_libstore_la_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(SQLITE_CFLAGS)
src_store_libstore_la_LIBADD = $(SQLITE_LIBS)
STORE = src/store/libstore.la
