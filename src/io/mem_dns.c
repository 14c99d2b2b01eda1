/*
 * mem_dns.c: the world's DNS zone.
 */
#include "io/mem_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TTL 300

struct mem_query {
	struct io_query q;
	char name[256];
	struct io_task answer;
};

static void lower(char *out, size_t size, const char *name)
{
	size_t len;

	snprintf(out, size, "%s", name);
	len = strlen(out);
	if (len > 1 && out[len - 1] == '.')
		out[--len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
}

static bool parse_u16(struct str *text, uint16_t *ret)
{
	uint64_t n;

	if (str_to_u64(str_cut(text, ' '), 65535, &n) != 0)
		return false;
	*ret = (uint16_t)n;
	return true;
}

static void parse(struct mem_zone_record *r, const char *data)
{
	struct str text = str_from(data);
	union io_address a;

	switch (r->type) {
	case IO_DNS_A:
	case IO_DNS_AAAA:
		stox_require(io_address_parse(data, 0, &a));
		io_address_text(&a, r->record.address);
		break;
	case IO_DNS_SRV:
		stox_require(parse_u16(&text, &r->record.priority) &&
			     parse_u16(&text, &r->record.weight) &&
			     parse_u16(&text, &r->record.port) && text.p);
		lower(r->target, sizeof(r->target), text.p);
		r->record.name = r->target;
		break;
	case IO_DNS_TLSA:
		stox_require(!"TLSA records are not kept in memory");
	}
}

void io_world_dns(struct io_world *w, const char *name, enum io_dns_type type,
	const char *data)
{
	struct mem_zone_record *r = base_alloc0(sizeof(*r));

	r->type = type;
	lower(r->owner, sizeof(r->owner), name);
	parse(r, data);
	list_append(&w->zone, &r->node);
}

void io_world_dns_fail(struct io_world *w, bool fail)
{
	w->dns_fail = fail;
}

/* A name exists when something is at it or below it.  RFC 8020. */
static bool exists(const char *owner, const char *name)
{
	size_t o = strlen(owner), n = strlen(name);

	return o >= n && strcmp(owner + o - n, name) == 0 &&
	       (o == n || owner[o - n - 1] == '.');
}

static void answer(void *arg)
{
	struct mem_query *q = arg;
	struct io_world *w = mem_of(q->q.env)->world;
	struct io_dns_record *records = NULL;
	struct io_dns_result r = { .status = IO_DNS_NXDOMAIN, .ttl_s = TTL };

	list_each(it, tmp, &w->zone) {
		struct mem_zone_record *z =
			container_of(it, struct mem_zone_record, node);

		if (exists(z->owner, q->name) && r.count == 0)
			r.status = IO_DNS_NODATA;
		if (z->type != q->q.type || strcmp(z->owner, q->name) != 0)
			continue;
		records = base_realloc(records,
			(r.count + 1) * sizeof(*records));
		records[r.count++] = z->record;
	}
	if (r.count > 0)
		r.status = IO_DNS_OK;
	if (w->dns_fail)
		r = (struct io_dns_result){ .status = IO_DNS_SERVFAIL };
	r.records = r.count ? records : NULL;
	list_remove(&q->q.node);
	q->q.done(q->q.arg, &r);
	free(records);
	free(q);
}

struct io_query *mem_dns(struct io_env *env, const char *name,
	enum io_dns_type type,
	void (*done)(void *arg, const struct io_dns_result *r), void *arg)
{
	struct mem_query *q = base_alloc0(sizeof(*q));

	q->q.env = env;
	q->q.type = type;
	q->q.done = done;
	q->q.arg = arg;
	lower(q->name, sizeof(q->name), name);
	io_task_init(&q->answer, answer, q);
	list_append(&mem_of(env)->queries, &q->q.node);
	io_defer(env, &q->answer);
	return &q->q;
}

void mem_dns_cancel(struct io_query *query)
{
	struct mem_query *q = container_of(query, struct mem_query, q);

	io_undefer(&q->answer);
	list_remove(&q->q.node);
	free(q);
}

void mem_dns_drop_all(struct mem_env *env)
{
	list_each(it, tmp, &env->queries)
		mem_dns_cancel(container_of(it, struct io_query, node));
}
