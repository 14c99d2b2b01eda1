/*
 * fuzz_transaction.c: a proven peer says anything on the connection that
 * carries our request: framing, policy and both transaction machines.
 *
 * The first byte says in which pieces the rest arrives, how the core answers,
 * and (0x40) that our request is an INVITE.  Afterwards time runs out: every request of ours must have ended
 * exactly once, every handle be dead, and all memory be back.
 */
#include <stdlib.h>

#include "io/mem.h"
#include "sip/sip.h"

struct play {
	struct sip *sip;
	struct io_stream *peer;
	unsigned mode;
	size_t answers, requests;
	uint64_t last;
};

static const char *const front_ends[] = { "192.0.2.2", NULL };
static const char *const methods[] = { "MESSAGE", "INVITE", "UPDATE", "BYE",
	NULL };
static const char *const ours[] = { "dns:gw.example.org", NULL };
static const char *const theirs[] = { "dns:contoso.com", NULL };
static const struct sip_partner contoso = { .name = "contoso.com",
	.front_ends = front_ends, .keepalive = true };

static void on_request(void *arg, const struct sip_request *r)
{
	static const unsigned statuses[] = { 200, 404, 180, 0 };
	struct play *p = arg;
	unsigned status = statuses[(p->mode + p->requests++) % 4];

	stox_require(r->partner == &contoso && r->message->is_request);
	p->last = r->transaction;
	if (status)
		stox_require(sip_respond(p->sip, r->transaction, status, NULL,
			NULL) == 0);
}

static void on_answer(void *arg, uint64_t token, const struct sip_answer *a)
{
	struct play *p = arg;

	stox_require(token == 1 && (a->event == SIP_FINAL) == (a->status >= 200));
	p->answers++;
}

static void nothing(void *arg, struct io_stream *s)
{
	(void)arg;
	(void)s;
}

static void on_data(void *arg, struct io_stream *s, struct str bytes)
{
	(void)arg;
	(void)s;
	(void)bytes;
}

static void on_close(void *arg, struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	struct play *p = arg;

	(void)s;
	(void)reason;
	(void)detail;
	p->peer = NULL;
}

static const struct io_events peer_events = { .on_open = nothing,
	.on_data = on_data, .on_close = on_close };
static const struct sip_events core_events = { .on_request = on_request,
	.on_answer = on_answer };

static void on_accept(void *arg, struct io_stream *s)
{
	struct play *p = arg;

	/* a later connection has nothing to say */
	if (p->peer)
		return;
	p->peer = s;
	io_stream_events(s, &peer_events, p);
}

static bool is_ours(void *arg, struct str host)
{
	(void)arg;
	return str_is(host, "example.org");
}

static void begin(struct play *p, struct io_credentials *credentials)
{
	const struct sip_partner *const partners[] = { &contoso };
	struct sip_config config = {
		.partners = partners,
		.partner_count = 1,
		.is_ours = is_ours,
		.credentials = credentials,
		.host = "gw.example.org",
		.node = "n1",
		.methods = methods,
	};
	struct sip_out out = {
		.method = p->mode & 0x40 ? "INVITE" : "MESSAGE",
		.request_uri = "sip:romeo@contoso.com",
		.from = "sip:juliet@example.org",
		.to = "sip:romeo@contoso.com",
		.content_type = "text/plain",
		.body = STR("x"),
	};

	sip_configure(p->sip, &config);
	sip_send(p->sip, &contoso, &out, 30000, 1);
}

static void quiet(void *arg, enum stox_level level, const char *line)
{
	(void)arg;
	(void)level;
	(void)line;
}

static void run(struct io_world *w, struct play *p, struct str bytes)
{
	io_world_step(w, 100000);
	stox_require(p->peer);
	io_world_chop(w, p->mode & 0x3f);
	io_write(p->peer, bytes);
	io_world_step(w, 10000000);
	if (p->mode & 0x80 && p->peer)
		io_abort(p->peer);
	io_world_advance(w, 200000);
	stox_require(p->answers == 1);
	stox_require(!p->last ||
		sip_respond(p->sip, p->last, 200, NULL, NULL) == -STOX_EGONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct play p = { .mode = size ? data[0] : 0 };
	struct log log = { .level = STOX_LOG_DEBUG, .sink = quiet };
	struct budget budget = { 0 };
	struct limits limits;
	struct io_env_config config = { .log = &log, .limits = &limits,
		.budget = &budget };
	struct io_world *w = io_world_new(1, 7);
	struct io_credentials *mine = io_mem_credentials(ours, true);
	struct io_credentials *his = io_mem_credentials(theirs, true);
	struct io_env *here = io_mem_new(w, "192.0.2.1", &config);
	struct io_env *there = io_mem_new(w, "192.0.2.2", &config);
	struct io_tls_config tls = { .credentials = his,
		.ask_certificate = true };
	struct io_listener *l;

	limits_init(&limits);
	l = io_listen(there, &(struct io_listen_config){ .port = 5061,
		.tls = &tls, .on_accept = on_accept, .arg = &p }, NULL);
	p.sip = sip_new(here, &log, &limits, &budget, &core_events, &p);
	begin(&p, mine);
	run(w, &p, (struct str){ (const char *)data + (size > 0),
		size - (size > 0) });
	sip_free(&p.sip);
	io_listener_close(&l);
	io_world_free(&w);
	io_credentials_unref(&mine);
	io_credentials_unref(&his);
	stox_require(budget.used == 0);
	return 0;
}
