/*
 * XMPP resources as tuple ids, and priorities.  RFC 8048, 6.1.
 */
#include <stdio.h>
#include <string.h>

#include "presence.h"

static const char PREFIX[] = "ID-";

static bool is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* An id is an NCName.  Of those beyond ASCII none is taken: which ones may
 * stand depends on the edition of XML.  '_' begins an escape. */
static bool is_plain(unsigned char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

const char *presence_tuple_id(struct stox_exchange *x, const char *resource)
{
	size_t n = strlen(resource);
	char *id = stox_alloc(x, sizeof(PREFIX) + 5 * n);
	char *to = id + sizeof(PREFIX) - 1;

	memcpy(id, PREFIX, sizeof(PREFIX));
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)resource[i];

		if (is_plain(c))
			*to++ = (char)c;
		else
			to += snprintf(to, 6, "_x%02x_", c);
	}
	*to = '\0';
	return id;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that "_xHH_" at @p stands for, or -1. */
static int escaped(const char *p)
{
	int high, low;

	if (p[0] != '_' || p[1] != 'x')
		return -1;
	high = hex(p[2]);
	low = high < 0 ? -1 : hex(p[3]);
	if (low < 0 || p[4] != '_' || high + low == 0)
		return -1;
	return high << 4 | low;
}

const char *presence_tuple_resource(struct stox_exchange *x, const char *id)
{
	char *resource, *to;

	if (strncmp(id, PREFIX, sizeof(PREFIX) - 1) != 0)
		return "";
	id += sizeof(PREFIX) - 1;
	to = resource = stox_alloc(x, strlen(id) + 1);
	while (*id) {
		int byte = escaped(id);

		*to++ = byte < 0 ? *id : (char)byte;
		id += byte < 0 ? 1 : 5;
	}
	*to = '\0';
	return resource;
}

/* ---- priorities ----------------------------------------------------------- */

/* "0.039" as 39; -1 for what is no number from 0 to 1 with up to three
 * digits behind the point. */
static int thousandths(const char *text)
{
	int n, scale = 100;

	if ((text[0] != '0' && text[0] != '1') ||
		(text[1] != '\0' && text[1] != '.'))
		return -1;
	n = (text[0] - '0') * 1000;
	for (text += text[1] ? 2 : 1; *text; text++, scale /= 10) {
		if (*text < '0' || *text > '9' || scale == 0)
			return -1;
		n += (*text - '0') * scale;
	}
	return n <= 1000 ? n : -1;
}

int presence_priority_read(const char *text)
{
	int n = text ? thousandths(text) : -1;

	return n < 0 ? PRESENCE_NO_PRIORITY : (127 * n + 999) / 1000;
}

const char *presence_priority_text(struct stox_exchange *x, int priority)
{
	int n = 1000 * priority / 127;

	if (priority < 0 || priority > 127)
		return NULL;
	if (n % 1000 == 0)
		return n ? "1" : "0";
	return stox_printf(x, "0.%03d", n);
}
