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

/* How a certificate may come to be meant, the best way first. */
enum by { BY_NAME_AND_FILE, BY_NAME, BY_WILDCARD, BY_FILE, BY_COUNT };

static bool meant(const struct io_credential *item, struct str name, enum by by)
{
	const char *const *dns = (const char *const *)item->id.dns;
	bool file = item->info.name && str_is(name, item->info.name);

	switch (by) {
	case BY_NAME_AND_FILE:
		return file && io_identity_dns_match(dns, name, false);
	case BY_NAME:
		return io_identity_dns_match(dns, name, false);
	case BY_WILDCARD: /* or one of the other kinds */
		return io_identity_names_xmpp(&item->id, name) ||
		       io_identity_names_sip(&item->id, name);
	case BY_FILE:
		return file;
	case BY_COUNT:
		break;
	}
	return false;
}

struct io_credential *io_credentials_find(const struct io_credentials *c,
	struct str name, io_credential_rank *rank, const void *arg)
{
	struct io_credential *first = NULL, *best = NULL;
	unsigned high = 0;

	for (int by = 0; by < BY_COUNT && !best; by++)
		for (size_t i = 0; i < c->count; i++) {
			struct io_credential *item = c->items[i];
			unsigned r;

			if (!meant(item, name, (enum by)by))
				continue;
			first = first ? first : item;
			r = rank ? rank(arg, item) : 1;
			if (r > high) {
				high = r;
				best = item;
			}
		}
	return best ? best : first;
}

struct io_credential *io_credentials_choose(const struct io_tls *tls,
	const char *sni, io_credential_rank *rank, const void *arg)
{
	const struct io_credentials *c = tls->credentials;
	const char *order[] = { sni, tls->local_name };
	struct io_credential *item = NULL;

	if (!c)
		return NULL;
	if (tls->client || (tls->insist && tls->local_name)) {
		order[0] = tls->local_name;
		order[1] = tls->client ? NULL : sni;
	}
	for (size_t i = 0; i < 2 && !item; i++)
		if (order[i])
			item = io_credentials_find(c, str_from(order[i]), rank,
				arg);
	if (!item && !tls->client && c->count > 0)
		item = c->items[0];
	return item;
}

bool io_credentials_has(const struct io_credentials *c, struct str name)
{
	return io_credentials_find(c, name, NULL, NULL) != NULL;
}

const struct io_certificate *io_credentials_get(const struct io_credentials *c,
	struct str name)
{
	const struct io_credential *item =
		io_credentials_find(c, name, NULL, NULL);

	return item ? &item->info : NULL;
}

bool io_credentials_next_revocations(const struct io_credentials *c,
	size_t *cursor, struct io_revocations *ret)
{
	if (!c->trust || *cursor >= c->trust->crl_count)
		return false;
	*ret = c->trust->crls[(*cursor)++].info;
	return true;
}

const struct io_certificate *io_credentials_next(const struct io_credentials *c,
	size_t *cursor)
{
	if (*cursor >= c->count)
		return NULL;
	return &c->items[(*cursor)++]->info;
}
