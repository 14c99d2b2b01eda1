#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "sample.h"
#include "sip/dialog.h"

#define TOP "Via: SIP/2.0/TLS fe.contoso.com:5061;branch=z9hG4bK1\r\n" \
	"Max-Forwards: 70\r\n"
#define ROUTES "Record-Route: <sip:p2.contoso.com:5061;transport=tls;" \
	"opaque=state:F:T:Ci.R1f4000;lr;ms-route-sig=cd>;tag=0CAFE\r\n"
#define MORE "Record-Route: <sip:p1.contoso.com;lr>, " \
	"<sip:gw.example.org:5061;transport=tls;lr>\r\n"

static const char subscribe[] =
	"SUBSCRIBE sip:juliet@example.org SIP/2.0\r\n" TOP ROUTES
	"From: \"Romeo\"<sip:romeo@contoso.com>;tag=df;epid=9b\r\n" MORE
	"To: <sip:juliet@example.org>\r\n"
	"Call-ID: c1\r\nCSeq: 7 SUBSCRIBE\r\n"
	"Contact: <sip:romeo@contoso.com;opaque=user:epid:Q2;gruu>\r\n"
	"Event: presence\r\nContent-Length: 0\r\n\r\n";
static const char notify[] =
	"NOTIFY sip:gw.example.org:5061;transport=tls SIP/2.0\r\n" TOP MORE
	"From: <sip:romeo@contoso.com>;tag=r1\r\n"
	"To: <sip:juliet@example.org>;tag=l1\r\n"
	"Call-ID: c2\r\nCSeq: 1 NOTIFY\r\n"
	"Contact: <sip:10.0.0.1:5070>\r\n"
	"Event: presence\r\nContent-Length: 0\r\n\r\n";

struct scene {
	struct parsed *p;
	struct pool *pool;
	const char *why;
};

static void read_message(struct scene *t, const char *text)
{
	sample_parse(t->p, text, strlen(text));
	assert_int_equal(t->p->error, 0);
}

static int setup(void **state)
{
	struct scene *t = base_alloc0(sizeof *t);
	void *p = NULL;

	if (sample_setup(&p))
		return -1;
	t->p = p;
	t->pool = pool_new(NULL);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct scene *t = *state;
	void *p = t->p;

	pool_free(&t->pool);
	free(t);
	return sample_teardown(&p);
}

static void assert_routes(const struct sip_dialog *d, const char *a,
	const char *b, const char *c)
{
	const char *const expected[] = { a, b, c, NULL };

	for (size_t i = 0; expected[i]; i++)
		assert_string_equal(d->routes[i], expected[i]);
	assert_null(d->routes[a ? b ? c ? 3 : 2 : 1 : 0]);
}

/* As server: Record-Route in order, what is in the brackets byte for byte. */
static void test_accept(void **state)
{
	struct scene *t = *state;
	struct sip_dialog d;

	read_message(t, subscribe);
	assert_int_equal(sip_dialog_accept(t->pool, &t->p->m, "ours", &d,
		&t->why), 0);
	sample_free(t->p); /* the dialog has copies */
	assert_string_equal(d.call_id, "c1");
	assert_string_equal(d.local_tag, "ours");
	assert_string_equal(d.remote_tag, "df");
	assert_string_equal(d.local, "sip:juliet@example.org");
	assert_string_equal(d.remote, "sip:romeo@contoso.com");
	assert_string_equal(d.target,
		"sip:romeo@contoso.com;opaque=user:epid:Q2;gruu");
	assert_routes(&d, "<sip:p2.contoso.com:5061;transport=tls;"
		"opaque=state:F:T:Ci.R1f4000;lr;ms-route-sig=cd>",
		"<sip:p1.contoso.com;lr>",
		"<sip:gw.example.org:5061;transport=tls;lr>");
	assert_int_equal(d.remote_cseq, 7);
	assert_int_equal(d.local_cseq, 0);
}

static struct sip_dialog sent(void)
{
	return (struct sip_dialog){ .call_id = "c2", .local_tag = "l1",
		.local = "sip:juliet@example.org",
		.remote = "sip:romeo@contoso.com", .local_cseq = 1 };
}

/* As client: reversed, without our own entry. */
static void test_establish_by_response(void **state)
{
	struct scene *t = *state;
	struct sip_dialog d = sent();

	read_message(t, "SIP/2.0 200 OK\r\n"
		"Via: SIP/2.0/TLS gw.example.org;branch=z9hG4bK1\r\n"
		ROUTES MORE
		"From: <sip:juliet@example.org>;tag=l1\r\n"
		"To: <sip:romeo@contoso.com>;tag=r1\r\n"
		"Call-ID: c2\r\nCSeq: 1 SUBSCRIBE\r\n"
		"Contact: <sip:fe.contoso.com:5061;transport=tls>\r\n"
		"Content-Length: 0\r\n\r\n");
	assert_int_equal(sip_dialog_establish(t->pool, &d, &t->p->m,
		STR("GW.example.org"), &t->why), 0);
	sample_free(t->p);
	assert_string_equal(d.remote_tag, "r1");
	assert_routes(&d, "<sip:p1.contoso.com;lr>",
		"<sip:p2.contoso.com:5061;transport=tls;"
		"opaque=state:F:T:Ci.R1f4000;lr;ms-route-sig=cd>", NULL);
	assert_false(d.remote_sent);
}

/* The NOTIFY may come before the 200, and makes the dialog.  RFC 6665, 4.4.1 */
static void test_establish_by_notify(void **state)
{
	struct scene *t = *state;
	struct sip_dialog d = sent();

	read_message(t, notify);
	assert_int_equal(sip_dialog_establish(t->pool, &d, &t->p->m,
		STR("gw.example.org"), &t->why), 0);
	sample_free(t->p);
	assert_routes(&d, "<sip:p1.contoso.com;lr>", NULL, NULL);
	assert_string_equal(d.target, "sip:10.0.0.1:5070");
	assert_true(d.remote_sent);
	assert_int_equal(d.remote_cseq, 1);
}

/* RFC 3265 lets a NOTIFY come without a Contact; the answer to the SUBSCRIBE has
 * one, or else the address itself is good enough. */
static void test_establish_without_contact(void **state)
{
	struct scene *t = *state;
	struct sip_dialog d = sent();

	read_message(t, "NOTIFY sip:gw.example.org SIP/2.0\r\n" TOP
		"From: <sip:romeo@contoso.com>;tag=r1\r\n"
		"To: <sip:juliet@example.org>;tag=l1\r\n"
		"Call-ID: c2\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(sip_dialog_establish(t->pool, &d, &t->p->m, STR(""),
		&t->why), 0);
	sample_free(t->p);
	assert_string_equal(d.target, "sip:romeo@contoso.com");
	assert_string_equal(d.remote_tag, "r1");
}

static void refused(struct scene *t, const char *extra, const char *why)
{
	char text[8192];
	struct sip_dialog d = sent();

	snprintf(text, sizeof text,
		"NOTIFY sip:gw.example.org SIP/2.0\r\n" TOP
		"From: <sip:romeo@contoso.com>;tag=r1\r\n"
		"To: <sip:juliet@example.org>;tag=l1\r\n"
		"Call-ID: c2\r\nCSeq: 1 NOTIFY\r\n%s"
		"Content-Length: 0\r\n\r\n", extra);
	read_message(t, text);
	assert_int_equal(sip_dialog_establish(t->pool, &d, &t->p->m, STR(""),
		&t->why), -STOX_EPROTO);
	sample_free(t->p);
	assert_string_equal(t->why, why);
	assert_null(d.remote_tag);
	assert_null(d.target);
}

static void test_unusable(void **state)
{
	struct scene *t = *state;
	char many[4096] = "Contact: <sip:a@b>\r\nRecord-Route: <sip:r;lr>";

	refused(t, "Contact: <tel:+123>\r\n", "No Usable Contact");
	refused(t, "Contact: <sip:a@b>\r\nRecord-Route: <tel:+1>\r\n",
		"Bad Record-Route");
	for (int i = 0; i < SIP_DIALOG_ROUTES; i++)
		strncat(many, ",<sip:r;lr>", sizeof many - strlen(many) - 1);
	strncat(many, "\r\n", sizeof many - strlen(many) - 1);
	refused(t, many, "Too Many Routes");
}

static enum sip_dialog_fit receive(struct scene *t, struct sip_dialog *d,
	const char *method, const char *ids, unsigned cseq, const char *contact)
{
	char text[2048];
	enum sip_dialog_fit fit;

	snprintf(text, sizeof text,
		"%s sip:gw.example.org SIP/2.0\r\n" TOP "%s"
		"CSeq: %u %s\r\nContact: <%s>\r\nContent-Length: 0\r\n\r\n",
		method, ids, cseq, method, contact);
	read_message(t, text);
	fit = sip_dialog_receive(t->pool, d, &t->p->m);
	sample_free(t->p);
	return fit;
}

#define IDS "From: <sip:r@c.com>;tag=r1\r\nTo: <sip:j@e.org>;tag=l1\r\n" \
	"Call-ID: c2\r\n"

static void test_receive(void **state)
{
	struct scene *t = *state;
	struct sip_dialog d = sent();

	read_message(t, notify);
	assert_int_equal(sip_dialog_establish(t->pool, &d, &t->p->m, STR(""),
		&t->why), 0);
	sample_free(t->p);
	assert_int_equal(receive(t, &d, "NOTIFY", IDS, 5, "sip:new@c.com"),
		SIP_DIALOG_FITS);
	assert_string_equal(d.target, "sip:new@c.com");
	assert_int_equal(d.remote_cseq, 5);
	/* MESSAGE does not refresh the target */
	assert_int_equal(receive(t, &d, "MESSAGE", IDS, 6, "sip:no@c.com"),
		SIP_DIALOG_FITS);
	assert_string_equal(d.target, "sip:new@c.com");
	assert_int_equal(receive(t, &d, "NOTIFY", IDS, 4, "sip:old@c.com"),
		SIP_DIALOG_OLD);
	assert_string_equal(d.target, "sip:new@c.com");
	assert_int_equal(d.remote_cseq, 6);
	assert_int_equal(receive(t, &d, "NOTIFY",
		"From: <sip:r@c.com>;tag=other\r\nTo: <sip:j@e.org>;tag=l1\r\n"
		"Call-ID: c2\r\n", 9, "sip:x@c.com"), SIP_DIALOG_OTHER);
	assert_int_equal(receive(t, &d, "NOTIFY",
		"From: <sip:r@c.com>;tag=r1\r\nTo: <sip:j@e.org>;tag=L1\r\n"
		"Call-ID: c2\r\n", 9, "sip:x@c.com"), SIP_DIALOG_OTHER);
	assert_int_equal(receive(t, &d, "NOTIFY",
		"From: <sip:r@c.com>;tag=r1\r\nTo: <sip:j@e.org>;tag=l1\r\n"
		"Call-ID: c3\r\n", 9, "sip:x@c.com"), SIP_DIALOG_OTHER);
	assert_int_equal(d.remote_cseq, 6);
}

/* Loose and strict routers.  RFC 3261, 12.2.1.1 and 16.12.1.2 */
static void test_route(void **state)
{
	static const char *const loose[] = { "<sip:p1;lr>", "<sip:p2>", NULL };
	static const char *const strict[] = { "<sip:p1>", "<sip:p2;lr>", NULL };
	static const char *const none[] = { NULL };
	struct scene *t = *state;
	struct sip_dialog d = { .target = "sip:t@h", .routes = loose };
	const char *const *routes;
	const char *uri;

	sip_dialog_route(t->pool, &d, &uri, &routes);
	assert_string_equal(uri, "sip:t@h");
	assert_ptr_equal(routes, loose);
	d.routes = none;
	sip_dialog_route(t->pool, &d, &uri, &routes);
	assert_string_equal(uri, "sip:t@h");
	assert_null(routes[0]);
	d.routes = strict;
	sip_dialog_route(t->pool, &d, &uri, &routes);
	assert_string_equal(uri, "sip:p1");
	assert_string_equal(routes[0], "<sip:p2;lr>");
	assert_string_equal(routes[1], "<sip:t@h>");
	assert_null(routes[2]);
}

static void test_refresh_by_response(void **state)
{
	struct scene *t = *state;
	struct sip_dialog d = sent();
	static const char response[] = "SIP/2.0 %s\r\n"
		"Via: SIP/2.0/TLS gw.example.org;branch=z9hG4bK1\r\n" IDS
		"CSeq: 1 SUBSCRIBE\r\nContact: <sip:moved@c.com>\r\n"
		"Content-Length: 0\r\n\r\n";
	char text[1024];

	d.target = "sip:before@c.com";
	snprintf(text, sizeof text, response, "500 No");
	read_message(t, text);
	sip_dialog_refresh(t->pool, &d, &t->p->m);
	sample_free(t->p);
	assert_string_equal(d.target, "sip:before@c.com");
	snprintf(text, sizeof text, response, "200 OK");
	read_message(t, text);
	sip_dialog_refresh(t->pool, &d, &t->p->m);
	sample_free(t->p);
	assert_string_equal(d.target, "sip:moved@c.com");
}

/* What was packed comes back; what is cut or changed anywhere does not crash
 * and, when it is cut, is refused. */
static void test_pack(void **state)
{
	struct scene *t = *state;
	struct sip_dialog d, back;
	struct buf packed, routes;

	read_message(t, subscribe);
	assert_int_equal(sip_dialog_accept(t->pool, &t->p->m, "ours", &d,
		&t->why), 0);
	sample_free(t->p);
	d.local_cseq = 4000000000u;
	buf_init(&packed, 4096, NULL);
	buf_init(&routes, 4096, NULL);
	sip_dialog_pack(&d, &packed);
	sip_dialog_pack_routes(&d, &routes);
	assert_true(packed.len < 160);
	assert_int_equal(sip_dialog_unpack(t->pool, buf_str(&packed),
		buf_str(&routes), &back), 0);
	assert_string_equal(back.call_id, d.call_id);
	assert_string_equal(back.local_tag, d.local_tag);
	assert_string_equal(back.remote_tag, d.remote_tag);
	assert_string_equal(back.local, d.local);
	assert_string_equal(back.remote, d.remote);
	assert_string_equal(back.target, d.target);
	assert_int_equal(back.local_cseq, 4000000000u);
	assert_int_equal(back.remote_cseq, 7);
	assert_true(back.remote_sent);
	assert_routes(&back, d.routes[0], d.routes[1], d.routes[2]);
	for (size_t i = 0; i < packed.len; i++) {
		struct str cut = { packed.data, i };

		assert_int_equal(sip_dialog_unpack(t->pool, cut,
			buf_str(&routes), &back), -STOX_EINVAL);
	}
	for (size_t i = 0; i < routes.len; i++) {
		routes.data[i] ^= 0x5a;
		(void)sip_dialog_unpack(t->pool, buf_str(&packed),
			buf_str(&routes), &back);
		routes.data[i] ^= 0x5a;
	}
	packed.data[0] = 2; /* a version of the future */
	assert_int_equal(sip_dialog_unpack(t->pool, buf_str(&packed),
		buf_str(&routes), &back), -STOX_EINVAL);
	buf_free(&packed);
	buf_free(&routes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_accept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_establish_by_response,
			setup, teardown),
		cmocka_unit_test_setup_teardown(test_establish_without_contact,
			setup, teardown),
		cmocka_unit_test_setup_teardown(test_establish_by_notify,
			setup, teardown),
		cmocka_unit_test_setup_teardown(test_unusable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_receive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_route, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refresh_by_response,
			setup, teardown),
		cmocka_unit_test_setup_teardown(test_pack, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
