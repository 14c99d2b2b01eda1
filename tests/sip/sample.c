/*
 * sample.c: see sample.h.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "sample.h"

const char *const sample_lines[LINES] = {
	[START] = "MESSAGE sip:romeo@contoso.com SIP/2.0\r\n",
	[VIA] = "Via: SIP/2.0/TLS fe.contoso.com:5061;branch=z9hG4bK776a\r\n",
	[MAX] = "Max-Forwards: 70\r\n",
	[FROM] = "From: \"Juliet\" <sip:juliet@example.org>;tag=49583\r\n",
	[TO] = "To: <sip:romeo@contoso.com>\r\n",
	[CALL_ID] = "Call-ID: asd88asd77a@192.0.2.1\r\n",
	[CSEQ] = "CSeq: 1 MESSAGE\r\n",
	[TYPE] = "Content-Type: text/plain\r\n",
	[LENGTH] = "Content-Length: 5\r\n",
};

void sample_parse(struct parsed *p, const char *bytes, size_t len)
{
	p->bytes = malloc(len ? len : 1);
	assert_non_null(p->bytes);
	memcpy(p->bytes, bytes, len);
	p->len = len;
	p->fault = (struct sip_fault){ .status = 999 };
	p->error = sip_message_parse(p->bytes, len, &p->limits, &p->m,
		&p->fault);
}

void sample_free(struct parsed *p)
{
	free(p->bytes);
	p->bytes = NULL;
}

size_t sample_build(char *out, enum line which, const char *text, size_t size)
{
	size_t n = 0;

	for (int i = 0; i < LINES; i++) {
		const char *line = i == (int)which ? text : sample_lines[i];
		size_t len = i == (int)which ? size : strlen(line);

		memcpy(out + n, line, len);
		n += len;
	}
	memcpy(out + n, "\r\nHello", 7);
	return n + 7;
}

void sample_parse_with(struct parsed *p, enum line which, const char *text,
	size_t size)
{
	static char bytes[500000];

	assert_true(size < sizeof(bytes) - 2000);
	sample_parse(p, bytes, sample_build(bytes, which, text, size));
}

void assert_slice(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p ? s.p : "", expected, s.len);
}

int sample_setup(void **state)
{
	struct parsed *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	limits_init(&p->limits);
	*state = p;
	return 0;
}

int sample_teardown(void **state)
{
	free(*state);
	return 0;
}

void assert_fault(const struct parsed *p, int status, int flags)
{
	if (status == OK) {
		if (p->error)
			print_message("# refused: %s\n", p->fault.why);
		assert_int_equal(p->error, 0);
		return;
	}
	assert_int_equal(p->error, -STOX_EPROTO);
	assert_int_equal(p->fault.status, status == DROP ? 0 : status);
	assert_int_equal(p->fault.close, !!(flags & CLOSE));
	assert_int_equal(p->fault.can_answer, !!(flags & ANSWER));
	assert_non_null(p->fault.why);
}

size_t sample_repeat(char *out, const char *head, const char *what,
	size_t count, const char *tail)
{
	size_t n = strlen(head), size = strlen(what);

	memcpy(out, head, n);
	for (size_t i = 0; i < count; i++, n += size)
		memcpy(out + n, what, size);
	memcpy(out + n, tail, strlen(tail));
	return n + strlen(tail);
}
