/*
 * jid_part.c: local part and resource, by stringprep (RFC 3920, A and B), as
 * Prosody and ejabberd do it, code points that Unicode 3.2 does not know
 * allowed.  Plain ASCII never meets ICU.
 */
#include "xmpp/jid_part.h"

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include "stox/types.h"
#include "xmpp/jid.h"

/* What nodeprep makes of 0x20 to 0x7F; NUL: forbidden. */
static const char local_map[] = "\0!\0#$%\0\0()*+,-.\0"
				"0123456789\0;\0=\0?"
				"\0abcdefghijklmno"
				"pqrstuvwxyz[\\]^_"
				"`abcdefghijklmno"
				"pqrstuvwxyz{|}~\0";

static ptrdiff_t stringprep(
	UStringPrepProfileType type, struct str in, char *out, size_t size)
{
	UChar wide[JID_PART_SIZE], prepared[JID_PART_SIZE];
	UErrorCode error = U_ZERO_ERROR;
	UStringPrepProfile *profile;
	int32_t len = 0;

	if (in.len > JID_PART_MAX || !str_is_utf8(in))
		return -STOX_EINVAL;
	if (size > JID_PART_SIZE)
		size = JID_PART_SIZE;
	/* open profiles are shared and immutable, ICU keeps them */
	profile = usprep_openByType(type, &error);
	u_strFromUTF8(wide, JID_PART_SIZE, &len, in.p, (int32_t)in.len, &error);
	len = usprep_prepare(profile, wide, len, prepared, JID_PART_SIZE,
		USPREP_ALLOW_UNASSIGNED, NULL, &error);
	u_strToUTF8(out, (int32_t)size, &len, prepared, len, &error);
	usprep_close(profile);
	if (U_FAILURE(error) || len <= 0 || (size_t)len >= size)
		return -STOX_EINVAL;
	return len;
}

bool jid_part_plain_local(struct str in, char *out)
{
	if (in.len == 0 || in.len > JID_PART_MAX)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)(in.p[i] - ' ');

		if (c >= sizeof(local_map) - 1 || !local_map[c])
			return false;
		out[i] = local_map[c];
	}
	return true;
}

bool jid_local_is_plain(struct str local)
{
	for (size_t i = 0; i < local.len; i++) {
		unsigned char c = (unsigned char)(local.p[i] - ' ');

		if (c >= sizeof(local_map) - 1 || !local_map[c] ||
			local.p[i] == '\\')
			return false;
	}
	return local.len > 0 && local.len <= JID_PART_MAX;
}

bool jid_part_plain_resource(struct str in, char *out)
{
	if (in.len == 0 || in.len > JID_PART_MAX)
		return false;
	for (size_t i = 0; i < in.len; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if (c < ' ' || c >= 0x7F)
			return false;
		out[i] = (char)c;
	}
	return true;
}

/* ASCII that is not plain is wrong, and nothing would map it to what is not. */
static ptrdiff_t prepared(bool plain, UStringPrepProfileType type,
	struct str in, char *out, size_t size)
{
	if (!plain)
		return jid_part_is_wide(in) ? stringprep(type, in, out, size)
					    : -STOX_EINVAL;
	out[in.len] = '\0';
	return (ptrdiff_t)in.len;
}

ptrdiff_t jid_prepare_local(struct str in, char *out, size_t size)
{
	if (in.len >= size)
		return -STOX_EINVAL;
	return prepared(jid_part_plain_local(in, out), USPREP_RFC3920_NODEPREP,
		in, out, size);
}

ptrdiff_t jid_prepare_resource(struct str in, char *out, size_t size)
{
	if (in.len >= size)
		return -STOX_EINVAL;
	return prepared(jid_part_plain_resource(in, out),
		USPREP_RFC3920_RESOURCEPREP, in, out, size);
}
