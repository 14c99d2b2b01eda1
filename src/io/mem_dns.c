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

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool parse_tlsa(struct mem_zone_record *r, struct str text)
{
	uint16_t field;
	size_t n = 0;

	for (; n < 3; n++) {
		if (!parse_u16(&text, &field))
			return false;
		r->data[n] = (char)field;
	}
	for (; text.len >= 2 && n < sizeof(r->data); n++) {
		int high = hex_digit(text.p[0]), low = hex_digit(text.p[1]);

		if (high < 0 || low < 0)
			return false;
		r->data[n] = (char)(high << 4 | low);
		text = (struct str){ text.p + 2, text.len - 2 };
	}
	r->record.data = (struct str){ r->data, n };
	return text.len == 0;
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
		stox_require(parse_tlsa(r, text));
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

void io_world_dns_secure(struct io_world *w, const char *name, bool bogus)
{
	struct mem_zone_signed *z = base_alloc0(sizeof(*z));

	lower(z->name, sizeof(z->name), name);
	z->bogus = bogus;
	list_append(&w->zones_signed, &z->node);
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

/* What was said last about a name wins. */
static bool is_forged(struct io_world *w, const char *name, bool *ret_secure)
{
	bool bogus = false;

	list_each(it, tmp, &w->zones_signed) {
		struct mem_zone_signed *z =
			container_of(it, struct mem_zone_signed, node);

		if (!exists(name, z->name))
			continue;
		bogus = z->bogus;
		*ret_secure = !bogus;
	}
	return bogus;
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
	if (is_forged(w, q->name, &r.secure))
		r = (struct io_dns_result){ .status = IO_DNS_BOGUS };
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
