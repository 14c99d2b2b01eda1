noinst_LIBRARIES += src/io/libio.a
src_io_libio_a_SOURCES = \
	src/io/address.c \
	src/io/credentials.c \
	src/io/credentials_load.c \
	src/io/crl.c \
	src/io/dane.c \
	src/io/dane_ask.c \
	src/io/dane_tls.c \
	src/io/digest.c \
	src/io/dns.c \
	src/io/env.c \
	src/io/identity.c \
	src/io/idna.c \
	src/io/internal.h \
	src/io/io.h \
	src/io/locate.c \
	src/io/match.c \
	src/io/mem.c \
	src/io/mem.h \
	src/io/mem_connect.c \
	src/io/mem_dns.c \
	src/io/mem_stream.c \
	src/io/mem_stream.h \
	src/io/mem_tls.c \
	src/io/mem_world.h \
	src/io/proven.c \
	src/io/slice.c \
	src/io/stream.c \
	src/io/tls.h \
	src/io/trust.c \
	src/io/uv.c \
	src/io/uv_connect.c \
	src/io/uv_env.h \
	src/io/uv_gate.c \
	src/io/uv_listen.c \
	src/io/uv_stream.c \
	src/io/uv_stream.h \
	src/io/uv_thread.c \
	src/io/uv_tls.c \
	src/io/uv_write.c
src_io_libio_a_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(UV_CFLAGS) $(GNUTLS_CFLAGS) $(IDN2_CFLAGS)
IO = src/io/libio.a $(UV_LIBS) $(GNUTLS_LIBS) $(UNBOUND_LIBS) $(IDN2_LIBS)
