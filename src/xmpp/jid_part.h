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

/** Stringprep, RFC 6122, with ICU.  Length in @out, or -STOX_EINVAL. */
ptrdiff_t jid_part_nodeprep(struct str in, char *out, size_t size);
ptrdiff_t jid_part_resourceprep(struct str in, char *out, size_t size);

#endif
