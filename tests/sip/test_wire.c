/*
 * test_wire.c: two SIP sides over real TCP and TLS on loopback, with real
 * certificates: a.example and b.example are each other's partners.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../io/pki.h"
#include "sip/sip.h"

enum { BATCH = 1000 };

struct side {
	struct wire *wire;
	struct sip *sip;
	struct sip_partner other;
	char front_end[64];
	const char *front_ends[2];
	uint16_t port;
	unsigned status;          /* what it answers, 0: nothing */
	size_t requests, answers, finals;
	char text[400];           /* of the last failure */
	enum sip_event event;
	bool shut;
};

struct wire {
	struct pki pki;
	struct io_env *env;
	struct limits limits;
	struct budget budget;
	struct log log;
	struct io_credentials *credentials;
	struct side a, b;
	struct timer guard;
};

static const char *const methods[] = { "MESSAGE", NULL };

static void on_request(void *arg, const struct sip_request *r)
{
	struct side *side = arg;

	side->requests++;
	assert_string_equal(side->other.name, r->partner->name);
	if (side->status)
		sip_respond(side->sip, r->transaction, side->status, NULL, NULL);
}

static void on_answer(void *arg, uint64_t token, const struct sip_answer *a)
{
	struct side *side = arg;

	(void)token;
	side->answers++;
	side->event = a->event;
	if (a->event == SIP_FINAL && a->status == 200)
		side->finals++;
	else
		snprintf(side->text, sizeof side->text, "%u %s", a->status,
			a->text ? a->text : "");
}

/* All went well, or the last failure is shown. */
static void assert_finals(const struct side *side, size_t count)
{
	if (side->finals != count)
		print_error("%s\n", side->text);
	assert_int_equal(count, side->finals);
}

static const struct sip_events events = {
	.on_request = on_request,
	.on_answer = on_answer,
};

static void quiet(void *arg, enum stox_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

static bool is_example(void *arg, struct str host)
{
	(void)arg;
	return str_is(host, "a.example") || str_is(host, "b.example");
}

/* A port that nobody uses now. */
static uint16_t free_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(0, bind(fd, (void *)&address, len));
	assert_int_equal(0, getsockname(fd, (void *)&address, &len));
	close(fd);
	return ntohs(address.sin_port);
}

static void configure(struct side *side, const char *host)
{
	const struct sip_partner *const partners[] = { &side->other };
	struct sip_config config = {
		.partners = partners,
		.partner_count = 1,
		.is_ours = is_example,
		.credentials = side->wire->credentials,
		.host = host,
		.port = side->port,
		.node = "n1",
		.methods = methods,
	};

	sip_configure(side->sip, &config);
}

static void side_new(struct wire *w, struct side *side, const char *host,
	struct side *other, const char *other_host)
{
	struct buf why;

	side->wire = w;
	side->status = 200;
	snprintf(side->front_end, sizeof side->front_end, "127.0.0.1:%u",
		other->port);
	side->front_ends[0] = side->front_end;
	side->other = (struct sip_partner){
		.name = other_host,
		.front_ends = side->front_ends,
		.dialect = sip_dialect_at(0),
	};
	side->sip = sip_new(w->env, &w->log, &w->limits, &w->budget, &events,
		side);
	configure(side, host);
	buf_init(&why, 512, NULL);
	if (sip_listen(side->sip, "127.0.0.1", side->port, SIP_TLS, &why) < 0)
		fail_msg("%.*s", STR_FMT(buf_str(&why)));
	buf_free(&why);
}

static void stop(void *arg)
{
	io_stop(((struct wire *)arg)->env);
}

static int set_up(void **state)
{
	static const char *const a[] = { "dns:a.example", NULL };
	static const char *const b[] = { "uri:sip:b.example", "dns:b.example",
		NULL };
	struct wire *w = base_alloc0(sizeof *w);
	struct io_credentials_config config = { .folder = w->pki.certs,
		.trust = w->pki.ca_file };
	struct buf why;

	pki_init(&w->pki);
	pki_make(&w->pki, &(struct pki_spec){ .name = "a", .sans = a });
	pki_make(&w->pki, &(struct pki_spec){ .name = "b", .sans = b });
	limits_init(&w->limits);
	/* a busy machine is no failure */
	w->limits.value[LIMIT_TLS_HANDSHAKE_TIME] = 60;
	w->limits.value[LIMIT_CONNECT_TIME] = 60;
	w->log.sink = quiet;
	w->env = io_uv_new(&(struct io_env_config){ .log = &w->log,
		.limits = &w->limits, .budget = &w->budget });
	assert_non_null(w->env);
	buf_init(&why, 512, NULL);
	if (io_credentials_load(w->env, &config, &w->credentials, &why) < 0)
		fail_msg("%.*s", STR_FMT(buf_str(&why)));
	buf_free(&why);
	timer_init(&w->guard, stop, w);
	w->a.port = free_port();
	w->b.port = free_port();
	side_new(w, &w->a, "a.example", &w->b, "b.example");
	side_new(w, &w->b, "b.example", &w->a, "a.example");
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct wire *w = *state;

	sip_free(&w->a.sip);
	sip_free(&w->b.sip);
	timer_stop(io_timers(w->env), &w->guard);
	io_credentials_unref(&w->credentials);
	io_env_free(&w->env);
	pki_free(&w->pki);
	assert_int_equal(0, w->budget.used);
	free(w);
	return 0;
}

static void turn(struct wire *w, unsigned ms)
{
	timer_start(io_timers(w->env), &w->guard, ms);
	io_run(w->env);
}

/* Run until @cond holds, a minute at most. */
#define WAIT(w, cond) \
	do { \
		uint64_t begun_ = io_now_ms((w)->env); \
		while (!(cond) && io_now_ms((w)->env) < begun_ + 60000) \
			turn(w, 5); \
		assert_true(cond); \
	} while (0)

static void send_many(struct side *side, size_t count)
{
	struct sip_out out = {
		.method = "MESSAGE",
		.request_uri = "sip:x@a.example",
		.from = side == &side->wire->a ? "sip:x@a.example"
					       : "sip:x@b.example",
		.to = "sip:x@a.example",
		.content_type = "text/plain",
		.body = STR("good morrow"),
	};

	for (size_t i = 0; i < count; i++)
		sip_send(side->sip, &side->other, &out, 60000,
			side->answers + i + 1);
}

struct count {
	size_t in, out;
};

static void count(void *arg, const struct sip_connection_info *info)
{
	struct count *n = arg;

	if (info->direction[0] == 'i')
		n->in++;
	else
		n->out++;
	assert_non_null(strstr(info->tls, "TLS1."));
}

static void messages_cross_both_ways_on_one_connection(void **state)
{
	struct wire *w = *state;
	struct count n = { 0 };

	send_many(&w->a, BATCH);
	WAIT(w, w->a.answers == BATCH);
	assert_finals(&w->a, BATCH);
	assert_int_equal(BATCH, w->b.requests);
	send_many(&w->b, BATCH);
	WAIT(w, w->b.answers == BATCH);
	assert_finals(&w->b, BATCH);
	assert_int_equal(BATCH, w->a.requests);
	/* alias: no second connection was needed */
	sip_connections(w->a.sip, false, count, &n);
	assert_int_equal(0, n.in);
	assert_int_equal(1, n.out);
}

static void a_wrong_certificate_is_told(void **state)
{
	struct wire *w = *state;
	char text[300];

	w->a.other.name = "d.example";
	configure(&w->a, "a.example");
	send_many(&w->a, 3);
	WAIT(w, w->a.answers == 3);
	assert_int_equal(0, w->b.requests);
	assert_int_equal(SIP_CERTIFICATE, w->a.event);
	snprintf(text, sizeof text, "0 the SIP server 127.0.0.1:%u must prove "
		"the name d.example, but its certificate has b.example, "
		"sip:b.example",
		w->b.port);
	assert_string_equal(text, w->a.text);
}

/* A listener is opened anew when it has another name to prove. */
static void another_host_shows_another_certificate(void **state)
{
	struct wire *w = *state;

	configure(&w->b, "a.example");
	w->a.other.name = "a.example";
	configure(&w->a, "a.example");
	send_many(&w->a, 1);
	WAIT(w, w->a.answers == 1);
	assert_finals(&w->a, 1);
}

static void nobody_listening_is_told(void **state)
{
	struct wire *w = *state;
	char text[300];

	sip_unlisten(w->b.sip);
	turn(w, 20);
	send_many(&w->a, 1);
	WAIT(w, w->a.answers == 1);
	assert_int_equal(SIP_UNREACHABLE, w->a.event);
	snprintf(text, sizeof text,
		"0 the SIP server 127.0.0.1:%u refused the connection",
		w->b.port);
	assert_memory_equal(text, w->a.text, strlen(text));
}

static void a_peer_that_dies_is_noticed(void **state)
{
	struct wire *w = *state;

	w->b.status = 0;
	send_many(&w->a, 10);
	WAIT(w, w->b.requests == 10);
	sip_free(&w->b.sip);
	WAIT(w, w->a.answers == 10);
	assert_int_equal(SIP_UNREACHABLE, w->a.event);
}

static void shut(void *arg)
{
	((struct side *)arg)->shut = true;
}

static void shutdown_is_polite_and_ends(void **state)
{
	struct wire *w = *state;

	send_many(&w->a, 100);
	WAIT(w, w->a.answers == 100);
	sip_shutdown(w->b.sip, shut, &w->b);
	WAIT(w, w->b.shut);
	sip_shutdown(w->a.sip, shut, &w->a);
	WAIT(w, w->a.shut);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(messages_cross_both_ways_on_one_connection),
		TEST(a_wrong_certificate_is_told),
		TEST(another_host_shows_another_certificate),
		TEST(nobody_listening_is_told),
		TEST(a_peer_that_dies_is_noticed),
		TEST(shutdown_is_polite_and_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
