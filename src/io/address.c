/*
 * address.c: IP addresses as text, and those that nobody may send us to.
 */
#include "io/internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

bool io_address_parse(const char *text, uint16_t port, union io_address *out)
{
	char bare[INET6_ADDRSTRLEN];
	size_t len = strlen(text);

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_port = htons(port);
		return true;
	}
	if (len > 2 && text[0] == '[' && text[len - 1] == ']' &&
		len - 2 < sizeof(bare)) {
		memcpy(bare, text + 1, len - 2);
		bare[len - 2] = '\0';
		text = bare;
	}
	if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) != 1)
		return false;
	out->v6.sin6_family = AF_INET6;
	out->v6.sin6_port = htons(port);
	return true;
}

static bool is_v4(const union io_address *a)
{
	return a->any.sa_family == AF_INET;
}

/* The IPv4 address inside, or NULL. */
static const uint8_t *v4_inside(const union io_address *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
	const uint8_t *b;

	if (is_v4(a))
		return (const uint8_t *)&a->v4.sin_addr;
	b = a->v6.sin6_addr.s6_addr;
	if (!memcmp(b, mapped, 12) || !memcmp(b, nat64, 12))
		return b + 12;
	if (b[0] == 0x20 && b[1] == 0x02) /* 6to4 */
		return b + 2;
	return NULL;
}

void io_address_text(const union io_address *a, char out[INET6_ADDRSTRLEN])
{
	if (is_v4(a))
		inet_ntop(AF_INET, &a->v4.sin_addr, out, INET6_ADDRSTRLEN);
	else if (IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		inet_ntop(AF_INET, a->v6.sin6_addr.s6_addr + 12, out,
			INET6_ADDRSTRLEN);
	else
		inet_ntop(AF_INET6, &a->v6.sin6_addr, out, INET6_ADDRSTRLEN);
}

void io_address_peer(const union io_address *a, char out[IO_PEER_SIZE])
{
	char text[INET6_ADDRSTRLEN];
	uint16_t port = ntohs(is_v4(a) ? a->v4.sin_port : a->v6.sin6_port);

	io_address_text(a, text);
	snprintf(out, IO_PEER_SIZE, strchr(text, ':') ? "[%s]:%u" : "%s:%u",
		text, port);
}

socklen_t io_address_len(const union io_address *a)
{
	return is_v4(a) ? sizeof(a->v4) : sizeof(a->v6);
}

static bool special_v4(const uint8_t *b)
{
	return b[0] == 0 || b[0] == 127 || b[0] >= 224 ||
	       (b[0] == 169 && b[1] == 254) ||
	       (b[0] == 192 && b[1] == 0 && b[2] == 0);
}

bool io_address_special(const union io_address *a)
{
	const uint8_t *v4 = v4_inside(a);
	const uint8_t *b;
	size_t i = 0;

	if (v4)
		return special_v4(v4);
	b = a->v6.sin6_addr.s6_addr;
	if (b[0] == 0xff || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80))
		return true;
	/* ::/96 holds ::, ::1 and the IPv4-compatible ones, long gone. */
	while (i < 12 && b[i] == 0)
		i++;
	return i == 12;
}

bool io_address_same(const union io_address *a, const union io_address *b)
{
	char left[INET6_ADDRSTRLEN], right[INET6_ADDRSTRLEN];

	io_address_text(a, left);
	io_address_text(b, right);
	return strcmp(left, right) == 0;
}
