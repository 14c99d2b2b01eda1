/*
 * jid_part.h: what the files that prepare the parts of an address share.
 */
#ifndef XMPP_JID_PART_H
#define XMPP_JID_PART_H

#include "base/str.h"

enum {
	JID_PART_MAX = 1023, /* octets, before and after.  RFC 7622, 3.1 */
	JID_PART_SIZE = JID_PART_MAX + 1,
};

/** Does @s hold a byte above 0x7F? */
static inline bool jid_part_is_wide(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return true;
	return false;
}

/*
 * The way of nearly all addresses: plain ASCII, in one pass.  @out has room for
 * in.len + 1 and gets no NUL.  False (a negative length) when @in is not plain
 * or not right: then the jid_prepare_ functions decide.
 */
bool jid_part_plain_local(struct str in, char *out);
bool jid_part_plain_resource(struct str in, char *out);
ptrdiff_t jid_part_plain_domain(struct str in, char *out);

#endif
