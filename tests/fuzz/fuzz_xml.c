/*
 * fuzz_xml.c: a stream, cut into pieces as the first byte says, some with a
 * rest after each.  Whatever the cuts, the same events come; and each element,
 * written and read again, is the same tree.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "xml/xml.h"

struct heard {
	struct limits limits;
	struct buf text;
	bool read_back; /* each element */
};

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_xml: %s\n", what);
	abort();
}

static void require_same_attributes(
	const struct stox_attribute *a, const struct stox_attribute *b)
{
	for (; a && b; a = a->next, b = b->next) {
		require(strcmp(a->name, b->name) == 0, "attribute name");
		require(strcmp(a->value, b->value) == 0, "attribute value");
		require(!a->ns == !b->ns, "attribute namespace");
		if (a->ns)
			require(strcmp(a->ns, b->ns) == 0,
				"attribute namespace");
	}
	require(!a && !b, "number of attributes");
}

static void require_same(
	const struct stox_element *a, const struct stox_element *b)
{
	require(!a->name == !b->name, "kind of node");
	if (!a->name) {
		require(a->text_len == b->text_len &&
				memcmp(a->text, b->text, a->text_len) == 0,
			"text");
		return;
	}
	require(strcmp(a->name, b->name) == 0, "name");
	require(strcmp(a->ns, b->ns) == 0, "namespace");
	require_same_attributes(a->attributes, b->attributes);
	for (a = a->first, b = b->first; a && b; a = a->next, b = b->next)
		require_same(a, b);
	require(!a && !b, "number of children");
}

static void read_back(struct pool *pool, const struct stox_element *e)
{
	struct stox_element *back = NULL, *copy = xml_copy(pool, e);
	struct limits limits;
	struct buf b;

	require_same(e, copy);
	limits_init(&limits);
	/* escapes and declarations make it longer */
	limits.value[LIMIT_XML_TOKEN] = 1u << 20;
	limits.value[LIMIT_XML_ATTRIBUTES] = 1000;
	buf_init(&b, 1u << 24, NULL);
	xml_write(&b, e, "");
	require(xml_parse(pool, buf_str(&b), &limits, &back) == 0,
		"what was written is not read");
	require_same(e, back);
	buf_free(&b);
}

static void on_root(void *arg, const struct stox_element *root)
{
	struct heard *h = arg;

	buf_add_text(&h->text, "root ");
	xml_write(&h->text, root, "");
}

static void on_element(
	void *arg, struct pool *pool, struct stox_element *e, size_t bytes)
{
	struct heard *h = arg;

	buf_printf(&h->text, "%zu ", bytes);
	xml_write(&h->text, e, "");
	require(!e->parent && !e->next, "an element of its own");
	if (h->read_back)
		read_back(pool, e);
	xml_pool_release(&pool);
}

static void on_end(void *arg)
{
	struct heard *h = arg;

	buf_add_text(&h->text, "end");
}

static void run(struct heard *h, struct str in, size_t chunk)
{
	static const struct xml_reader_events events = { on_root, on_element,
		on_end };
	struct xml_reader_config config = {
		.limits = &h->limits,
		.events = &events,
		.arg = h,
	};
	struct xml_reader *r;
	int err = 0;

	limits_init(&h->limits);
	/* small, so that each is met */
	h->limits.value[LIMIT_XML_NAMES] = 16;
	h->limits.value[LIMIT_XML_TOKEN] = 512;
	h->limits.value[LIMIT_XML_DEPTH] = 8;
	h->limits.value[LIMIT_XML_ATTRIBUTES] = 8;
	buf_init(&h->text, 1u << 24, NULL);
	r = xml_reader_new(&config);
	xml_reader_set_max(r, 1024);
	while (in.len && err == 0) {
		size_t n = chunk && chunk < in.len ? chunk : in.len;

		err = xml_reader_feed(r, (struct str){ in.p, n });
		if (chunk > 8)
			xml_reader_rest(r);
		in.p += n;
		in.len -= n;
	}
	require(err == 0 || err == -STOX_EPROTO, "result");
	require(!err == !xml_reader_error(r), "error");
	if (err)
		buf_printf(&h->text, "error %d", xml_reader_error(r));
	xml_reader_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct heard whole = { .read_back = true },
		     cut = { .read_back = false };
	struct str in;

	if (size == 0)
		return 0;
	in = (struct str){ (const char *)data + 1, size - 1 };
	run(&whole, in, 0);
	run(&cut, in, 1 + data[0] % 16);
	require(str_eq(buf_str(&whole.text), buf_str(&cut.text)),
		"the same for all cuts");
	buf_free(&whole.text);
	buf_free(&cut.text);
	return 0;
}
