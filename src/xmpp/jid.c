/*
 * jid.c: addresses from text or parts, and their comparison.
 */
#include "xmpp/jid.h"

#include "stox/types.h"
#include "xmpp/jid_part.h"

/* Each part, its separator or NUL. */
enum { FULL_SIZE = 3 * JID_PART_SIZE };

/* A local part or resource that is NULL is absent; an empty one is wrong. */
struct parts {
	struct str local, domain, resource;
	bool prepared; /* the domain */
};

static struct jid sliced(
	const char *full, size_t local, size_t domain, size_t resource)
{
	struct jid j = { .full = full };

	j.local = (struct str){ full, local };
	j.domain = (struct str){ full + local + (local > 0), domain };
	j.bare_len = (size_t)(j.domain.p - full) + domain;
	j.full_len = j.bare_len + (resource > 0) + resource;
	j.resource = (struct str){ full + j.full_len - resource, resource };
	return j;
}

static ptrdiff_t copy(struct str in, char *out)
{
	memcpy(out, in.p, in.len);
	return (ptrdiff_t)in.len;
}

/* Plain ASCII does not grow: it is prepared where it will stay.
 * Returns 0, or -STOX_ENOTSUP when it is not so plain. */
static int prepare_plain(
	struct pool *pool, const struct parts *parts, struct jid *ret)
{
	size_t size =
		parts->local.len + parts->domain.len + parts->resource.len + 3;
	char *full = pool_alloc(pool, size), *to = full;
	ptrdiff_t domain;

	if (parts->local.p) {
		if (!jid_part_plain_local(parts->local, to))
			return -STOX_ENOTSUP;
		to += parts->local.len;
		*to++ = '@';
	}
	domain = parts->prepared ? copy(parts->domain, to)
				 : jid_part_plain_domain(parts->domain, to);
	if (domain < 0)
		return -STOX_ENOTSUP;
	to += domain;
	if (parts->resource.p) {
		*to++ = '/';
		if (!jid_part_plain_resource(parts->resource, to))
			return -STOX_ENOTSUP;
		to += parts->resource.len;
	}
	*to = '\0';
	*ret = sliced(
		full, parts->local.len, (size_t)domain, parts->resource.len);
	return 0;
}

static int prepare_any(
	struct pool *pool, const struct parts *parts, struct jid *ret)
{
	char full[FULL_SIZE], *to = full;
	ptrdiff_t local = 0, domain, resource = 0;

	if (parts->local.p) {
		local = jid_prepare_local(parts->local, to, JID_PART_SIZE);
		if (local < 0)
			return -STOX_EINVAL;
		to += local;
		*to++ = '@';
	}
	domain = parts->prepared
			 ? copy(parts->domain, to)
			 : jid_prepare_domain(parts->domain, to, JID_PART_SIZE);
	if (domain < 0)
		return -STOX_EINVAL;
	to += domain;
	if (parts->resource.p) {
		*to++ = '/';
		resource = jid_prepare_resource(
			parts->resource, to, JID_PART_SIZE);
		if (resource < 0)
			return -STOX_EINVAL;
		to += resource;
	}
	*ret = sliced(pool_strndup(pool, full, (size_t)(to - full)),
		(size_t)local, (size_t)domain, (size_t)resource);
	return 0;
}

static int prepare(
	struct pool *pool, const struct parts *parts, struct jid *ret)
{
	return prepare_plain(pool, parts, ret) == 0
		       ? 0
		       : prepare_any(pool, parts, ret);
}

/* RFC 7622, 3.2: first the resource goes, then the local part. */
int jid_parse(struct pool *pool, struct str text, struct jid *ret)
{
	struct parts parts = { .domain = text };
	const char *slash, *at;

	if (text.len == 0)
		return -STOX_EINVAL;
	slash = memchr(text.p, '/', text.len);
	if (slash) {
		parts.domain.len = (size_t)(slash - text.p);
		parts.resource.p = slash + 1;
		parts.resource.len = text.len - parts.domain.len - 1;
	}
	at = memchr(text.p, '@', parts.domain.len);
	if (at) {
		parts.local = (struct str){ text.p, (size_t)(at - text.p) };
		parts.domain.p = at + 1;
		parts.domain.len -= parts.local.len + 1;
	}
	return prepare(pool, &parts, ret);
}

static int make(struct pool *pool, struct parts parts, struct jid *ret)
{
	if (parts.local.len == 0)
		parts.local.p = NULL;
	if (parts.resource.len == 0)
		parts.resource.p = NULL;
	return prepare(pool, &parts, ret);
}

int jid_make(struct pool *pool, struct str local, struct str domain,
	struct str resource, struct jid *ret)
{
	return make(pool, (struct parts){ local, domain, resource, false },
		ret);
}

int jid_make_at(struct pool *pool, struct str local, struct str domain,
	struct str resource, struct jid *ret)
{
	stox_require(domain.len > 0 && domain.len < JID_PART_SIZE);
	return make(pool, (struct parts){ local, domain, resource, true }, ret);
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
