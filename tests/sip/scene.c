/*
 * scene.c: see scene.h.
 */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const contoso_domains[] = { "contoso.com",
	"sub.contoso.com", NULL };
static const char *const contoso_front_ends[] = { "fe1.contoso.com",
	"fe2.contoso.com:5061", NULL };
static const char *const plain_front_ends[] = { "192.0.2.40:5060", NULL };
static const char *const our_names[] = { "dns:gw.example.org", NULL };
static const char *const methods[] = { "MESSAGE", NULL };

static const struct sip_dialect simple = { .name = "simple", .alias = 1 };
static const struct sip_dialect lync = { .name = "lync",
	.srv = SIP_SRV_FEDERATION, .srv_target = 1, .record_route = 1,
	.options = SIP_OPTIONS_LYNC };

const struct sip_partner scene_contoso = { .name = "contoso.com",
	.domains = contoso_domains,
	.front_ends = contoso_front_ends,
	.dialect = &simple };
const struct sip_partner scene_fabrikam = { .name = "fabrikam.com",
	.dialect = &lync };
const struct sip_partner scene_blocked = { .name = "blocked.example",
	.dialect = &simple,
	.blocked = true };
const struct sip_partner scene_plain = { .name = "plain.example",
	.front_ends = plain_front_ends,
	.transport = SIP_TCP,
	.dialect = &simple };

static bool is_ours(void *arg, struct str host)
{
	(void)arg;
	return str_is(host, "example.org");
}

static void keep(char *out, size_t size, struct str s)
{
	snprintf(out, size, "%.*s", STR_FMT(s));
}

static void on_request(void *arg, const struct sip_request *r)
{
	struct scene *s = arg;
	size_t i = s->request_count++;

	assert_true(i < SCENE_MAX);
	s->requests[i].transaction = r->transaction;
	s->requests[i].message = r->message;
	keep(s->requests[i].method, sizeof s->requests[i].method,
		r->message->method);
	keep(s->requests[i].body, sizeof s->requests[i].body, r->message->body);
	keep(s->requests[i].call_id, sizeof s->requests[i].call_id,
		r->message->call_id);
	keep(s->requests[i].partner, sizeof s->requests[i].partner,
		str_from(r->partner->name));
	if (s->answer_at_once)
		assert_int_equal(0, sip_respond(s->sip, r->transaction,
			s->answer_at_once, NULL, NULL));
}

static void on_answer(void *arg, uint64_t token, const struct sip_answer *a)
{
	struct scene *s = arg;
	size_t i = s->answer_count++;

	assert_true(i < SCENE_MAX);
	s->answers[i].token = token;
	s->answers[i].event = a->event;
	s->answers[i].status = a->status;
	keep(s->answers[i].text, sizeof s->answers[i].text, str_from(a->text));
	assert_true((a->event == SIP_FINAL) == (a->message != NULL));
	if (a->message)
		keep(s->answers[i].body, sizeof s->answers[i].body,
			a->message->body);
	else
		assert_true(a->text && a->text[0]);
}

static void on_acked(void *arg, struct str tag, bool acked)
{
	struct scene *s = arg;
	size_t i = s->ack_count++;

	assert_true(i < SCENE_MAX);
	keep(s->acks[i].tag, sizeof s->acks[i].tag, tag);
	s->acks[i].acked = acked;
}

static void on_lost(void *arg, const char *partner, enum sip_loss how)
{
	struct scene *s = arg;
	size_t i = s->lost_count++ % SCENE_MAX;

	keep(s->lost[i].partner, sizeof s->lost[i].partner, str_from(partner));
	s->lost[i].how = how;
}

static const struct sip_events core_events = {
	.on_request = on_request,
	.on_answer = on_answer,
	.on_acked = on_acked,
	.on_lost = on_lost,
};

static void count_line(void *arg, enum stox_level level, const char *line)
{
	struct scene *s = arg;

	(void)level;
	s->log_lines++;
	if (getenv("SCENE_LOG"))
		fprintf(stderr, "# %s\n", line);
}

static struct io_env *env_new(struct scene *s, const char *address)
{
	struct io_env_config config = {
		.log = &s->log,
		.limits = &s->limits,
		.budget = &s->budget,
	};

	return io_mem_new(s->world, address, &config);
}

void scene_configure(struct scene *s, const struct sip_partner *const *partners)
{
	size_t n = 0;

	for (; partners[n]; n++)
		s->partners[n] = partners[n];
	s->config.partners = s->partners;
	s->config.partner_count = n;
	sip_configure(s->sip, &s->config);
}

struct scene *scene_new(void)
{
	const struct sip_partner *const partners[] = { &scene_contoso,
		&scene_fabrikam, &scene_blocked, &scene_plain, NULL };
	struct scene *s = base_alloc0(sizeof *s);
	struct buf why;

	s->log.level = STOX_LOG_DEBUG;
	s->log.sink = count_line;
	s->log.sink_arg = s;
	limits_init(&s->limits);
	s->world = io_world_new(1700000000ull * 1000000, 7);
	s->env = env_new(s, "192.0.2.1");
	s->credentials = io_mem_credentials(our_names, true);
	s->sip = sip_new(s->env, &s->log, &s->limits, &s->budget, &core_events,
		s);
	s->config = (struct sip_config){
		.is_ours = is_ours,
		.arg = s,
		.credentials = s->credentials,
		.host = "gw.example.org",
		.port = 5061,
		.node = "n1",
		.methods = methods,
	};
	scene_configure(s, partners);
	buf_init(&why, 512, NULL);
	assert_int_equal(0, sip_listen(s->sip, NULL, 5061, SIP_TLS, &why));
	assert_int_equal(0, sip_listen(s->sip, NULL, 5060, SIP_TCP, &why));
	buf_free(&why);
	io_world_dns(s->world, "fe1.contoso.com", IO_DNS_A, "192.0.2.11");
	io_world_dns(s->world, "fe2.contoso.com", IO_DNS_A, "192.0.2.12");
	return s;
}

static void free_end(struct end *e)
{
	buf_free(&e->in);
	free(e);
}

void scene_free(struct scene *s)
{
	sip_free(&s->sip);
	for (size_t i = 0; i < s->machine_count; i++) {
		struct machine *m = s->machines[i];

		machine_unlisten(m);
		if (m->credentials)
			io_credentials_unref(&m->credentials);
	}
	io_world_free(&s->world);
	for (size_t i = 0; i < s->machine_count; i++)
		free(s->machines[i]);
	for (size_t i = 0; i < s->end_count; i++)
		free_end(s->ends[i]);
	io_credentials_unref(&s->credentials);
	/* what was taken has been given back */
	assert_int_equal(0, s->budget.used);
	free(s);
}

void scene_step(struct scene *s)
{
	assert_true(io_world_step(s->world, 1000000) < 1000000);
}

void scene_advance(struct scene *s, uint64_t ms)
{
	io_world_advance(s->world, ms);
}

/* ---- machines ---- */

struct machine *scene_machine(struct scene *s, const char *address,
	const char *const *names, bool trusted)
{
	struct machine *m = base_alloc0(sizeof *m);

	m->scene = s;
	m->env = env_new(s, address);
	m->credentials = io_mem_credentials(names, trusted);
	s->machines[s->machine_count++] = m;
	return m;
}

struct machine *scene_front_end(struct scene *s, unsigned number)
{
	char name[64], address[32];
	const char *names[] = { name, NULL };
	struct machine *m;

	snprintf(name, sizeof name, "dns:fe%u.contoso.com", number);
	snprintf(address, sizeof address, "192.0.2.%u", 10 + number);
	m = scene_machine(s, address, names, true);
	machine_listen(m, 5061, true);
	return m;
}

static struct end *end_new(struct scene *s)
{
	struct end *e = base_alloc0(sizeof *e);

	e->scene = s;
	buf_init(&e->in, SIZE_MAX, NULL);
	assert_true(s->end_count < sizeof s->ends / sizeof *s->ends);
	s->ends[s->end_count++] = e;
	return e;
}

static void on_open(void *arg, struct io_stream *stream)
{
	struct end *e = arg;

	(void)stream;
	e->open = true;
}

static void on_data(void *arg, struct io_stream *stream, struct str bytes)
{
	struct end *e = arg;

	(void)stream;
	buf_add_str(&e->in, bytes);
}

static void on_close(void *arg, struct io_stream *stream, enum io_reason reason,
	const char *detail)
{
	struct end *e = arg;

	(void)stream;
	(void)detail;
	e->closed = true;
	e->reason = reason;
	e->stream = NULL;
}

static const struct io_events end_events = {
	.on_open = on_open,
	.on_data = on_data,
	.on_close = on_close,
};

static void on_accept(void *arg, struct io_stream *stream)
{
	struct machine *m = arg;
	struct end *e = end_new(m->scene);

	assert_true(m->count < SCENE_MAX);
	e->stream = stream;
	m->ends[m->count++] = e;
	io_stream_events(stream, &end_events, e);
}

void machine_listen(struct machine *m, uint16_t port, bool tls)
{
	struct io_tls_config t = { .credentials = m->credentials,
		.ask_certificate = true };
	struct io_listen_config config = { .port = port,
		.tls = tls ? &t : NULL,
		.on_accept = on_accept,
		.arg = m };
	struct buf why;

	buf_init(&why, 512, NULL);
	m->listener = io_listen(m->env, &config, &why);
	assert_non_null(m->listener);
	buf_free(&why);
}

void machine_unlisten(struct machine *m)
{
	if (m->listener)
		io_listener_close(&m->listener);
}

/* Memory shows the first certificate whatever the name is; NULL as client
 * without names shows none. */
struct end *machine_call(struct machine *m, uint16_t port)
{
	struct end *e = end_new(m->scene);
	size_t cursor = 0;
	const struct io_certificate *shown =
		io_credentials_next(m->credentials, &cursor);
	struct io_tls_config t = { .credentials = m->credentials,
		.local_name = shown && shown->names[0] ? shown->names[0] : NULL,
		.server_name = "gw.example.org" };
	struct io_connect_config config = { .host = "192.0.2.1",
		.port = port,
		.special_ok = true,
		.tls = port == 5061 ? &t : NULL,
		.events = &end_events,
		.arg = e };

	e->stream = io_connect(m->env, &config);
	scene_step(m->scene);
	return e;
}

struct end *machine_last(struct machine *m)
{
	return m->count ? m->ends[m->count - 1] : NULL;
}

/* ---- streams ---- */

void end_send_bytes(struct end *e, const void *bytes, size_t len)
{
	if (e->stream)
		io_write(e->stream, (struct str){ bytes, len });
	scene_step(e->scene);
}

void end_send(struct end *e, const char *text)
{
	end_send_bytes(e, text, strlen(text));
}

const char *end_text(struct end *e)
{
	*buf_reserve(&e->in, 1) = '\0';
	return e->in.data;
}

void end_clear(struct end *e)
{
	buf_clear(&e->in);
}

void end_close(struct end *e)
{
	if (e->stream)
		io_close(e->stream);
	scene_step(e->scene);
}

unsigned end_status(struct end *e)
{
	const char *p = strstr(end_text(e), "SIP/2.0 ");
	uint64_t status;

	if (!p || str_to_u64((struct str){ p + 8, 3 }, 699, &status) < 0)
		return 0;
	return (unsigned)status;
}

size_t end_count(struct end *e, const char *text)
{
	size_t n = 0;

	for (const char *p = end_text(e); (p = strstr(p, text)); p++)
		n++;
	return n;
}

static struct str header(struct str text, const char *name)
{
	size_t len = strlen(name);

	while (text.len > 0) {
		struct str line = str_cut(&text, '\n');

		if (line.len > len + 2 && memcmp(line.p, name, len) == 0 &&
			line.p[len] == ':')
			return (struct str){ line.p + len + 2,
				line.len - len - 3 };
	}
	return (struct str){ "", 0 };
}

const char *end_header(struct end *e, const char *name)
{
	static char value[512];

	keep(value, sizeof value, header(str_from(end_text(e)), name));
	return value;
}

void end_reply(struct end *e, unsigned status, const char *extra)
{
	static const char *const copied[] = { "Via", "From", "To", "Call-ID",
		"CSeq", NULL };
	struct str text = str_from(end_text(e));
	struct buf out;

	buf_init(&out, 65536, NULL);
	buf_printf(&out, "SIP/2.0 %u Whatever\r\n", status);
	for (size_t i = 0; copied[i]; i++)
		buf_printf(&out, "%s: %.*s%s\r\n", copied[i],
			STR_FMT(header(text, copied[i])),
			i == 2 && status > 100 ? ";tag=theirs" : "");
	buf_printf(&out, "%sContent-Length: 0\r\n\r\n", extra ? extra : "");
	end_send_bytes(e, out.data, out.len);
	buf_free(&out);
}

/* ---- requests ---- */

const char *scene_request(struct scene *s, const char *method, const char *uri,
	const char *from, const char *branch, const char *extra,
	const char *body)
{
	struct end *store = end_new(s);

	buf_printf(&store->in,
		"%s %s SIP/2.0\r\n"
		"Via: SIP/2.0/TLS fe1.contoso.com;branch=%s\r\n"
		"Max-Forwards: 70\r\n"
		"From: <%s>;tag=from1\r\n"
		"To: <sip:juliet@example.org>\r\n"
		"Call-ID: call-%s\r\n"
		"CSeq: 1 %s\r\n"
		"%sContent-Length: %zu\r\n\r\n%s",
		method, uri, branch, from, branch, method, extra ? extra : "",
		body ? strlen(body) : 0, body ? body : "");
	return end_text(store);
}

void scene_expect_alive(struct machine *m)
{
	struct end *e = machine_call(m, 5061);

	end_send(e, scene_request(m->scene, "OPTIONS", "sip:example.org",
		"sip:contoso.com", "z9hG4bKalive", NULL, NULL));
	assert_int_equal(200, end_status(e));
	end_close(e);
}

void scene_send(struct scene *s, const struct sip_partner *partner,
	const char *body, unsigned timeout_ms, uint64_t token)
{
	struct sip_out out = {
		.method = "MESSAGE",
		.request_uri = "sip:romeo@contoso.com",
		.from = "sip:juliet@example.org",
		.from_display = "Juliet \"J\" Capulet",
		.to = "sip:romeo@contoso.com",
		.headers = (const char *const[]){ "Subject", "balcony", NULL },
		.content_type = "text/plain;charset=UTF-8",
		.body = str_from(body),
	};

	sip_send(s->sip, partner, &out, timeout_ms, token);
	assert_int_equal(0, s->answer_count && s->answers[s->answer_count - 1]
		.token == token);
	scene_step(s);
}
