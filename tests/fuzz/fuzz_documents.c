/*
 * fuzz_documents.c: documents with a byte FF behind each, all read by one
 * reader.  Whatever the others are, each is refused or read as it is alone.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "xml/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_documents: %s\n", what);
	abort();
}

static void compare(struct xml_documents *d, struct str in,
	const struct limits *limits)
{
	struct pool *pool = pool_new(NULL);
	struct stox_element *one = NULL, *alone = NULL;
	struct buf a, b;

	buf_init(&a, 1u << 24, NULL);
	buf_init(&b, 1u << 24, NULL);
	require(xml_documents_read(d, pool, in, &one) ==
			xml_parse(pool, in, limits, &alone),
		"another verdict");
	require(!one == !alone, "another result");
	if (one) {
		require(!one->parent && !one->next, "an element of its own");
		xml_write(&a, one, "");
		xml_write(&b, alone, "");
		require(str_eq(buf_str(&a), buf_str(&b)), "another tree");
	}
	buf_free(&a);
	buf_free(&b);
	pool_free(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size };
	struct limits limits;
	struct xml_documents *d;

	limits_init(&limits);
	/* small, so that each is met */
	limits.value[LIMIT_XML_NAMES] = 8;
	limits.value[LIMIT_XML_TOKEN] = 512;
	limits.value[LIMIT_XML_DEPTH] = 8;
	limits.value[LIMIT_XML_ATTRIBUTES] = 8;
	d = xml_documents_new(&limits);
	while (rest.len)
		compare(d, str_cut(&rest, '\xFF'), &limits);
	xml_documents_free(&d);
	return 0;
}
