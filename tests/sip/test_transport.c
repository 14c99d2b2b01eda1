/*
 * test_transport.c: connections: framing, faults, time-outs, keep-alive, caps.
 * RFC 3261, 18.3; RFC 5626, 4.4.1; trust.md S01, S02, S08, S13, P10.
 */
#include "scene.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static int set_up(void **state)
{
	*state = scene_new();
	return 0;
}

static int tear_down(void **state)
{
	scene_free(*state);
	return 0;
}

static const char *options(struct scene *s, const char *branch)
{
	return scene_request(s, "OPTIONS", "sip:example.org",
		"sip:fe1.contoso.com", branch, NULL, NULL);
}

static const char *message(struct scene *s, const char *branch,
	const char *body)
{
	return scene_request(s, "MESSAGE", "sip:juliet@example.org",
		"sip:romeo@contoso.com", branch, "Content-Type: text/plain\r\n",
		body);
}

static struct end *call(struct scene *s)
{
	return machine_call(scene_front_end(s, 1), 5061);
}

/* ---- framing ---- */

static void several_requests_come_in_one_write(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);
	struct buf all;

	s->answer_at_once = 200;
	buf_init(&all, SIZE_MAX, NULL);
	for (unsigned i = 0; i < 30; i++) {
		char branch[32], body[32];

		snprintf(branch, sizeof branch, "z9hG4bKp%u", i);
		snprintf(body, sizeof body, "number %u", i);
		buf_add_text(&all, message(s, branch, body));
		if (i % 3 == 0)
			buf_add_text(&all, "\r\n");
	}
	end_send_bytes(e, all.data, all.len);
	buf_free(&all);
	assert_int_equal(30, s->request_count);
	assert_int_equal(30, end_count(e, "SIP/2.0 200"));
	assert_string_equal("number 29", s->requests[29].body);
}

static void bytes_may_come_one_by_one(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	s->answer_at_once = 200;
	io_world_chop(s->world, 1);
	end_send(e, message(s, "z9hG4bK1", "first"));
	end_send(e, "\r\n\r\n");
	end_send(e, message(s, "z9hG4bK2", "second"));
	assert_int_equal(2, s->request_count);
	assert_string_equal("first", s->requests[0].body);
	assert_string_equal("second", s->requests[1].body);
	assert_int_equal(2, end_count(e, "SIP/2.0 200"));
}

static void a_cut_anywhere_is_harmless(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);
	const char *one = message(s, "z9hG4bK1", "x");
	size_t len = strlen(one);

	s->answer_at_once = 200;
	for (size_t cut = 1; cut < len; cut += 7) {
		s->request_count = 0;
		end_send_bytes(e, one, cut);
		assert_int_equal(0, s->request_count);
		end_send_bytes(e, one + cut, len - cut);
		assert_int_equal(1, s->request_count);
	}
}

/* Each row: bytes, what must be answered (0: nothing), and whether the
 * connection ends. */
#define HEAD "OPTIONS sip:example.org SIP/2.0\r\n" \
	"Via: SIP/2.0/TLS a.example;branch=z9hG4bK1\r\n" \
	"From: <sip:a.example>;tag=1\r\nTo: <sip:example.org>\r\n" \
	"Call-ID: c\r\nCSeq: 1 OPTIONS\r\n"

static const struct fault {
	const char *what, *bytes;
	unsigned status;
	bool closes;
} faults[] = {
	{ "no length", HEAD "\r\n", 400, true },
	{ "two lengths", HEAD "Content-Length: 5\r\nl: 5\r\n\r\nhello", 400,
		true },
	{ "length -1", HEAD "Content-Length: -1\r\n\r\n", 400, true },
	{ "length +0", HEAD "Content-Length: +0\r\n\r\n", 400, true },
	{ "length 5 5", HEAD "Content-Length: 5 5\r\n\r\nhello", 400, true },
	{ "length 2^32 + 32", HEAD "Content-Length: 4294967328\r\n\r\n", 400,
		true },
	{ "length 2^64 + 1", HEAD "Content-Length: 18446744073709551617\r\n\r\n",
		400, true },
	{ "10 GiB", HEAD "Content-Length: 10737418240\r\n\r\n", 400, true },
	{ "2 MiB", HEAD "Content-Length: 2097152\r\n\r\n", 413, true },
	{ "bare LF", "OPTIONS sip:example.org SIP/2.0\nVia: x\n\n", 0, true },
	{ "junk", "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", 0, true },
	{ "TLS", "\x16\x03\x01\x02\r\n\r\n", 0, true },
	{ "version", "OPTIONS sip:example.org SIP/7.0\r\n"
		"Via: SIP/7.0/TLS a.example;branch=z9hG4bK1\r\n"
		"From: <sip:a.example>;tag=1\r\nTo: <sip:example.org>\r\n"
		"Call-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		505, false },
	{ "space before the colon of a name", HEAD "X Y: 1\r\n"
		"Content-Length: 0\r\n\r\n", 400, true },
	{ "CSeq of another method", "OPTIONS sip:example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS a.example;branch=z9hG4bK1\r\n"
		"From: <sip:a.example>;tag=1\r\nTo: <sip:example.org>\r\n"
		"Call-ID: c\r\nCSeq: 1 BYE\r\nContent-Length: 0\r\n\r\n", 400,
		false },
	{ "two Call-IDs", HEAD "i: d\r\nContent-Length: 0\r\n\r\n", 400,
		false },
	{ "a broken ACK is not answered", "ACK sip:example.org SIP/2.0\r\n"
		"Via: SIP/2.0/TLS a.example;branch=z9hG4bK1\r\n"
		"Content-Length: 0\r\n\r\n", 0, false },
	{ "a response nobody waits for", "SIP/2.0 200 OK\r\n"
		"Via: SIP/2.0/TLS a.example;branch=z9hG4bK1\r\n"
		"From: <sip:a.example>;tag=1\r\nTo: <sip:example.org>\r\n"
		"Call-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", 0,
		false },
	{ "a broken response", "SIP/2.0 999 OK\r\nContent-Length: 0\r\n\r\n", 0,
		false },
};

static void faults_are_answered_and_close(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		const struct fault *f = &faults[i];
		struct end *e = machine_call(m, 5061);

		end_send(e, f->bytes);
		if (f->status != end_status(e) || f->closes != e->closed)
			print_error("%s: closed=%d %s\n", f->what, e->closed,
				end_text(e));
		assert_int_equal(f->status, end_status(e));
		assert_int_equal(f->closes, e->closed);
		if (!e->closed) {
			end_clear(e);
			end_send(e, options(s, "z9hG4bKafter"));
			assert_int_equal(200, end_status(e));
		}
		end_close(e);
		scene_expect_alive(m);
	}
}

static void one_byte_too_few_misaligns(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, HEAD "Content-Length: 4\r\n\r\nhello");
	end_send(e, options(s, "z9hG4bK2"));
	/* the left-over "o" makes another method of the next request, which
	 * then does not fit its CSeq */
	assert_int_equal(1, end_count(e, "SIP/2.0 200"));
	assert_int_equal(1, end_count(e, "SIP/2.0 400"));
}

static void fill(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buf_add_text(b, text);
}

static void too_much_of_anything_closes(void **state)
{
	static const struct {
		const char *line;
		size_t times;
		enum limit_id limit;
	} cases[] = {
		{ "X-A: b\r\n", 129, LIMIT_SIP_HEADERS },
		{ "v: SIP/2.0/TLS b.example;branch=z9hG4bKx\r\n", 71,
			LIMIT_SIP_VIA },
		{ "abcdefgh", 1100, LIMIT_SIP_LINE },
	};
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct end *e = machine_call(m, 5061);
		struct buf b;

		buf_init(&b, SIZE_MAX, NULL);
		buf_add_text(&b, HEAD);
		if (cases[i].limit == LIMIT_SIP_LINE)
			buf_add_text(&b, "X-Long: ");
		fill(&b, cases[i].line, cases[i].times);
		if (cases[i].limit == LIMIT_SIP_LINE)
			buf_add_text(&b, "\r\n");
		buf_add_text(&b, "Content-Length: 0\r\n\r\n");
		end_send_bytes(e, b.data, b.len);
		buf_free(&b);
		assert_true(e->closed);
		assert_int_equal(400, end_status(e));
		assert_int_equal(1, s->limits.hits[cases[i].limit]);
		scene_expect_alive(m);
	}
}

static void a_header_section_without_end_closes(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = machine_call(m, 5061);

	end_send(e, HEAD);
	for (unsigned i = 0; i < 200 && !e->closed; i++) {
		struct buf b;

		buf_init(&b, SIZE_MAX, NULL);
		buf_add_text(&b, "X-Fill: ");
		fill(&b, "0123456789abcdef", 60);
		buf_add_text(&b, "\r\n");
		end_send_bytes(e, b.data, b.len);
		buf_free(&b);
	}
	assert_true(e->closed);
	assert_int_equal(1, s->limits.hits[LIMIT_SIP_HEADER_SECTION]);
	scene_expect_alive(m);
}

/* ---- time ---- */

static void half_a_header_section_times_out(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, options(s, "z9hG4bK1"));
	end_send(e, "OPTIONS sip:exa");
	for (unsigned i = 0; i < 9; i++) {
		scene_advance(s, 1000);
		end_send(e, "a");
	}
	scene_advance(s, 999);
	assert_false(e->closed);
	scene_advance(s, 1);
	assert_true(e->closed);
	assert_int_equal(1, s->limits.hits[LIMIT_SIP_HEADER_TIME]);
}

static void half_a_body_times_out(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, options(s, "z9hG4bK1"));
	end_send(e, HEAD "Content-Length: 1000\r\n\r\n");
	for (unsigned i = 0; i < 29; i++) {
		scene_advance(s, 1000);
		end_send(e, "a");
	}
	scene_advance(s, 999);
	assert_false(e->closed);
	scene_advance(s, 1);
	assert_true(e->closed);
	assert_int_equal(1, s->limits.hits[LIMIT_SIP_BODY_TIME]);
}

static void a_finished_message_stops_the_clock(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, options(s, "z9hG4bK0"));
	end_send(e, HEAD);
	scene_advance(s, 9000);
	end_send(e, "Content-Length: 3\r\n\r\n");
	scene_advance(s, 29000);
	assert_false(e->closed);
	end_send(e, "abc");
	assert_int_equal(2, end_count(e, "SIP/2.0 200"));
	scene_advance(s, 60000);
	assert_false(e->closed);
}

static void silence_from_the_start_is_cut_soon(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, "\r\n\r\n");
	scene_advance(s, 29999);
	assert_false(e->closed);
	scene_advance(s, 1);
	assert_true(e->closed);
	assert_int_equal(1, s->limits.hits[LIMIT_SIP_FIRST_REQUEST]);
}

static void an_idle_connection_is_cut_late(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, options(s, "z9hG4bK1"));
	scene_advance(s, 600000);
	end_send(e, options(s, "z9hG4bK2"));
	scene_advance(s, 899999);
	assert_false(e->closed);
	scene_advance(s, 1);
	assert_true(e->closed);
	assert_int_equal(1, s->limits.hits[LIMIT_SIP_IDLE]);
}

/* ---- keep-alive ---- */

static void a_ping_gets_a_pong(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	end_send(e, "\r\n");
	assert_string_equal("", end_text(e));
	end_send(e, "\r\n");
	assert_string_equal("\r\n", end_text(e));
	end_clear(e);
	end_send(e, options(s, "z9hG4bK1"));
	assert_int_equal(200, end_status(e));
	end_clear(e);
	/* an empty line behind a message is none */
	end_send(e, "\r\n");
	end_send(e, options(s, "z9hG4bK2"));
	end_clear(e);
	end_send(e, "\r\n");
	assert_string_equal("", end_text(e));
}

static void a_ping_may_be_cut(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	for (unsigned i = 0; i < 4; i++) {
		end_send(e, i % 2 ? "\n" : "\r");
		assert_string_equal(i == 3 ? "\r\n" : "", end_text(e));
	}
}

static void too_many_pings_close(void **state)
{
	struct scene *s = *state;
	struct end *e = call(s);

	for (unsigned second = 0; second < 3; second++) {
		for (unsigned i = 0; i < 10; i++)
			end_send(e, "\r\n\r\n");
		assert_false(e->closed);
		scene_advance(s, 1000);
	}
	for (unsigned i = 0; i < 11; i++)
		end_send(e, "\r\n\r\n");
	assert_true(e->closed);
	assert_int_equal(1, s->limits.hits[LIMIT_SIP_PINGS]);
}

static struct sip_partner pinged(void)
{
	struct sip_partner p = scene_contoso;

	p.keepalive = true;
	return p;
}

static struct end *called_by_stox(struct scene *s, struct machine *m,
	const struct sip_partner *p)
{
	scene_configure(s, (const struct sip_partner *const[]){ p, NULL });
	scene_send(s, p, "x", 10000, 1);
	assert_int_equal(1, m->count);
	end_reply(m->ends[0], 200, NULL);
	end_clear(m->ends[0]);
	return m->ends[0];
}

static void our_idle_connections_ping(void **state)
{
	struct sip_partner p = pinged();
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = called_by_stox(s, m, &p);

	scene_advance(s, 24999);
	assert_string_equal("", end_text(e));
	scene_advance(s, 1);
	assert_string_equal("\r\n\r\n", end_text(e));
	end_send(e, "\r\n");
	/* alive for longer than an idle connection would be */
	for (unsigned i = 0; i < 60; i++) {
		end_clear(e);
		scene_advance(s, 25000);
		assert_string_equal("\r\n\r\n", end_text(e));
		end_send(e, "\r\n");
	}
	assert_false(e->closed);
	end_clear(e);
	scene_advance(s, 25000);
	assert_string_equal("\r\n\r\n", end_text(e));
	scene_advance(s, 9999);
	assert_false(e->closed);
	scene_advance(s, 1);
	assert_true(e->closed);
	assert_int_equal(s->lost_count, 1);
	assert_int_equal(s->lost[0].how, SIP_LOSS_BROKEN);
}

static void who_closes_is_told_apart_from_who_breaks(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = called_by_stox(s, m, &scene_contoso);

	assert_int_equal(s->lost_count, 0);
	end_close(e);
	assert_int_equal(s->lost_count, 1);
	assert_string_equal(s->lost[0].partner, "contoso.com");
	assert_int_equal(s->lost[0].how, SIP_LOSS_CLOSED);
	scene_advance(s, 60000);
	assert_int_equal(s->lost_count, 1);
}

static void no_pings_unless_asked_for(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = called_by_stox(s, m, &scene_contoso);

	scene_advance(s, 899999);
	assert_string_equal("", end_text(e));
	assert_false(e->closed);
	scene_advance(s, 1);
	assert_true(e->closed);
	assert_int_equal(s->lost_count, 1);
	assert_int_equal(s->lost[0].how, SIP_LOSS_IDLE);
}

/* ---- caps ---- */

static void one_address_has_few_connections(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1), *other;
	struct end *last = NULL;

	s->limits.value[LIMIT_SIP_CONNECTIONS_SOURCE] = 3;
	for (unsigned i = 0; i < 3; i++)
		last = machine_call(m, 5061);
	assert_false(last->closed);
	assert_true(machine_call(m, 5061)->closed);
	assert_int_equal(1, s->limits.hits[LIMIT_SIP_CONNECTIONS_SOURCE]);
	other = scene_front_end(s, 2);
	scene_expect_alive(other);
	end_close(last);
	scene_expect_alive(m);
}

static void the_unknown_make_room(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct machine *nobody = scene_machine(s, "192.0.2.99",
		(const char *const[]){ NULL }, true);
	struct end *known, *first, *second;

	s->limits.value[LIMIT_SIP_CONNECTIONS] = 3;
	known = machine_call(m, 5061);
	first = machine_call(nobody, 5061);
	second = machine_call(nobody, 5061);
	scene_expect_alive(m);
	assert_true(first->closed);
	assert_false(second->closed);
	assert_false(known->closed);
	machine_call(m, 5061);
	machine_call(m, 5061);
	assert_true(second->closed);
	assert_true(machine_call(m, 5061)->closed);
	assert_false(known->closed);
	assert_true(s->limits.hits[LIMIT_SIP_CONNECTIONS] > 0);
}

struct seen {
	size_t open, failed;
	char why[400], partner[64];
};

static void see(void *arg, const struct sip_connection_info *info)
{
	struct seen *seen = arg;

	if (info->failed[0]) {
		seen->failed++;
		snprintf(seen->why, sizeof seen->why, "%s", info->failed);
	} else {
		seen->open++;
		assert_string_equal("in", info->direction);
		assert_string_equal("open", info->state);
		assert_int_equal(1, info->messages_in);
		assert_int_equal(1, info->messages_out);
		assert_true(info->tls[0] != '\0');
		snprintf(seen->partner, sizeof seen->partner, "%s",
			info->partner);
	}
}

static void operators_see_connections(void **state)
{
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct end *e = machine_call(m, 5061);
	struct seen seen = { 0 };

	end_send(e, options(s, "z9hG4bK1"));
	sip_connections(s->sip, false, see, &seen);
	assert_int_equal(1, seen.open);
	assert_string_equal("contoso.com", seen.partner);
	end_close(e);
	sip_connections(s->sip, true, see, &seen);
	assert_int_equal(0, seen.failed);
	s->limits.value[LIMIT_FAILED_STREAMS] = 2;
	machine_unlisten(m);
	for (unsigned i = 0; i < 3; i++) {
		scene_send(s, &scene_contoso, "x", 5000, i + 1);
		scene_advance(s, 31000);
	}
	sip_connections(s->sip, true, see, &seen);
	assert_int_equal(2, seen.failed);
	assert_non_null(strstr(seen.why, "the SIP server fe"));
}

/* ---- RFC 4475 ---- */

/* What each file hears over TLS from a peer that is not its From: */
static const struct torture {
	const char *file;
	unsigned status; /* 0: nothing */
	bool closes;
} torture[] = {
	{ "badaspec", 400, false },
	{ "badbranch", 400, false },
	{ "baddate", 405, false },
	{ "badinv01", 400, false },
	{ "badvers", 505, false },
	{ "bcast", 0, false },
	{ "bext01", 420, false },
	{ "bigcode", 0, false },
	{ "cparam01", 405, false },
	{ "cparam02", 405, false },
	{ "dblreq", 405, true },
	{ "esc01", 405, false },
	{ "esc02", 501, false },
	{ "escnull", 405, false },
	{ "escruri", 400, false },
	{ "insuf", 400, false },
	{ "intmeth", 501, false },
	{ "inv2543", 400, true },
	{ "invut", 405, false },
	{ "longreq", 405, false },
	{ "ltgtruri", 400, false },
	{ "lwsdisp", 200, false },
	{ "lwsruri", 400, false },
	{ "lwsstart", 400, false },
	{ "mcl01", 400, true },
	{ "mismatch01", 400, false },
	{ "mismatch02", 400, false },
	{ "mpart01", 403, false },
	{ "multi01", 400, false },
	{ "ncl", 400, true },
	{ "noreason", 0, false },
	{ "novelsc", 416, false },
	{ "quotbal", 400, false },
	{ "regaut01", 405, false },
	{ "regbadct", 400, false },
	{ "regescrt", 405, false },
	{ "scalar02", 400, false },
	{ "scalarlg", 0, false },
	{ "sdp01", 405, false },
	{ "semiuri", 200, false },
	{ "transports", 200, false },
	{ "trws", 400, false },
	{ "unkscm", 416, false },
	{ "unksm2", 405, false },
	{ "unreason", 0, false },
	{ "wsinv", 481, false },
	{ "zeromf", 200, false },
};

static const struct torture *expected(const char *file)
{
	for (size_t i = 0; i < sizeof torture / sizeof *torture; i++)
		if (strncmp(torture[i].file, file,
			    strlen(torture[i].file)) == 0 &&
			file[strlen(torture[i].file)] == '.')
			return &torture[i];
	return NULL;
}

static size_t read_file(const char *folder, const char *name, char *out,
	size_t size)
{
	char path[1024];
	size_t len;
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	len = fread(out, 1, size, f);
	fclose(f);
	return len;
}

static void one_torture(struct machine *m, const char *folder, const char *name)
{
	const struct torture *t = expected(name);
	char bytes[16384];
	size_t len = read_file(folder, name, bytes, sizeof bytes);
	struct end *e = machine_call(m, 5061);

	end_send_bytes(e, bytes, len);
	if (t && (t->status != end_status(e) || t->closes != e->closed))
		print_error("%s: closed=%d %s\n", name, e->closed, end_text(e));
	if (t) {
		assert_int_equal(t->status, end_status(e));
		assert_int_equal(t->closes, e->closed);
	}
	scene_advance(m->scene, 31000);
	end_close(e);
	scene_expect_alive(m);
}

static DIR *open_torture(char *folder, size_t size)
{
	const char *top = getenv("STOX_SRCDIR");

	snprintf(folder, size, "%s/../shared/data/rfc4475", top ? top : ".");
	return opendir(folder);
}

static void rfc_4475_does_no_harm(void **state)
{
	static const char *const ours[] = { "MESSAGE", NULL };
	struct scene *s = *state;
	struct machine *m = scene_front_end(s, 1);
	struct dirent *entry;
	char folder[800];
	size_t count = 0;
	DIR *dir = open_torture(folder, sizeof folder);

	assert_non_null(dir);
	s->config.methods = ours;
	s->config.host = "example.com";
	scene_configure(s,
		(const struct sip_partner *const[]){ &scene_contoso, NULL });
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		one_torture(m, folder, entry->d_name);
		count++;
	}
	closedir(dir);
	assert_int_equal(50, count);
	assert_int_equal(0, s->request_count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(several_requests_come_in_one_write),
		TEST(bytes_may_come_one_by_one),
		TEST(a_cut_anywhere_is_harmless),
		TEST(faults_are_answered_and_close),
		TEST(one_byte_too_few_misaligns),
		TEST(too_much_of_anything_closes),
		TEST(a_header_section_without_end_closes),
		TEST(half_a_header_section_times_out),
		TEST(half_a_body_times_out),
		TEST(a_finished_message_stops_the_clock),
		TEST(silence_from_the_start_is_cut_soon),
		TEST(an_idle_connection_is_cut_late),
		TEST(a_ping_gets_a_pong),
		TEST(a_ping_may_be_cut),
		TEST(too_many_pings_close),
		TEST(our_idle_connections_ping),
		TEST(who_closes_is_told_apart_from_who_breaks),
		TEST(no_pings_unless_asked_for),
		TEST(one_address_has_few_connections),
		TEST(the_unknown_make_room),
		TEST(operators_see_connections),
		/* the last one: left out below when its data are not there */
		TEST(rfc_4475_does_no_harm),
	};
	char folder[800];
	DIR *dir = open_torture(folder, sizeof folder);

	if (dir)
		closedir(dir);
	return _cmocka_run_group_tests("transport", tests,
		sizeof tests / sizeof *tests - !dir, NULL, NULL);
}
