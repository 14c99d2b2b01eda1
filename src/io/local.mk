noinst_LTLIBRARIES += src/io/libio.la
src_io_libio_la_SOURCES = src/io/io.h src/io/mem.h
src_io_libio_la_CPPFLAGS = $(AM_CPPFLAGS) $(UV_CFLAGS) $(GNUTLS_CFLAGS) $(IDN2_CFLAGS)
src_io_libio_la_LIBADD = $(UV_LIBS) $(GNUTLS_LIBS) $(UNBOUND_LIBS) $(IDN2_LIBS)
IO = src/io/libio.la
