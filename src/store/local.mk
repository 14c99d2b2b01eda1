noinst_LIBRARIES += src/store/libstore.a
src_store_libstore_a_SOURCES = \
	src/store/calls.c \
	src/store/database.c \
	src/store/internal.h \
	src/store/path.c \
	src/store/run.c \
	src/store/store.c \
	src/store/store.h
# made from schema/*.sql
nodist_src_store_libstore_a_SOURCES = src/store/schema.c
src_store_libstore_a_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(SQLITE_CFLAGS)
STORE = src/store/libstore.a $(SQLITE_LIBS)
