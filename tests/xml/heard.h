/*
 * heard.h: a reader and what it said, for the tests of the reader.
 */
#ifndef TESTS_XML_HEARD_H
#define TESTS_XML_HEARD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "xml/reader.h"

/* What a reader said, as lines: "root <…/>", "12 <…/>" with the size on the
 * wire, "end", "error <name>". */
struct heard {
	struct buf text;
	struct limits limits;
	struct xml_reader *reader;
	size_t elements;
	const char *at; /* act when this element's name comes */
	void (*act)(struct heard *h);
	bool quiet;
};

#define HEAD "<s:stream xmlns:s='urn:s' xmlns='urn:d' a='1'>"
#define ROOT "root <stream xmlns='urn:s' a='1'/>\n"

static const char *const error_names[] = {
	[XML_OK] = "ok",
	[XML_NOT_WELL_FORMED] = "not-well-formed",
	[XML_RESTRICTED] = "restricted",
	[XML_ENCODING] = "encoding",
	[XML_TOO_BIG] = "too-big",
	[XML_TOO_COMPLEX] = "too-complex",
	[XML_BAD_ROOT] = "bad-root",
};

static inline void on_root(void *arg, const struct stox_element *root)
{
	struct heard *h = arg;

	if (h->quiet)
		return;
	buf_add_text(&h->text, "root ");
	xml_write(&h->text, root, "");
	buf_add_char(&h->text, '\n');
}

static inline void on_element(
	void *arg, struct pool *pool, struct stox_element *e, size_t bytes)
{
	struct heard *h = arg;

	h->elements++;
	if (!h->quiet) {
		buf_printf(&h->text, "%zu ", bytes);
		xml_write(&h->text, e, "");
		buf_add_char(&h->text, '\n');
	}
	if (h->at && strcmp(h->at, e->name) == 0)
		h->act(h);
	xml_pool_release(&pool);
}

static inline void on_end(void *arg)
{
	struct heard *h = arg;

	buf_add_text(&h->text, "end\n");
}

static const struct xml_reader_events events = { on_root, on_element, on_end };

static inline void open_reader(struct heard *h)
{
	struct xml_reader_config config = {
		.limits = &h->limits,
		.events = &events,
		.arg = h,
	};

	*h = (struct heard){ .at = NULL };
	buf_init(&h->text, 1u << 24, NULL);
	limits_init(&h->limits);
	h->reader = xml_reader_new(&config);
	xml_reader_set_max(h->reader, limit_get(&h->limits, LIMIT_STANZA));
}

static inline void close_reader(struct heard *h)
{
	xml_reader_free(&h->reader);
	buf_free(&h->text);
}

/* Feed in pieces of @chunk bytes (0: all at once), note the error. */
static inline int feed(struct heard *h, struct str in, size_t chunk)
{
	int err = 0;

	while (in.len && err == 0) {
		size_t n = chunk && chunk < in.len ? chunk : in.len;

		err = xml_reader_feed(h->reader, (struct str){ in.p, n });
		in.p += n;
		in.len -= n;
	}
	if (err == -STOX_EPROTO)
		buf_printf(&h->text, "error %s\n",
			error_names[xml_reader_error(h->reader)]);
	return err;
}

static inline void assert_heard(struct heard *h, const char *expected)
{
	buf_add_char(&h->text, '\0');
	assert_string_equal(h->text.data, expected);
	h->text.len--;
}

/* Many of @s. */
static inline void add_many(struct buf *b, const char *s, size_t n)
{
	while (n--)
		buf_add_text(b, s);
}

/* <a b='…'/> of exactly @size bytes */
static inline void add_tag(struct buf *b, const char *fill, size_t size)
{
	buf_add_text(b, "<a b='");
	add_many(b, fill, size - strlen("<a b=''/>"));
	buf_add_text(b, "'/>");
}

#endif
