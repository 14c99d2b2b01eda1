/*
 * jid.c: addresses from text or parts, and their comparison.
 */
#include "xmpp/jid.h"

#include "stox/types.h"
#include "xmpp/jid_part.h"

/* Each part, its separator or NUL. */
enum { FULL_SIZE = 3 * JID_PART_SIZE };

/* A local part or resource that is NULL is absent; an empty one is wrong. */
static int prepare(struct pool *pool, struct str local, struct str domain,
	struct str resource, struct jid *ret)
{
	char full[FULL_SIZE];
	struct jid j = { .full = NULL };
	ptrdiff_t n;

	if (local.p) {
		n = jid_prepare_local(local, full, JID_PART_SIZE);
		if (n < 0)
			return -STOX_EINVAL;
		j.local.len = (size_t)n;
		full[n] = '@';
		j.full_len = (size_t)n + 1;
	}
	n = jid_prepare_domain(domain, full + j.full_len, JID_PART_SIZE);
	if (n < 0)
		return -STOX_EINVAL;
	j.domain.len = (size_t)n;
	j.full_len += (size_t)n;
	j.bare_len = j.full_len;
	if (resource.p) {
		full[j.full_len++] = '/';
		n = jid_prepare_resource(
			resource, full + j.full_len, JID_PART_SIZE);
		if (n < 0)
			return -STOX_EINVAL;
		j.resource.len = (size_t)n;
		j.full_len += (size_t)n;
	}
	j.full = pool_strndup(pool, full, j.full_len);
	j.local.p = j.full;
	j.domain.p = j.full + (local.p ? j.local.len + 1 : 0);
	j.resource.p = j.full + j.full_len - j.resource.len;
	*ret = j;
	return 0;
}

/* RFC 7622, 3.2: first the resource goes, then the local part. */
int jid_parse(struct pool *pool, struct str text, struct jid *ret)
{
	struct str local = { NULL, 0 }, resource = { NULL, 0 };
	ptrdiff_t at = str_find(text, '/');

	if (at >= 0) {
		resource.p = text.p + at + 1;
		resource.len = text.len - (size_t)at - 1;
		text.len = (size_t)at;
	}
	at = str_find(text, '@');
	if (at >= 0) {
		local = (struct str){ text.p, (size_t)at };
		text.p += at + 1;
		text.len -= (size_t)at + 1;
	}
	return prepare(pool, local, text, resource, ret);
}

int jid_make(struct pool *pool, struct str local, struct str domain,
	struct str resource, struct jid *ret)
{
	if (local.len == 0)
		local.p = NULL;
	if (resource.len == 0)
		resource.p = NULL;
	return prepare(pool, local, domain, resource, ret);
}

struct jid jid_to_bare(struct pool *pool, const struct jid *j)
{
	struct jid bare = *j;

	bare.full = pool_strndup(pool, j->full, j->bare_len);
	bare.full_len = j->bare_len;
	bare.local.p = bare.full;
	bare.domain.p = bare.full + (j->domain.p - j->full);
	bare.resource = (struct str){ bare.full + bare.full_len, 0 };
	return bare;
}

bool jid_eq(const struct jid *a, const struct jid *b)
{
	return str_eq((struct str){ a->full, a->full_len },
		(struct str){ b->full, b->full_len });
}

bool jid_bare_eq(const struct jid *a, const struct jid *b)
{
	return str_eq(jid_bare(a), jid_bare(b));
}
