/*
 * match.c: which names a certificate carries.  Pure; both twins use it.
 */
#include "io/internal.h"

#include <string.h>

bool io_identity_dns_match(const char *const *names, struct str name,
	bool wildcard)
{
	ptrdiff_t dot = str_find(name, '.');

	if (!names || name.len == 0)
		return false;
	for (; *names; names++) {
		struct str n = str_from(*names);

		if (str_eq(n, name))
			return true;
		/* A wildcard stands for one whole label, the left-most. */
		if (wildcard && dot > 0 && str_starts(n, STR("*.")) &&
			str_eq((struct str){ n.p + 1, n.len - 1 },
				(struct str){ name.p + dot,
					name.len - (size_t)dot }))
			return true;
	}
	return false;
}

/* Is @prefix followed by @name among @names? */
static bool named_with(const char *const *names, struct str prefix,
	struct str name)
{
	if (!names || name.len == 0)
		return false;
	for (; *names; names++) {
		struct str n = str_from(*names);

		if (n.len == prefix.len + name.len && str_starts(n, prefix) &&
			str_ends(n, name))
			return true;
	}
	return false;
}

static bool has_sip_uri(const char *const *uris)
{
	for (; uris && *uris; uris++)
		if (str_starts(str_from(*uris), STR("sip:")) &&
			!strchr(*uris, '@'))
			return true;
	return false;
}

/* C does not let const char ** become const char *const * by itself. */
static const char *const *list(const char **names)
{
	return (const char *const *)names;
}

bool io_identity_names_xmpp(const struct io_identity *id, struct str domain)
{
	if (!id || !id->present)
		return false;
	return io_identity_dns_match(list(id->dns), domain, true) ||
	       named_with(list(id->srv), STR("_xmpp-server."), domain) ||
	       named_with(list(id->srv), STR("_xmpps-server."), domain) ||
	       named_with(list(id->xmpp), STR(""), domain);
}

bool io_identity_names_sip(const struct io_identity *id, struct str host)
{
	if (!id || !id->present)
		return false;
	if (has_sip_uri(list(id->uri)))
		return named_with(list(id->uri), STR("sip:"), host);
	return io_identity_dns_match(list(id->dns), host, false);
}

/* ---- one block for one identity ----------------------------------------- */

struct pack {
	char **slots; /* NULL while measuring */
	char *text;
	size_t slot_count, text_len;
};

static char *pack_text(struct pack *p, const char *s)
{
	size_t len = strlen(s) + 1, at = p->text_len;

	p->text_len += len;
	return p->slots ? memcpy(p->text + at, s, len) : NULL;
}

static const char **pack_names(struct pack *p, const char **names)
{
	size_t first = p->slot_count;

	for (; names && *names; names++) {
		char *copy = pack_text(p, *names);

		if (p->slots)
			p->slots[p->slot_count] = copy;
		p->slot_count++;
	}
	if (p->slots)
		p->slots[p->slot_count] = NULL;
	p->slot_count++;
	return p->slots ? (const char **)p->slots + first : NULL;
}

static void pack_all(struct pack *p, const struct io_identity *id,
	struct io_identity *out)
{
	*out = *id;
	out->dns = pack_names(p, id->dns);
	out->uri = pack_names(p, id->uri);
	out->srv = pack_names(p, id->srv);
	out->xmpp = pack_names(p, id->xmpp);
	out->why = id->why ? pack_text(p, id->why) : NULL;
}

struct io_identity *io_identity_pack(const struct io_identity *id)
{
	struct pack p = { .text = NULL };
	struct io_identity measured, *block;
	size_t slots;

	pack_all(&p, id, &measured);
	slots = p.slot_count * sizeof(char *);
	block = base_alloc0(sizeof(*block) + slots + p.text_len);
	p = (struct pack){ .slots = (char **)(void *)(block + 1) };
	p.text = (char *)(block + 1) + slots;
	pack_all(&p, id, block);
	return block;
}
