#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "sample.h"

static const char response_start[] = "SIP/2.0 200 OK\r\n";

static void test_request(void **state)
{
	struct parsed *p = *state;
	const struct sip_message *m = &p->m;

	sample_parse_with(p, LINES, "", 0);
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
	sample_free(p);
}

static void test_response(void **state)
{
	struct parsed *p = *state;

	sample_parse_with(p, START, response_start, strlen(response_start));
	assert_int_equal(p->error, 0);
	assert_false(p->m.is_request);
	assert_int_equal(p->m.status, 200);
	assert_slice(p->m.reason, "OK");
	assert_slice(p->m.method, "MESSAGE");
	sample_free(p);
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

	sample_parse(p, text, strlen(text));
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
	sample_free(p);
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
	{ VIA, "Via: SIP/2.0/TLS h;branch=z9hG4bK1;branch=z9hG4bK2\r\n", 400,
		ANSWER },
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
	{ FROM, "From: <sip:a@b>;tag=1;TAG=2\r\n", 400, ANSWER },
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

static void test_faults(void **state)
{
	struct parsed *p = *state;

	for (size_t i = 0; i < COUNT(fault_cases); i++) {
		const struct fault_case *c = &fault_cases[i];

		print_message("# %zu %d\n", i, c->status);
		sample_parse_with(p, c->line, c->text, strlen(c->text));
		assert_fault(p, c->status, c->flags);
		sample_free(p);
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
		sample_parse_with(p, FROM, cases[i].text.p, cases[i].text.len);
		assert_fault(p, cases[i].status, CLOSE | ANSWER);
		sample_free(p);
	}
}

/* An ACK is never answered. */
static void test_ack(void **state)
{
	static const char text[] = "ACK sip:a@b SIP/2.0\r\n"
				   "Via: SIP/2.0/TLS h;branch=z9hG4bK1\r\n"
				   "Content-Length: 0\r\n\r\n";
	struct parsed *p = *state;

	sample_parse(p, text, strlen(text));
	assert_fault(p, 400, 0);
	sample_free(p);
}

/* RFC 2543 knows neither branch cookie nor mandatory tag. */
static void test_rfc2543(void **state)
{
	static const char text[] = "INVITE sip:a@b SIP/2.0\r\n"
				   "Via: SIP/2.0/TLS h\r\n"
				   "From: <sip:c@d>\r\nTo: sip:a@b\r\n"
				   "Call-ID: x\r\nCSeq: 5 INVITE\r\n\r\nbody";
	struct parsed *p = *state;

	sample_parse(p, text, strlen(text));
	assert_fault(p, OK, 0);
	assert_int_equal(p->m.from.tag.len, 0);
	assert_false(p->m.has_content_length);
	assert_slice(p->m.body, "body");
	assert_int_equal(p->m.max_forwards, -1);
	sample_free(p);
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
			cases[i].method, sample_lines[VIA], sample_lines[FROM],
			sample_lines[TO], cases[i].method, cases[i].contact);

		sample_parse(p, text, (size_t)n);
		assert_fault(p, cases[i].status, ANSWER);
		sample_free(p);
	}
}

/* Every prefix of a message is refused, and none is read beyond its end. */
static void test_every_prefix(void **state)
{
	char text[2000];
	size_t len = sample_build(text, LINES, "", 0);
	struct parsed *p = *state;

	for (size_t n = 0; n < len; n++) {
		sample_parse(p, text, n);
		assert_int_equal(p->error, -STOX_EPROTO);
		assert_true(p->fault.close);
		sample_free(p);
	}
}

/* One byte changed to each other value: no crash, and never a header more. */
static void test_every_byte(void **state)
{
	char text[2000];
	size_t len = sample_build(text, LINES, "", 0);
	struct parsed *p = *state;

	for (size_t i = 0; i < len; i++) {
		char old = text[i];

		for (int c = 0; c < 256; c++) {
			text[i] = (char)c;
			sample_parse(p, text, len);
			assert_true(p->m.header_count <= 9);
			sample_free(p);
		}
		text[i] = old;
	}
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
		size_t len = sample_repeat(text, cases[i].head, cases[i].what,
			cases[i].count, cases[i].tail);

		print_message("# %zu\n", i);
		sample_parse_with(p, TYPE, text, len);
		if (cases[i].limit == LIMIT_COUNT) {
			assert_fault(p, OK, 0);
		} else {
			assert_int_equal(p->error, -STOX_EPROTO);
			assert_true(p->fault.close);
			assert_true(p->fault.can_answer);
			assert_int_equal(p->fault.limit, cases[i].limit);
		}
		sample_free(p);
	}
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
	};

	return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
