#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip/message.h"
#include "stox/types.h"

enum { OK = 0, DROP = -1, ANSWER = 1, CLOSE = 2 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* A good request, line by line; the cases change one line of it. */
enum line { START, VIA, MAX, FROM, TO, CALL_ID, CSEQ, TYPE, LENGTH, LINES };

static const char *const request[LINES] = {
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
static const char response_start[] = "SIP/2.0 200 OK\r\n";

struct parsed {
	char *bytes;   /* of exactly the length, so that reads beyond it show */
	size_t len;
	struct limits limits;
	struct sip_message m;
	struct sip_fault fault;
	int error;
};

static void parse_bytes(struct parsed *p, const char *bytes, size_t len)
{
	p->bytes = malloc(len ? len : 1);
	assert_non_null(p->bytes);
	memcpy(p->bytes, bytes, len);
	p->len = len;
	p->fault = (struct sip_fault){ .status = 999 };
	p->error = sip_message_parse(p->bytes, len, &p->limits, &p->m,
		&p->fault);
}

static void parsed_free(struct parsed *p)
{
	free(p->bytes);
	p->bytes = NULL;
}

/* The request with line @which replaced by @text (of @size bytes). */
static size_t build(char *out, enum line which, const char *text, size_t size)
{
	size_t n = 0;

	for (int i = 0; i < LINES; i++) {
		const char *line = i == (int)which ? text : request[i];
		size_t len = i == (int)which ? size : strlen(line);

		memcpy(out + n, line, len);
		n += len;
	}
	memcpy(out + n, "\r\nHello", 7);
	return n + 7;
}

static void parse_with(struct parsed *p, enum line which, const char *text,
	size_t size)
{
	static char bytes[200000];

	assert_true(size < sizeof(bytes) - 2000);
	parse_bytes(p, bytes, build(bytes, which, text, size));
}

static void assert_slice(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.p ? s.p : "", expected, s.len);
}

static int setup(void **state)
{
	struct parsed *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	limits_init(&p->limits);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void test_request(void **state)
{
	struct parsed *p = *state;
	const struct sip_message *m = &p->m;

	parse_with(p, LINES, "", 0);
	assert_int_equal(p->error, 0);
	assert_true(m->is_request);
	assert_slice(m->method, "MESSAGE");
	assert_slice(m->uri_text, "sip:romeo@contoso.com");
	assert_slice(m->uri.user, "romeo");
	assert_slice(m->via.transport, "TLS");
	assert_slice(m->via.host, "fe.contoso.com");
	assert_int_equal(m->via.port, 5061);
	assert_slice(m->via.sent_by, "fe.contoso.com:5061");
	assert_slice(m->via.branch, "z9hG4bK776a");
	assert_int_equal(m->via_count, 1);
	assert_slice(m->from.display, "Juliet");
	assert_slice(m->from.uri_text, "sip:juliet@example.org");
	assert_slice(m->from.tag, "49583");
	assert_slice(m->to.uri.host, "contoso.com");
	assert_int_equal(m->to.tag.len, 0);
	assert_slice(m->call_id, "asd88asd77a@192.0.2.1");
	assert_int_equal(m->cseq, 1);
	assert_slice(m->cseq_method, "MESSAGE");
	assert_int_equal(m->max_forwards, 70);
	assert_true(m->has_content_length);
	assert_slice(m->content_type, "text/plain");
	assert_slice(m->body, "Hello");
	assert_int_equal(m->header_count, 8);
	parsed_free(p);
}

static void test_response(void **state)
{
	struct parsed *p = *state;

	parse_with(p, START, response_start, strlen(response_start));
	assert_int_equal(p->error, 0);
	assert_false(p->m.is_request);
	assert_int_equal(p->m.status, 200);
	assert_slice(p->m.reason, "OK");
	assert_slice(p->m.method, "MESSAGE");
	parsed_free(p);
}

/* Folding, odd case, compact names, spaces where they may stand. */
static void test_loose_forms(void **state)
{
	static const char text[] =
		"INVITE sip:a@b SIP/2.0\r\n"
		"v  :\r\n SIP /  2.0\r\n / tls   h.example ;\r\n"
		" branch  =  z9hG4bK1  ,\r\n SIP/2.0/UDP i;branch=z9hG4bK2\r\n"
		"fROM\t: \"a \\\" < , \" \r\n\t<sip:x@y>\r\n ;  TAG\r\n = t\r\n"
		"t:sip:b@c ; tag = u\r\n"
		"I: id\r\n"
		"cseq: 0009\r\n  INVITE\r\n"
		"MAX-forwards:\t0068\r\n"
		"s :\r\n"
		"X: ;;,,\r\n"
		"m: caller<sip:x@h;a=b>;q=0.3\r\n"
		"l : 0000\r\n"
		"\r\n";
	struct parsed *p = *state;
	const struct sip_message *m = &p->m;

	parse_bytes(p, text, strlen(text));
	assert_int_equal(p->error, 0);
	assert_slice(m->via.transport, "tls");
	assert_slice(m->via.branch, "z9hG4bK1");
	assert_int_equal(m->via_count, 2);
	assert_slice(m->from.display, "a \\\" < , ");
	assert_slice(m->from.tag, "t");
	assert_slice(m->to.uri_text, "sip:b@c");
	assert_slice(m->to.tag, "u");
	assert_slice(m->call_id, "id");
	assert_int_equal(m->cseq, 9);
	assert_int_equal(m->max_forwards, 68);
	assert_int_equal(m->content_length, 0);
	assert_slice(sip_message_header(m, SIP_H_SUBJECT, NULL)->value, "");
	assert_slice(sip_message_header_named(m, "x", NULL)->value, ";;,,");
	parsed_free(p);
}

struct fault_case {
	enum line line;
	const char *text;
	int status; /* OK, DROP or the status to answer */
	int flags;  /* CLOSE, ANSWER */
};

static const struct fault_case fault_cases[] = {
	/* start line */
	{ START, "MESSAGE <sip:a@b> SIP/2.0\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b; lr SIP/2.0\r\n", 400, ANSWER },
	{ START, "MESSAGE  sip:a@b SIP/2.0\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b  SIP/2.0\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b SIP/2.0 \r\n", 400, ANSWER },
	{ START, "MESSAGE\tsip:a@b SIP/2.0\r\n", 400, ANSWER },
	{ START, " MESSAGE sip:a@b SIP/2.0\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b\r\n", 400, ANSWER },
	{ START, "MESSAGE\r\n", 400, ANSWER },
	{ START, "\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b HTTP/1.1\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b SIP/2\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b SIP/2.x\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b SIP/2.0.1\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b SIP/7.0\r\n", 505, ANSWER },
	{ START, "MESSAGE sip:a@b SIP/2.1\r\n", 505, ANSWER },
	{ START, "MESSAGE sip:a@b sip/2.0\r\n", OK, 0 },
	{ START, "MESSAGE sip:a@b?x=y SIP/2.0\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:2001:db8::10 SIP/2.0\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:[2001:db8::10] SIP/2.0\r\n", OK, 0 },
	{ START, "MESSAGE nobodyKnows:x SIP/2.0\r\n", 416, ANSWER },
	{ START, "MESSAGE sips:a@b SIP/2.0\r\n", OK, 0 },
	{ START, "MESSAGE tel:+1555 SIP/2.0\r\n", OK, 0 },
	{ START, "MESSAGE im:a@b SIP/2.0\r\n", OK, 0 },
	{ START, "MESS\xc3\x84GE sip:a@b SIP/2.0\r\n", 400, ANSWER },
	{ START, "MESSAGE sip:a@b SIP/2.0\n", 400, CLOSE | ANSWER },
	{ START, "MESSAGE sip:a\r@b SIP/2.0\r\n", 400, CLOSE | ANSWER },
	{ START, "MESSAGE sip:a@b SIP/2.0\r\n folded\r\n", 400,
		CLOSE | ANSWER },
	{ START, "SIP/2.0 99 Low\r\n", DROP, 0 },
	{ START, "SIP/2.0 700 High\r\n", DROP, 0 },
	{ START, "SIP/2.0 4294967301 Big\r\n", DROP, 0 },
	{ START, "SIP/2.0 2 00\r\n", DROP, 0 },
	{ START, "SIP/2.0 +20 x\r\n", DROP, 0 },
	{ START, "SIP/3.0 200 OK\r\n", DROP, 0 },
	{ START, "SIP/2.0  200 OK\r\n", DROP, 0 },
	{ START, "SIP/2.0 200 \xff\r\n", DROP, 0 },
	{ START, "SIP/2.0 200 \r\n", OK, 0 },
	{ START, "SIP/2.0 200\r\n", OK, 0 },
	{ START, "SIP/2.0 200 \xd0\x94\xd0\xb0\r\n", OK, 0 },
	/* Via */
	{ VIA, "", 400, 0 },
	{ VIA, "Via:\r\n", 400, ANSWER },
	{ VIA, "Via: ;\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS ;branch=z9hG4bK1\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLSh;branch=z9hG4bK1\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0 TLS h;branch=z9hG4bK1\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS h;branch=\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS h;branch=z9hG4bK\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS h;;,;,,\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS h;branch=z9hG4bK1;\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS h;branch=z9hG4bK1 x\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS h:0;branch=z9hG4bK1\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS h:99999;branch=z9hG4bK1\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS [::1;branch=z9hG4bK1\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS [::x];branch=z9hG4bK1\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS h;branch=z9hG4bK1,\r\n", OK, 0 },
	{ VIA, "Via: SIP/2.0/TLS h;branch=z9hG4bK1,,x\r\n", 400, ANSWER },
	{ VIA, "Via: SIP/2.0/TLS [2001:db8::9:1];received=2001:db8::9;"
	       "branch=z9hG4bK1\r\n", OK, 0 },
	{ VIA, "Via: SIP/2.0/TLS [2001:db8::9:1];received=[2001:db8::9];"
	       "branch=z9hG4bK1\r\n", OK, 0 },
	{ VIA, "Via: SIP/2.0/UNKNOWN h;rport;branch=z9hG4bK1\r\n", OK, 0 },
	/* Max-Forwards */
	{ MAX, "", OK, 0 },
	{ MAX, "Max-Forwards: 0\r\n", OK, 0 },
	{ MAX, "Max-Forwards: 255\r\n", OK, 0 },
	{ MAX, "Max-Forwards: 256\r\n", 400, ANSWER },
	{ MAX, "Max-Forwards: -1\r\n", 400, ANSWER },
	{ MAX, "Max-Forwards:\r\n", 400, ANSWER },
	{ MAX, "Max-Forwards: 7 0\r\n", 400, ANSWER },
	{ MAX, "Max-Forwards: 70\r\nmax-forwards: 70\r\n", 400, ANSWER },
	/* From and To */
	{ FROM, "", 400, ANSWER },
	{ FROM, "From: <sip:a@b>\r\n", 400, ANSWER },
	{ FROM, "From: <sip:a@b>;tag=\r\n", 400, ANSWER },
	{ FROM, "From: <sip:a@b>;tag\r\n", 400, ANSWER },
	{ FROM, "From: <sip:a@b>;tag=\"x\"\r\n", 400, ANSWER },
	{ FROM, "From: <sip:a@b>;tag=1;;\r\n", 400, ANSWER },
	{ FROM, "From: <sip:a@b>;tag=1,<sip:c@d>\r\n", 400, ANSWER },
	{ FROM, "From: <sip:a@b;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: <sip:a@b>tag=1\r\n", 400, ANSWER },
	{ FROM, "From: \"a <sip:a@b>;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: \"a\\\" <sip:a@b>;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: \"a\\", 400, ANSWER },
	{ FROM, "From: \"a\" \"b\" <sip:a@b>;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: \"a\" b <sip:a@b>;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: Bell, Alexander <sip:a@b>;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: < sip:a@b >;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: <>;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: \"\"\r\n", 400, ANSWER },
	{ FROM, "From:\r\n", 400, ANSWER },
	{ FROM, "From: sip:a@b?x=y;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: \"\xff\" <sip:a@b>;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: \"\xed\xa0\x80\" <sip:a@b>;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: \"\xc0\xaf\" <sip:a@b>;tag=1\r\n", 400, ANSWER },
	{ FROM, "From: \"a\x01\" <sip:a@b>;tag=1\r\n", 400, ANSWER | CLOSE },
	{ FROM, "From: \"a\\\x01\" <sip:a@b>;tag=1\r\n", OK, 0 },
	{ FROM, "From: a\\\x01 <sip:a@b>;tag=1\r\n", 400, ANSWER | CLOSE },
	{ FROM, "From: J\xc3\xbcrgen <sip:a@b>;tag=1\r\n", OK, 0 },
	{ FROM, "From: \"\xe2\x99\x9a\" <sip:a@b>;tag=1\r\n", OK, 0 },
	{ FROM, "From: sip:a@b;tag=1\r\n", OK, 0 },
	{ FROM, "From: <http://example.com>;tag=1\r\n", OK, 0 },
	{ FROM, "From: <sip:a@b>;tag=1;epid=01;x=\"a,b;c\"\r\n", OK, 0 },
	{ FROM, "From: <sip:a@b>;tag=1\r\nFrom: <sip:a@b>;tag=1\r\n", 400,
		ANSWER },
	{ FROM, "From: <sip:a@b>;tag=1\r\nf: <sip:c@d>;tag=2\r\n", 400,
		ANSWER },
	{ TO, "", 400, ANSWER },
	{ TO, "To: <sip:a@b>\r\nt: <sip:a@b>\r\n", 400, ANSWER },
	{ TO, "To: <sip:romeo@contoso.com\r\n", 400, ANSWER },
	{ TO, "To: isbn:2983792873\r\n", OK, 0 },
	{ TO, "To: romeo@contoso.com\r\n", 400, ANSWER },
	/* Call-ID */
	{ CALL_ID, "", 400, ANSWER },
	{ CALL_ID, "Call-ID:\r\n", 400, ANSWER },
	{ CALL_ID, "Call-ID: a b\r\n", 400, ANSWER },
	{ CALL_ID, "Call-ID: \xc3\xbc\r\n", 400, ANSWER },
	{ CALL_ID, "Call-ID: a\r\ni: a\r\n", 400, ANSWER },
	{ CALL_ID, "i: word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\n", OK, 0 },
	/* CSeq */
	{ CSEQ, "", 400, ANSWER },
	{ CSEQ, "CSeq: 2147483647 MESSAGE\r\n", OK, 0 },
	{ CSEQ, "CSeq: 2147483648 MESSAGE\r\n", 400, ANSWER },
	{ CSEQ, "CSeq: 4294967296 MESSAGE\r\n", 400, ANSWER },
	{ CSEQ, "CSeq: 123456789012345678901234567890 MESSAGE\r\n", 400,
		ANSWER },
	{ CSEQ, "CSeq: -1 MESSAGE\r\n", 400, ANSWER },
	{ CSEQ, "CSeq: 1\r\n", 400, ANSWER },
	{ CSEQ, "CSeq: MESSAGE\r\n", 400, ANSWER },
	{ CSEQ, "CSeq: 1MESSAGE\r\n", 400, ANSWER },
	{ CSEQ, "CSeq: 1 MESSAGE x\r\n", 400, ANSWER },
	{ CSEQ, "CSeq: 1 INVITE\r\n", 400, ANSWER },
	{ CSEQ, "CSeq: 1 message\r\n", 400, ANSWER },
	{ CSEQ, "CSeq: 1 MESSAGE\r\nCSeq: 1 MESSAGE\r\n", 400, ANSWER },
	/* Content-Length */
	{ LENGTH, "", OK, 0 }, /* framing asks for it */
	{ LENGTH, "Content-Length: 4\r\n", OK, 0 },
	{ LENGTH, "Content-Length: 6\r\n", 400, ANSWER | CLOSE },
	{ LENGTH, "Content-Length: -1\r\n", 400, ANSWER | CLOSE },
	{ LENGTH, "Content-Length: +5\r\n", 400, ANSWER | CLOSE },
	{ LENGTH, "Content-Length: 5 5\r\n", 400, ANSWER | CLOSE },
	{ LENGTH, "Content-Length: 0x5\r\n", 400, ANSWER | CLOSE },
	{ LENGTH, "Content-Length:\r\n", 400, ANSWER | CLOSE },
	{ LENGTH, "Content-Length: 4294967301\r\n", 400, ANSWER | CLOSE },
	{ LENGTH, "Content-Length: 18446744073709551621\r\n", 400,
		ANSWER | CLOSE },
	{ LENGTH, "Content-Length: 5\r\nl: 5\r\n", 400, ANSWER | CLOSE },
	{ LENGTH, "Content-Length: 5\r\nContent-Length: 4\r\n", 400,
		ANSWER | CLOSE },
	/* the form of a header */
	{ TYPE, "Content-Type: a/b\r\nc: a/b\r\n", 400, ANSWER },
	{ TYPE, "X-Foo : bar\r\n", OK, 0 },
	{ TYPE, "X-Foo\x0b: bar\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X-Foo\xa0: bar\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X-Foo\xc2\xa0: bar\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X Foo: bar\r\n", 400, ANSWER | CLOSE },
	{ TYPE, ": bar\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "Foobar\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X: a\rb\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X: a\nY: b\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X: a\n\rY: b\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X: a\r\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X: a\x7f\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X: \"\\\r\"\r\n", 400, ANSWER | CLOSE },
	{ TYPE, "X: \xff\r\n", OK, 0 }, /* nobody reads it */
	{ TYPE, "Subject: \xff\r\n", 400, ANSWER },
	{ TYPE, "s: a\r\nSubject: b\r\n", 400, ANSWER },
	{ TYPE, "Contact: <sip:a@b>, <sip:c@d>\r\n", OK, 0 },
	{ TYPE, "Contact: sip:a@b?Route=%3Csip:c%3E\r\n", 400, ANSWER },
	{ TYPE, "Contact: *\r\n", OK, 0 },
};

static void check_fault(struct parsed *p, int status, int flags)
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

static void test_faults(void **state)
{
	struct parsed *p = *state;

	for (size_t i = 0; i < COUNT(fault_cases); i++) {
		const struct fault_case *c = &fault_cases[i];

		print_message("# %zu %d\n", i, c->status);
		parse_with(p, c->line, c->text, strlen(c->text));
		check_fault(p, c->status, c->flags);
		parsed_free(p);
	}
}

/* NUL ends nothing and stands only behind a backslash in quotes. */
static void test_nul(void **state)
{
	static const struct {
		struct str text;
		int status;
	} cases[] = {
		{ STR("From: \"a\\\0b\" <sip:a@b>;tag=1\r\n"), OK },
		{ STR("From: \"a\0b\" <sip:a@b>;tag=1\r\n"), 400 },
		{ STR("From: \"a\\\\\0\" <sip:a@b>;tag=1\r\n"), 400 },
		{ STR("From: <sip:a@b>;tag=1\0\r\n"), 400 },
		{ STR("From: <sip:a@b>;tag=1\\\0\r\n"), 400 },
		{ STR("From\0: <sip:a@b>;tag=1\r\n"), 400 },
	};
	struct parsed *p = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		parse_with(p, FROM, cases[i].text.p, cases[i].text.len);
		check_fault(p, cases[i].status, CLOSE | ANSWER);
		parsed_free(p);
	}
}

/* An ACK is never answered. */
static void test_ack(void **state)
{
	static const char text[] = "ACK sip:a@b SIP/2.0\r\n"
				   "Via: SIP/2.0/TLS h;branch=z9hG4bK1\r\n"
				   "Content-Length: 0\r\n\r\n";
	struct parsed *p = *state;

	parse_bytes(p, text, strlen(text));
	check_fault(p, 400, 0);
	parsed_free(p);
}

/* RFC 2543 knows neither branch cookie nor mandatory tag. */
static void test_rfc2543(void **state)
{
	static const char text[] = "INVITE sip:a@b SIP/2.0\r\n"
				   "Via: SIP/2.0/TLS h\r\n"
				   "From: <sip:c@d>\r\nTo: sip:a@b\r\n"
				   "Call-ID: x\r\nCSeq: 5 INVITE\r\n\r\nbody";
	struct parsed *p = *state;

	parse_bytes(p, text, strlen(text));
	check_fault(p, OK, 0);
	assert_int_equal(p->m.from.tag.len, 0);
	assert_false(p->m.has_content_length);
	assert_slice(p->m.body, "body");
	assert_int_equal(p->m.max_forwards, -1);
	parsed_free(p);
}

static void test_dialog_contact(void **state)
{
	static const struct {
		const char *method, *contact;
		int status;
	} cases[] = {
		{ "INVITE", "Contact: <sip:a@b>\r\n", OK },
		{ "INVITE", "Contact: <sip:a@b>, <sip:c@d>\r\n", 400 },
		{ "SUBSCRIBE", "m: <sip:a@b>\r\nContact: <sip:c@d>\r\n", 400 },
		{ "NOTIFY", "Contact: <sip:a@b>\r\nm: <sip:c@d>\r\n", 400 },
		{ "REGISTER", "Contact: <sip:a@b>\r\nm: <sip:c@d>\r\n", OK },
	};
	char text[1000];
	struct parsed *p = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		int n = snprintf(text, sizeof(text),
			"%s sip:a@b SIP/2.0\r\n%s%s%sCall-ID: x\r\n"
			"CSeq: 5 %s\r\n%s\r\n",
			cases[i].method, request[VIA], request[FROM],
			request[TO], cases[i].method, cases[i].contact);

		parse_bytes(p, text, (size_t)n);
		check_fault(p, cases[i].status, ANSWER);
		parsed_free(p);
	}
}

/* Every prefix of a message is refused, and none is read beyond its end. */
static void test_every_prefix(void **state)
{
	char text[2000];
	size_t len = build(text, LINES, "", 0);
	struct parsed *p = *state;

	for (size_t n = 0; n < len; n++) {
		parse_bytes(p, text, n);
		assert_int_equal(p->error, -STOX_EPROTO);
		assert_true(p->fault.close);
		parsed_free(p);
	}
}

/* One byte changed to each other value: no crash, and never a header more. */
static void test_every_byte(void **state)
{
	char text[2000];
	size_t len = build(text, LINES, "", 0);
	struct parsed *p = *state;

	for (size_t i = 0; i < len; i++) {
		char old = text[i];

		for (int c = 0; c < 256; c++) {
			text[i] = (char)c;
			parse_bytes(p, text, len);
			assert_true(p->m.header_count <= 9);
			parsed_free(p);
		}
		text[i] = old;
	}
}

/* @count times "@what" between head and tail. */
static size_t repeat(char *out, const char *head, const char *what,
	size_t count, const char *tail)
{
	size_t n = strlen(head), size = strlen(what);

	memcpy(out, head, n);
	for (size_t i = 0; i < count; i++, n += size)
		memcpy(out + n, what, size);
	memcpy(out + n, tail, strlen(tail));
	return n + strlen(tail);
}

static void test_limits(void **state)
{
	static const struct {
		const char *head, *what;
		size_t count;
		const char *tail;
		int limit; /* LIMIT_COUNT: accepted */
	} cases[] = {
		{ "X: ", "a", 8189, "\r\n", LIMIT_COUNT },
		{ "X: ", "a", 8190, "\r\n", LIMIT_SIP_LINE },
		{ "X: ", "a\r\n ", 3000, "\r\n", LIMIT_SIP_LINE },
		{ "", "X: a\r\n", 121, "", LIMIT_COUNT },
		{ "", "X: a\r\n", 122, "", LIMIT_SIP_HEADERS },
		{ "", "Via: SIP/2.0/TLS h\r\n", 69, "", LIMIT_COUNT },
		{ "", "Via: SIP/2.0/TLS h\r\n", 70, "", LIMIT_SIP_VIA },
		{ "Via: h", ", SIP/2.0/TLS h", 68, "\r\n", LIMIT_COUNT },
		{ "Via: h", ", SIP/2.0/TLS h", 69, "\r\n", LIMIT_SIP_VIA },
		{ "Via: ", ",", 8000, "\r\n", LIMIT_SIP_VIA },
	};
	static char text[150000];
	struct parsed *p = *state;

	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = repeat(text, cases[i].head, cases[i].what,
			cases[i].count, cases[i].tail);

		print_message("# %zu\n", i);
		parse_with(p, TYPE, text, len);
		if (cases[i].limit == LIMIT_COUNT) {
			check_fault(p, OK, 0);
		} else {
			assert_int_equal(p->error, -STOX_EPROTO);
			assert_true(p->fault.close);
			assert_true(p->fault.can_answer);
			assert_int_equal(p->fault.limit, cases[i].limit);
		}
		parsed_free(p);
	}
}

/* Frame @bytes fed in pieces of @step. */
static ptrdiff_t frame(struct parsed *p, struct str bytes, size_t step,
	struct sip_framing *ret)
{
	struct sip_framing framing = { 0 };
	ptrdiff_t n = 0;

	p->fault = (struct sip_fault){ .status = 999 };
	for (size_t len = 0; len < bytes.len && !n;) {
		len = len + step < bytes.len ? len + step : bytes.len;
		n = sip_message_frame((struct str){ bytes.p, len }, &framing,
			&p->limits, &p->fault);
	}
	*ret = framing;
	return n;
}

/* Wherever the pieces are cut, the answer is the same. */
static void check_frame(struct parsed *p, struct str bytes, ptrdiff_t expected,
	unsigned status)
{
	static const size_t steps[] = { 1, 2, 3, 7, 100000 };
	struct sip_framing framing;

	for (size_t i = 0; i < COUNT(steps); i++) {
		ptrdiff_t n = frame(p, bytes, steps[i], &framing);

		assert_int_equal(n, expected);
		if (expected < 0) {
			assert_int_equal(p->fault.status, status);
			assert_true(p->fault.close);
		}
	}
}

static void test_frame(void **state)
{
	static const struct {
		const char *text;
		ptrdiff_t len;
		unsigned status;
	} cases[] = {
		{ "A\r\nContent-Length: 3\r\n\r\nabcA", 27, 0 },
		{ "A\r\nl:0\r\n\r\nA", 10, 0 },
		{ "A\r\nL : \r\n 2 \r\n\t\r\nX: y\r\n\r\nab", 27, 0 },
		{ "A\r\nX:\r\n Content-Length: 9\r\nl: 1\r\n\r\na", 36, 0 },
		{ "A\r\nl: 2\r\n\r\na", 0, 0 },
		{ "A\r\nl: 2\r\n\r", 0, 0 },
		{ "A\r\nX: y\r\n\r\n", -STOX_EPROTO, 400 },
		{ "\r\nA\r\nl: 0\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1\r\nl: 1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1\r\ncontent-length: 1\r\n\r\n", -STOX_EPROTO,
			400 },
		{ "A\r\nl: -1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: +1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1 1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1\r\n 1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 1,1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl:\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl 1: 1\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 2147483649\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 2147483648\r\n\r\n", -STOX_EPROTO, 413 },
		{ "A\r\nl: 1048577\r\n\r\n", -STOX_EPROTO, 413 },
		{ "A\r\nl: 1048576\r\n\r\n", 0, 0 },
		{ "A\r\nl: 18446744073709551617\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\nl: 0\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 0\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nl: 0\r\n\n", -STOX_EPROTO, 400 },
		{ "A\r\nX: \r y\r\nl: 0\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nX: y\r\r\nl: 0\r\n\r\n", -STOX_EPROTO, 400 },
		{ "A\r\nX: y\n\rl: 0\r\n\r\n", -STOX_EPROTO, 400 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		print_message("# %zu\n", i);
		check_frame(*state, str_from(cases[i].text), cases[i].len,
			cases[i].status);
	}
}

/* The limits hold while the bytes come, not only at the end. */
static void test_frame_limits(void **state)
{
	static char text[200000];
	struct parsed *p = *state;
	struct sip_framing framing = { 0 };
	size_t len;

	memset(text, 'a', sizeof(text));
	memcpy(text, "A\r\n", 3);
	assert_int_equal(sip_message_frame((struct str){ text, 8195 },
				 &framing, &p->limits, &p->fault), 0);
	assert_int_equal(sip_message_frame((struct str){ text, 8197 },
				 &framing, &p->limits, &p->fault),
		-STOX_EPROTO);
	assert_int_equal(p->fault.limit, LIMIT_SIP_LINE);

	len = repeat(text, "A\r\n", "X: abcdefghijklm\r\n", 4000, "");
	framing = (struct sip_framing){ 0 };
	assert_int_equal(sip_message_frame((struct str){ text, 65536 },
				 &framing, &p->limits, &p->fault), 0);
	assert_int_equal(sip_message_frame((struct str){ text, len },
				 &framing, &p->limits, &p->fault),
		-STOX_EPROTO);
	assert_int_equal(p->fault.limit, LIMIT_SIP_HEADER_SECTION);
}

/* What framing refuses can be answered from the part that was read. */
static void test_frame_fault_answer(void **state)
{
	struct parsed *p = *state;
	struct sip_framing framing;
	char text[2000];
	size_t len;

	len = build(text, LENGTH, "Content-Length: -5\r\n", 20);
	assert_int_equal(frame(p, (struct str){ text, len }, 1000, &framing),
		-STOX_EPROTO);
	assert_int_equal(framing.header_len, len - 5);
	parse_bytes(p, text, framing.header_len);
	check_fault(p, 400, ANSWER | CLOSE);
	parsed_free(p);
}

static void test_header_ids(void **state)
{
	static const char compact[] = "vftimelcsko";
	static const char *const longs[] = { "Via", "From", "To", "Call-ID",
		"Contact", "Content-Encoding", "Content-Length",
		"Content-Type", "Subject", "Supported", "Event" };
	char name[64];

	(void)state;
	for (int id = SIP_H_VIA; id < SIP_H_COUNT; id++) {
		size_t len;

		snprintf(name, sizeof(name), "%s", sip_header_name(id));
		len = strlen(name);
		assert_true(len > 0);
		assert_int_equal(sip_header_id(str_from(name)), id);
		for (size_t i = 0; i < len; i++)
			name[i] ^= name[i] == '-' ? 0 : 0x20;
		assert_int_equal(sip_header_id(str_from(name)), id);
		/* one letter wrong, one too few, one too many */
		for (size_t i = 0; i < len; i++) {
			char old = name[i];

			name[i] = '!';
			assert_int_equal(sip_header_id(str_from(name)),
				SIP_H_OTHER);
			name[i] = old;
		}
		name[len] = 'x';
		name[len + 1] = '\0';
		assert_int_equal(sip_header_id(str_from(name)), SIP_H_OTHER);
	}
	for (size_t i = 0; i < COUNT(longs); i++) {
		struct str letter = { &compact[i], 1 };

		assert_int_equal(sip_header_id(letter),
			sip_header_id(str_from(longs[i])));
	}
	assert_int_equal(sip_header_id(STR("")), SIP_H_OTHER);
	assert_int_equal(sip_header_id(STR("q")), SIP_H_OTHER);
	assert_string_equal(sip_header_name(SIP_H_OTHER), "");
	assert_string_equal(sip_header_name(SIP_H_COUNT), "");
}

static void test_lookup(void **state)
{
	static const char extra[] =
		"Supported: gruu, 100rel\r\nk: Replaces;x , timer\r\n"
		"r: <sip:x@y>\r\nX-One: 1\r\nx-one: 2\r\nSupported:\r\n";
	struct parsed *p = *state;
	const struct sip_header *h;

	parse_with(p, TYPE, extra, strlen(extra));
	check_fault(p, OK, 0);
	assert_true(sip_message_has_token(&p->m, SIP_H_SUPPORTED, "GRUU"));
	assert_true(sip_message_has_token(&p->m, SIP_H_SUPPORTED, "replaces"));
	assert_true(sip_message_has_token(&p->m, SIP_H_SUPPORTED, "timer"));
	assert_false(sip_message_has_token(&p->m, SIP_H_SUPPORTED, "time"));
	assert_false(sip_message_has_token(&p->m, SIP_H_SUPPORTED, ""));
	assert_false(sip_message_has_token(&p->m, SIP_H_REQUIRE, "gruu"));
	h = sip_message_header_named(&p->m, "X-ONE", NULL);
	assert_slice(h->value, "1");
	h = sip_message_header_named(&p->m, "X-ONE", h);
	assert_slice(h->value, "2");
	assert_null(sip_message_header_named(&p->m, "X-ONE", h));
	h = sip_message_header_named(&p->m, "Refer-To", NULL);
	assert_slice(h->value, "<sip:x@y>");
	h = sip_message_header_named(&p->m, "supported", NULL);
	assert_slice(h->value, "gruu, 100rel");
	assert_null(sip_message_header(&p->m, SIP_H_ROUTE, NULL));
	parsed_free(p);
}

static void test_list(void **state)
{
	static const struct {
		const char *list;
		const char *items[5];
	} cases[] = {
		{ "", { NULL } },
		{ "a", { "a", NULL } },
		{ " a , b ", { "a", "b", NULL } },
		{ "a,,b", { "a", "", "b", NULL } },
		{ "a,", { "a", NULL } },
		{ "\"x, y\" <sip:a,b@c>, <sip:d;e=\"f>,g",
			{ "\"x, y\" <sip:a,b@c>", "<sip:d;e=\"f>", "g",
				NULL } },
		{ "\"a\\\",b\",c", { "\"a\\\",b\"", "c", NULL } },
		{ "\"never closed, a", { "\"never closed, a", NULL } },
		{ "<never closed, a", { "<never closed, a", NULL } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str list = str_from(cases[i].list), item;

		for (const char *const *e = cases[i].items; *e; e++) {
			assert_true(sip_list_next(&list, &item));
			assert_slice(item, *e);
		}
		assert_false(sip_list_next(&list, &item));
	}
}

static void test_type(void **state)
{
	struct str type = STR("Text / Plain ; Charset=\"UTF-8\";format=flowed");
	struct str value;

	(void)state;
	assert_true(sip_type_is(type, "text/plain"));
	assert_false(sip_type_is(type, "text/plai"));
	assert_false(sip_type_is(type, "textp/lain"));
	assert_false(sip_type_is(STR("text"), "text/plain"));
	assert_false(sip_type_is(STR(""), "text/plain"));
	assert_false(sip_type_is((struct str){ NULL, 0 }, "text/plain"));
	assert_true(sip_type_is(STR("a/b"), "A/B"));
	assert_true(sip_type_param(type, "charset", &value));
	assert_slice(value, "UTF-8");
	assert_true(sip_type_param(type, "format", &value));
	assert_slice(value, "flowed");
	assert_false(sip_type_param(type, "boundary", &value));
	assert_false(sip_type_param(STR("text/plain"), "charset", &value));
}

static void test_address(void **state)
{
	struct sip_address a = { .uri.port = 7 };

	(void)state;
	assert_int_equal(sip_address_parse(
		STR(" \"A \\\"B\\\"\"<sip:a@b;x?y=z> ; q=1;p=\"<;>\" "), &a),
		0);
	assert_slice(a.display, "A \\\"B\\\"");
	assert_slice(a.uri.params, "x");
	assert_slice(a.uri.headers, "y=z");
	assert_slice(a.params, " q=1;p=\"<;>\"");
	assert_int_equal(a.tag.len, 0);
	assert_int_equal(sip_address_parse(STR("<sip:a@b"), &a), -STOX_EINVAL);
	assert_slice(a.uri.params, "x");
}

static void test_write_header(void **state)
{
	static const struct {
		struct str value;
		const char *out; /* NULL: refused */
	} cases[] = {
		{ STR("plain"), "X: plain\r\n" },
		{ STR(""), "X: \r\n" },
		{ STR("a\tb\x01" "c\x7f" "d"), "X: a bcd\r\n" },
		{ STR("\xc3\xbc\xc2\x85\xe2\x80\xae"),
			"X: \xc3\xbc\xe2\x80\xae\r\n" },
		{ STR("a\r\nVia: b"), NULL },
		{ STR("a\rb"), NULL },
		{ STR("a\nb"), NULL },
		{ STR("a\0b"), NULL },
		{ STR("a\n"), NULL },
		{ STR("\xff"), NULL },
		{ STR("\xc3"), NULL },
		{ STR("%0d%0a"), "X: %0d%0a\r\n" },
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&out);
		assert_int_equal(sip_write_header(&out, "X", cases[i].value),
			cases[i].out ? 0 : -STOX_EINVAL);
		assert_slice(buf_str(&out), cases[i].out ? cases[i].out : "");
	}
	buf_free(&out);
}

static void test_write_display(void **state)
{
	static const struct {
		struct str in;
		const char *out;
	} cases[] = {
		{ STR("Juliet"), "\"Juliet\" " },
		{ STR(""), "" },
		{ STR("a\"b\\c"), "\"a\\\"b\\\\c\" " },
		{ STR("a\r\nVia: x\0y"), "\"aVia: xy\" " },
		{ STR("\xff"), "" },
		{ STR("\xe2\x99\x9a\t\xc2\x9f!"), "\"\xe2\x99\x9a !\" " },
	};
	char big[400];
	struct buf out;

	(void)state;
	buf_init(&out, 1000, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&out);
		sip_write_display(&out, cases[i].in);
		assert_slice(buf_str(&out), cases[i].out);
	}
	for (size_t i = 0; i < sizeof(big); i += 2)
		memcpy(big + i, "\xc3\xbc", 2);
	buf_clear(&out);
	sip_write_display(&out, (struct str){ big + 1, 1 });
	assert_int_equal(out.len, 0);
	sip_write_display(&out, (struct str){ big, sizeof(big) });
	assert_int_equal(out.len, 256 + 3);
	buf_clear(&out);
	sip_write_reason(&out, STR("Gone\r\nX: y"));
	assert_slice(buf_str(&out), "GoneX: y");
	buf_free(&out);
}

/* Written as display, read as display: the same words. */
static void test_display_round_trip(void **state)
{
	static const char text[] = "a\"b\\c <sip:x@y>, ;tag=\xc3\xbc '\\\\\"";
	struct sip_address a;
	struct buf out, back;

	(void)state;
	buf_init(&out, 1000, NULL);
	buf_init(&back, 1000, NULL);
	sip_write_display(&out, str_from(text));
	buf_add_text(&out, "<sip:a@b>;tag=1");
	assert_int_equal(sip_address_parse(buf_str(&out), &a), 0);
	assert_slice(a.uri_text, "sip:a@b");
	sip_display_text(&back, a.display);
	assert_slice(buf_str(&back), text);
	buf_clear(&back);
	sip_display_text(&back, STR("BEL:\\\x07 NUL:\\\0 DEL:\\\x7f\\"));
	assert_slice(buf_str(&back), "BEL: NUL: DEL:\\");
	buf_free(&out);
	buf_free(&back);
}

static void test_reason(void **state)
{
	(void)state;
	assert_string_equal(sip_reason(200), "OK");
	assert_string_equal(sip_reason(404), "Not Found");
	assert_string_equal(sip_reason(499), "Bad Request");
	assert_string_equal(sip_reason(599), "Server Internal Error");
	assert_string_equal(sip_reason(99), "");
	assert_string_equal(sip_reason(700), "");
	for (unsigned status = 100; status < 700; status++)
		assert_true(strlen(sip_reason(status)) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_response),
		cmocka_unit_test(test_loose_forms),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_ack),
		cmocka_unit_test(test_rfc2543),
		cmocka_unit_test(test_dialog_contact),
		cmocka_unit_test(test_every_prefix),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_frame_limits),
		cmocka_unit_test(test_frame_fault_answer),
		cmocka_unit_test(test_header_ids),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_write_header),
		cmocka_unit_test(test_write_display),
		cmocka_unit_test(test_display_round_trip),
		cmocka_unit_test(test_reason),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
