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

static bool is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_host_label(struct str label)
{
	if (label.len == 0 || label.len > LABEL_MAX_LEN ||
		label.p[0] == '-' || label.p[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!is_host_char(label.p[i]))
			return false;
	return true;
}

static bool is_number(struct str label)
{
	for (size_t i = 0; i < label.len; i++)
		if (label.p[i] < '0' || label.p[i] > '9')
			return false;
	return true;
}

/* Is @name (ASCII, lower case, NUL-terminated) a host name or an IPv4 address?
 * A name whose last label is a number can only be the latter.  *@ret_ace tells
 * of A-labels. */
static bool is_host(const char *name, size_t len, bool *ret_ace)
{
	struct str rest = { name, len }, label;
	struct in_addr address;

	*ret_ace = false;
	if (len > NAME_MAX_LEN)
		return false;
	do {
		label = str_cut(&rest, '.');
		if (!is_host_label(label))
			return false;
		*ret_ace |= str_starts(label, STR("xn--"));
	} while (rest.p);
	return !is_number(label) || inet_pton(AF_INET, name, &address) == 1;
}

static size_t strip_dot(const char *name, size_t len)
{
	return len > 1 && name[len - 1] == '.' ? len - 1 : len;
}

/* Lower case in place of @in; false when it is not ASCII. */
static bool lower(struct str in, char *out)
{
	for (size_t i = 0; i < in.len; i++) {
		char c = in.p[i];

		if ((unsigned char)c >= 0x80)
			return false;
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	return true;
}

/* To U-labels, and check that A-labels of legal length exist. */
static ptrdiff_t to_unicode(UIDNA *idna, struct str in, char *out, size_t size)
{
	char ascii[JID_PART_SIZE];
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UErrorCode error = U_ZERO_ERROR;
	int32_t len;

	len = uidna_nameToUnicodeUTF8(idna, in.p, (int32_t)in.len, out,
		(int32_t)size, &info, &error);
	if (U_FAILURE(error) || info.errors || len <= 0 || (size_t)len >= size)
		return -STOX_EINVAL;
	uidna_nameToASCII_UTF8(
		idna, out, len, ascii, sizeof(ascii), &info, &error);
	if (U_FAILURE(error) || info.errors)
		return -STOX_EINVAL;
	len = (int32_t)strip_dot(out, (size_t)len);
	out[len] = '\0';
	return len;
}

static ptrdiff_t international(struct str in, char *out, size_t size)
{
	UErrorCode error = U_ZERO_ERROR;
	bool ace;
	ptrdiff_t len;
	UIDNA *idna;

	if (!str_is_utf8(in))
		return -STOX_EINVAL;
	idna = uidna_openUTS46(IDNA_OPTIONS, &error);
	if (U_FAILURE(error))
		return -STOX_EINVAL;
	len = to_unicode(idna, in, out, size);
	uidna_close(idna);
	/* width variants may have become anything that ASCII has */
	if (len > 0 && !jid_part_is_wide((struct str){ out, (size_t)len }) &&
		!is_host(out, (size_t)len, &ace))
		return -STOX_EINVAL;
	return len;
}

ptrdiff_t jid_prepare_domain(struct str in, char *out, size_t size)
{
	size_t len;
	bool ace;

	if (in.len == 0 || in.len > JID_PART_MAX || in.len >= size)
		return -STOX_EINVAL;
	if (size > JID_PART_SIZE)
		size = JID_PART_SIZE;
	if (in.p[0] == '[')
		return ipv6(in, out, size);
	if (!lower(in, out))
		return international(in, out, size);
	len = strip_dot(out, in.len);
	out[len] = '\0';
	if (!is_host(out, len, &ace))
		return -STOX_EINVAL;
	if (ace)
		return international(in, out, size);
	return (ptrdiff_t)len;
}
