/*
 * credentials.c: a set of certificates, as both twins see it: whose name is on
 * which, and which one to show.  Loading is in credentials_load.c.
 */
#include "io/internal.h"
#include "io/tls.h"

#include <stdlib.h>

struct io_credentials *io_credentials_ref(struct io_credentials *c)
{
	c->refs++;
	return c;
}

void io_credentials_unref(struct io_credentials **c)
{
	struct io_credentials *set = *c;

	*c = NULL;
	if (!set || --set->refs > 0)
		return;
	for (size_t i = 0; i < set->count; i++)
		io_keys_free(&set->items[i]->keys);
	io_trust_free(&set->trust);
	free(set->items);
	pool_free(&set->pool);
	free(set);
}

struct io_credential *io_credentials_add(struct io_credentials *c)
{
	struct io_credential *item = pool_alloc0(c->pool, sizeof(*item));

	c->items = base_realloc(c->items,
		(c->count + 1) * sizeof(struct io_credential *));
	c->items[c->count++] = item;
	return item;
}

static bool names(const struct io_credential *item, struct str name,
	bool wildcard)
{
	const char *const *dns = (const char *const *)item->id.dns;

	return io_identity_dns_match(dns, name, wildcard) ||
	       (wildcard && io_identity_names_xmpp(&item->id, name)) ||
	       (wildcard && io_identity_names_sip(&item->id, name));
}

struct io_credential *io_credentials_find(const struct io_credentials *c,
	struct str name)
{
	/* An exact name before a wildcard or one of the other kinds. */
	for (int wide = 0; wide < 2; wide++)
		for (size_t i = 0; i < c->count; i++)
			if (names(c->items[i], name, wide))
				return c->items[i];
	return NULL;
}

struct io_credential *io_credentials_choose(const struct io_credentials *c,
	bool client, const char *sni, const char *local_name)
{
	struct io_credential *item = NULL;

	if (!c)
		return NULL;
	if (!client && sni)
		item = io_credentials_find(c, str_from(sni));
	if (!item && local_name)
		item = io_credentials_find(c, str_from(local_name));
	if (!item && !client && c->count > 0)
		item = c->items[0];
	return item;
}

bool io_credentials_has(const struct io_credentials *c, struct str name)
{
	return io_credentials_find(c, name) != NULL;
}

const struct io_certificate *io_credentials_next(const struct io_credentials *c,
	size_t *cursor)
{
	if (*cursor >= c->count)
		return NULL;
	return &c->items[(*cursor)++]->info;
}
