noinst_LTLIBRARIES += src/store/libstore.la
src_store_libstore_la_SOURCES = src/store/store.h
src_store_libstore_la_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
src_store_libstore_la_LIBADD = $(SQLITE_LIBS)
STORE = src/store/libstore.la
