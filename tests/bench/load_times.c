/*
 * When what happened: what messages took, and how many requests came within a
 * second.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

/* ---- messages -------------------------------------------------------------- */

static struct sample *samples(const struct load *l, size_t *ret_count)
{
	*ret_count = l->samples.len / sizeof(struct sample);
	return (struct sample *)(void *)l->samples.data;
}

void times_note(struct load *l, uint64_t at_us)
{
	struct sample s = { .at_us = at_us };

	s.us = (uint32_t)(io_wall_us(l->env) - at_us);
	buf_add(&l->samples, &s, sizeof(s));
}

static int compare(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return x->us < y->us ? -1 : x->us > y->us;
}

uint32_t times_percentile(struct load *l, unsigned percent)
{
	size_t n;
	struct sample *list = samples(l, &n);

	if (n == 0)
		return 0;
	qsort(list, n, sizeof(*list), compare);
	return list[n * percent / 100].us;
}

void times_print(const struct load *l)
{
	size_t n;
	const struct sample *list = samples(l, &n);

	printf("[");
	for (size_t i = 0; i < n; i++)
		printf("%s[%" PRIu64 ",%" PRIu32 "]", i ? "," : "",
			list[i].at_us, list[i].us);
	printf("]");
}

/* ---- requests -------------------------------------------------------------- */

void times_request(struct load *l, struct str name)
{
	struct requests *r = l->requests;

	while (r->name[0] && !str_is(name, r->name))
		if (++r == l->requests + REQUESTS)
			return;
	if (!r->name[0]) {
		snprintf(r->name, sizeof(r->name), "%.*s", STR_FMT(name));
		buf_init(&r->at_us, BUFFER, NULL);
	}
	buf_add(&r->at_us, &(uint64_t){ io_wall_us(l->env) },
		sizeof(uint64_t));
}

/** How many came within the fullest second. */
static size_t most(const uint64_t *at_us, size_t count)
{
	size_t first = 0, found = 0;

	for (size_t i = 0; i < count; i++) {
		while (at_us[i] - at_us[first] >= 1000000)
			first++;
		if (i + 1 - first > found)
			found = i + 1 - first;
	}
	return found;
}

void times_print_requests(const struct load *l)
{
	printf("{");
	for (size_t i = 0; i < REQUESTS && l->requests[i].name[0]; i++) {
		const struct requests *r = &l->requests[i];
		size_t n = r->at_us.len / sizeof(uint64_t);

		printf("%s\"%s\": [%zu, %zu]", i ? ", " : "", r->name, n,
			most((uint64_t *)(void *)r->at_us.data, n));
	}
	printf("}\n");
}
