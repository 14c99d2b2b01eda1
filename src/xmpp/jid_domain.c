/*
 * jid_domain.c: the domain of an address: a host name with U-labels, an IPv4
 * address or an IPv6 literal in brackets.  RFC 7622, 3.2.
 *
 * Names outside of ASCII go through UTS 46, non-transitional (IDNA2008): unlike
 * nameprep it never takes two domains of the DNS for one.
 */
#include "xmpp/jid_part.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unicode/uidna.h>

#include "stox/types.h"
#include "xmpp/jid.h"

enum {
	NAME_MAX_LEN = 253, /* of a name and of a label in the DNS */
	LABEL_MAX_LEN = 63,
	IDNA_OPTIONS = UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI |
		       UIDNA_CHECK_CONTEXTJ | UIDNA_CHECK_CONTEXTO |
		       UIDNA_NONTRANSITIONAL_TO_ASCII |
		       UIDNA_NONTRANSITIONAL_TO_UNICODE,
};

/* What becomes of a byte in a host name; NUL: it is none of its kind. */
static const char host_map[256] = {
	['-'] = '-', ['.'] = '.',
	['0'] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
	['A'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
	'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
	['a'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
	'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
};

/* One spelling for each address, so that equal ones compare equal. */
static ptrdiff_t ipv6(struct str in, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in6_addr address;

	if (in.len < 4 || in.p[in.len - 1] != ']' ||
		in.len - 2 >= sizeof(text) || size < sizeof(text) + 2)
		return -STOX_EINVAL;
	memcpy(text, in.p + 1, in.len - 2);
	if (strlen(text) != in.len - 2 ||
		inet_pton(AF_INET6, text, &address) != 1)
		return -STOX_EINVAL;
	inet_ntop(AF_INET6, &address, text, sizeof(text));
	return snprintf(out, size, "[%s]", text);
}

/* A label of plain ASCII; A-labels are not plain. */
static bool is_label(const char *label, size_t len)
{
	return len > 0 && len <= LABEL_MAX_LEN && label[0] != '-' &&
	       label[len - 1] != '-' &&
	       !(len > 4 && memcmp(label, "xn--", 4) == 0);
}

static bool is_number(const char *label, size_t len)
{
	while (len > 0 && label[len - 1] >= '0' && label[len - 1] <= '9')
		len--;
	return len == 0;
}

static bool is_ipv4(const char *name, size_t len)
{
	char text[INET_ADDRSTRLEN] = "";
	struct in_addr address;

	if (len >= sizeof(text))
		return false;
	memcpy(text, name, len);
	return inet_pton(AF_INET, text, &address) == 1;
}

ptrdiff_t jid_part_plain_domain(struct str in, char *out)
{
	size_t start = 0; /* of the label */

	if (in.len > 1 && in.p[in.len - 1] == '.')
		in.len--;
	if (in.len > NAME_MAX_LEN)
		return -STOX_EINVAL;
	for (size_t i = 0; i < in.len; i++) {
		char c = host_map[(unsigned char)in.p[i]];

		out[i] = c;
		if (c > '.')
			continue;
		if (!c)
			return -STOX_EINVAL;
		if (c == '-')
			continue;
		if (!is_label(out + start, i - start))
			return -STOX_EINVAL;
		start = i + 1;
	}
	if (!is_label(out + start, in.len - start))
		return -STOX_EINVAL;
	/* whose last label is a number can only be an IPv4 address */
	if (is_number(out + start, in.len - start) && !is_ipv4(out, in.len))
		return -STOX_EINVAL;
	return (ptrdiff_t)in.len;
}

/* To U-labels, and check that A-labels of legal length exist. */
static ptrdiff_t to_unicode(UIDNA *idna, struct str in, char *out, size_t size)
{
	char ascii[JID_PART_SIZE];
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UErrorCode error = U_ZERO_ERROR;
	int32_t len;

	len = uidna_nameToUnicodeUTF8(
		idna, in.p, (int32_t)in.len, out, (int32_t)size, &info, &error);
	if (U_FAILURE(error) || info.errors || len <= 0 || (size_t)len >= size)
		return -STOX_EINVAL;
	uidna_nameToASCII_UTF8(
		idna, out, len, ascii, sizeof(ascii), &info, &error);
	if (U_FAILURE(error) || info.errors)
		return -STOX_EINVAL;
	if (len > 1 && out[len - 1] == '.')
		out[--len] = '\0';
	return len;
}

static ptrdiff_t international(struct str in, char *out, size_t size)
{
	char again[JID_PART_SIZE];
	UErrorCode error = U_ZERO_ERROR;
	struct str name = { out, 0 };
	ptrdiff_t len;
	UIDNA *idna;

	if (!str_is_utf8(in))
		return -STOX_EINVAL;
	idna = uidna_openUTS46(IDNA_OPTIONS, &error);
	if (U_FAILURE(error))
		return -STOX_EINVAL;
	len = to_unicode(idna, in, out, size);
	uidna_close(idna);
	if (len < 0)
		return len;
	/* width variants may have become anything that ASCII has */
	name.len = (size_t)len;
	if (!jid_part_is_wide(name) && jid_part_plain_domain(name, again) < 0)
		return -STOX_EINVAL;
	return len;
}

static bool has_a_label(struct str in)
{
	for (size_t i = 0; i + 4 <= in.len; i++)
		if ((i == 0 || in.p[i - 1] == '.') &&
			str_istarts((struct str){ in.p + i, in.len - i },
				STR("xn--")))
			return true;
	return false;
}

ptrdiff_t jid_prepare_domain(struct str in, char *out, size_t size)
{
	ptrdiff_t len;

	if (in.len == 0 || in.len > JID_PART_MAX || in.len >= size)
		return -STOX_EINVAL;
	if (size > JID_PART_SIZE)
		size = JID_PART_SIZE;
	if (in.p[0] == '[')
		return ipv6(in, out, size);
	if (jid_part_is_wide(in) || has_a_label(in))
		return international(in, out, size);
	len = jid_part_plain_domain(in, out);
	if (len > 0)
		out[len] = '\0';
	return len;
}
