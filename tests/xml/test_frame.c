#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "xml/frame.h"

/* Where the steps come: "R" root, "E" element, "Z" end, "!" error, behind the
 * byte that completes them; "." for a byte that was not needed. */
static const struct {
	unsigned outer;
	const char *in, *steps;
} cases[] = {
	{ 1, "<s>", "<s>R" },
	{ 1, "<s/>", "<s/>R" },
	{ 1, "<s> <a/>\n</s> ", "<s>R.<a/>E.</s>Z." },
	{ 1, "<s><a>1</a><b/></s>", "<s>R<a>1</a>E<b/>E</s>Z" },
	{ 1, "<s><a><b/></a>", "<s>R<a><b/></a>E" },
	{ 1, "<s><a b='/>' c=\"'>\"/>", "<s>R<a b='/>' c=\"'>\"/>E" },
	{ 1, "<s><a b='1' />", "<s>R<a b='1' />E" },
	{ 1, "<s><a b='1'/ >", "<s>R<a b='1'/ >" }, /* the parser's matter */
	{ 1, "<s><a></a >", "<s>R<a></a >E" },
	{ 1, "<s><a><![CDATA[</a>]]]></a>", "<s>R<a><![CDATA[</a>]]]></a>E" },
	{ 1, "<s><a>&gt;&</a>", "<s>R<a>&gt;&!" },
	{ 1, "<s>x", "<s>R!" },
	{ 1, "<s></s>x", "<s>R</s>Z!" },
	{ 1, "<?xml ?> <s>", "<?xml ?> <s>R" },
	{ 0, "<a/>", "<a/>E" },
	{ 0, "<a><b>1</b></a> ", "<a><b>1</b></a>E." },
	{ 0, "<a></a><", "<a></a>E!" },
};

static char step_char(enum xml_frame_step step)
{
	switch (step) {
	case XML_FRAME_MORE:
		return 0;
	case XML_FRAME_ROOT:
		return 'R';
	case XML_FRAME_ELEMENT:
		return 'E';
	case XML_FRAME_END:
		return 'Z';
	case XML_FRAME_ERROR:
		return '!';
	}
	return '?';
}

static void run(struct xml_frame *f, struct str in, struct buf *out)
{
	while (in.len) {
		size_t used = xml_frame_space(f, in);
		enum xml_frame_step step = XML_FRAME_MORE;

		if (used) {
			buf_add_char(out, '.');
		} else {
			step = xml_frame_next(f, in, &used);
			buf_add(out, in.p, used);
			if (step != XML_FRAME_MORE)
				buf_add_char(out, step_char(step));
		}
		if (step == XML_FRAME_ERROR)
			return;
		in.p += used;
		in.len -= used;
	}
}

static void test_steps(void **state)
{
	struct limits limits;
	struct buf out;

	(void)state;
	limits_init(&limits);
	buf_init(&out, 1000, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str in = str_from(cases[i].in);

		for (size_t cut = 0; cut <= in.len; cut++) {
			struct xml_frame f;

			xml_frame_init(&f, &limits, cases[i].outer);
			buf_clear(&out);
			run(&f, (struct str){ in.p, cut }, &out);
			if (!f.error)
				run(&f,
					(struct str){
						in.p + cut, in.len - cut },
					&out);
			buf_add_char(&out, '\0');
			assert_string_equal(out.data, cases[i].steps);
		}
	}
	buf_free(&out);
}

/* How much of what was seen belongs to a token without end. */
static const struct {
	const char *in;
	size_t token, bytes;
} tokens[] = {
	{ "<s", 2, 2 },
	{ "<s>", 0, 0 },
	{ "<s><a", 2, 2 },
	{ "<s><a>text", 0, 7 },
	{ "<s><a>text&am", 3, 10 },
	{ "<s><a>text&amp;", 0, 12 },
	{ "<s><a>text</", 2, 9 },
	{ "<s><a b='>>>>", 10, 10 },
	{ "<s><a><![CDA", 6, 9 },
	{ "<s><a><![CDATA[x]]", 0, 15 },
	{ "<s>   ", 0, 0 },
	{ "<?xml version", 13, 13 },
	{ "<?xml version='1.0'?>", 0, 21 },
};

static void test_tokens(void **state)
{
	struct limits limits;
	struct buf out;

	(void)state;
	limits_init(&limits);
	buf_init(&out, 1000, NULL);
	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		struct xml_frame f;

		xml_frame_init(&f, &limits, 1);
		run(&f, str_from(tokens[i].in), &out);
		assert_int_equal(f.token, tokens[i].token);
		assert_int_equal(f.bytes, tokens[i].bytes);
	}
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
