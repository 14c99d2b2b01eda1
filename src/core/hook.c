#include "core/hook.h"

#include <stdlib.h>

#include "core/exchange.h"
#include "core/host.h"
#include "core/node.h"

static int compare(const void *pa, const void *pb)
{
	const struct hook_entry *a = pa, *b = pb;

	if (a->hook->order != b->hook->order)
		return a->hook->order < b->hook->order ? -1 : 1;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

static unsigned weight(const struct stox_hook *h)
{
	return (h->from != STOX_ANY) + (h->name != NULL) + (h->type != NULL) +
	       (h->ns != NULL);
}

static void add_hooks(struct snapshot *s, struct stox_host *host,
	unsigned *sequence)
{
	const struct stox_hook *h = host->plugin->hooks;

	for (; h && h->phase; h++) {
		size_t *n = &s->counts[h->phase];

		s->hooks[h->phase] = base_realloc(s->hooks[h->phase],
			(*n + 1) * sizeof(struct hook_entry));
		s->hooks[h->phase][(*n)++] = (struct hook_entry){ h, host,
			weight(h), (*sequence)++ };
	}
}

/** Append @text to a NULL-terminated array in the pool, unless it is there. */
static void add_text(struct pool *pool, const char ***array, size_t *count,
	const char *text)
{
	const char **grown;

	for (size_t i = 0; i < *count; i++)
		if (strcmp((*array)[i], text) == 0)
			return;
	grown = pool_alloc0(pool, (*count + 2) * sizeof(*grown));
	if (*count)
		memcpy(grown, *array, *count * sizeof(*grown));
	grown[(*count)++] = text;
	*array = grown;
}

/** What the plugins together serve: SIP methods and disco features. */
static void collect(struct snapshot *s, struct stox_host *const *hosts)
{
	static const char *const none[] = { NULL };
	size_t methods = 0, features = 0;

	s->methods = pool_alloc0(s->pool, sizeof(none));
	s->features = pool_alloc0(s->pool, sizeof(none));
	for (size_t i = 0; i < s->config->plugin_count; i++) {
		const struct stox_hook *h = hosts[i]->plugin->hooks;
		const char *const *f = hosts[i]->plugin->features;

		for (; h && h->phase; h++)
			if (h->from == STOX_SIP && h->name &&
				h->phase <= STOX_TRANSLATE)
				add_text(s->pool, &s->methods, &methods,
					h->name);
		for (; f && *f; f++)
			add_text(s->pool, &s->features, &features, *f);
	}
}

struct snapshot *snapshot_new(struct config *config, struct stox_host *const *hosts)
{
	struct snapshot *s = base_alloc0(sizeof(*s));
	unsigned sequence = 0;

	s->references = 1;
	s->config = config_ref(config);
	s->pool = pool_new(NULL);
	for (size_t i = 0; i < config->plugin_count; i++)
		add_hooks(s, hosts[i], &sequence);
	for (unsigned p = 0; p < HOOK_PHASES; p++)
		if (s->counts[p] > 1)
			qsort(s->hooks[p], s->counts[p],
				sizeof(struct hook_entry), compare);
	collect(s, hosts);
	return s;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	s->references++;
	return s;
}

void snapshot_unref(struct snapshot **s)
{
	struct snapshot *old = *s;

	*s = NULL;
	if (!old || --old->references > 0)
		return;
	config_unref(&old->config);
	for (unsigned p = 0; p < HOOK_PHASES; p++)
		free(old->hooks[p]);
	pool_free(&old->pool);
	free(old);
}

/** The name that hooks match: the stanza's, or the SIP method. */
static const char *subject_name(const struct stox_exchange *x)
{
	const struct stox_element *e = x->in_stanza ? x->in_stanza
						    : x->out_stanza;

	if (x->in_sip)
		return stox_in_method(x);
	if (x->originating && x->out_sip)
		return x->out_sip->method;
	return e ? e->name : "";
}

static bool matches(const struct stox_hook *h, const struct stox_exchange *x,
	const char *name)
{
	const struct stox_element *e = x->in_stanza ? x->in_stanza
						    : x->out_stanza;
	const char *type;

	if (h->from != STOX_ANY && h->from != x->side)
		return false;
	if (h->name && strcmp(h->name, name) != 0)
		return false;
	if (!h->type && !h->ns)
		return true;
	if (!e)
		return false;
	type = stox_element_attr(e, "type");
	if (h->type && strcmp(h->type, type ? type : "") != 0)
		return false;
	return !h->ns || stox_element_child(e, NULL, h->ns);
}

const struct hook_entry *hook_next(struct stox_exchange *x)
{
	const struct snapshot *s = x->snapshot;
	const char *name = NULL;

	while (x->position < s->counts[x->phase]) {
		const struct hook_entry *e =
			&s->hooks[x->phase][x->position++];

		if (!name)
			name = subject_name(x);
		if (matches(e->hook, x, name))
			return e;
	}
	return NULL;
}
