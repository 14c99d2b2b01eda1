#include "xmpp/component.h"

#include <stdio.h>
#include <stdlib.h>

#include "xmpp/s2s.h"
#include "xmpp/sm.h"

/* How often the memory budget is looked at while there are streams, and how
 * long a stream has been quiet when it may go for the memory's sake. */
enum { HOUSE_MS = 10000, QUIET_MS = 10000, SHUTDOWN_MS = 5000 };
/* Stream-level text is short; a stanza's cap is the limit of the day. */
enum { LINE_MAX_BYTES = 131072 };

struct xmpp_domain *xmpp_local(const struct xmpp *x, struct str domain)
{
	return table_get(x->locals, domain);
}

const struct xmpp_partner *xmpp_partner_of(const struct xmpp *x,
	struct str domain)
{
	return x->config.partner
		? x->config.partner(x->config.partner_arg, domain)
		: NULL;
}

bool xmpp_may_open(struct xmpp *x)
{
	if (x->stream_count >= limit_get(x->limits, LIMIT_XMPP_STREAMS)) {
		limit_hit(x->limits, LIMIT_XMPP_STREAMS);
		return false;
	}
	if (budget_percent(x->budget) >= 80) {
		limit_hit(x->limits, LIMIT_MEMORY);
		return false;
	}
	return !x->stopping;
}

void xmpp_link_tell(struct xmpp *x, const char *local, const char *remote,
	enum xmpp_link what)
{
	if (x->events->on_link && !x->stopping)
		x->events->on_link(x->arg, local, remote, what);
}

/* ---- tallies ------------------------------------------------------------- */

bool xmpp_tally_up(struct table *t, const char *key, uint64_t max)
{
	struct xmpp_tally *n = table_get(t, str_from(key));

	if (n && n->count >= max)
		return false;
	if (!n) {
		n = base_alloc0(sizeof(*n));
		n->key = base_strdup(key);
		table_put(t, str_from(n->key), n);
	}
	n->count++;
	return true;
}

void xmpp_tally_down(struct table *t, const char *key)
{
	struct xmpp_tally *n = table_get(t, str_from(key));

	if (!n || --n->count)
		return;
	table_remove(t, str_from(n->key));
	free(n->key);
	free(n);
}

void xmpp_tally_free(struct table **t)
{
	struct xmpp_tally *n;
	size_t cursor = 0;

	while ((n = table_next(*t, &cursor))) {
		free(n->key);
		free(n);
	}
	table_free(t);
}

/* ---- memory -------------------------------------------------------------- */

/* At 95 % quiet streams close, politely; they come back on demand. */
static void keep_house(void *arg)
{
	struct xmpp *x = arg;
	uint64_t now = io_now_ms(x->env);

	if (list_empty(&x->streams))
		return;
	timer_start(io_timers(x->env), &x->house, HOUSE_MS);
	if (budget_percent(x->budget) < 95)
		return;
	limit_hit(x->limits, LIMIT_MEMORY);
	list_each(n, next, &x->streams) {
		struct xmpp_stream *s =
			container_of(n, struct xmpp_stream, node);

		if (s->io && s->ready && s->kind != &xmpp_component_kind &&
			now >= s->active_ms + QUIET_MS)
			xmpp_stream_finish(s);
	}
}

void xmpp_house_start(struct xmpp *x)
{
	if (!timer_running(&x->house))
		timer_start(io_timers(x->env), &x->house, HOUSE_MS);
}

/* ---- life ---------------------------------------------------------------- */

static void shutdown_done(void *arg);
static void shutdown_late(void *arg);

struct xmpp *xmpp_new(struct io_env *env, struct log *log,
	struct limits *limits, struct budget *budget,
	const struct xmpp_events *events, void *arg)
{
	struct xmpp *x = base_alloc0(sizeof(*x));
	uint8_t key[16];

	x->env = env;
	x->log = log;
	x->limits = limits;
	x->budget = budget;
	x->events = events;
	x->arg = arg;
	rand_bytes(io_rand(env), key, sizeof(key));
	x->locals = table_new(key);
	x->routes = table_new(key);
	x->tokens = table_new(key);
	x->tally_source = table_new(key);
	x->tally_partner = table_new(key);
	x->handles = handles_new();
	list_init(&x->streams);
	xmpp_opening_init(x);
	xmpp_sm_init(x);
	xmpp_reports_init(x);
	buf_init(&x->stanza, limit_get(limits, LIMIT_STANZA), budget);
	buf_init(&x->line, LINE_MAX_BYTES, budget);
	timer_init(&x->house, keep_house, x);
	timer_init(&x->stop_timer, shutdown_late, x);
	io_task_init(&x->stop_task, shutdown_done, x);
	return x;
}

static void destroy_streams(struct xmpp *x)
{
	while (!list_empty(&x->streams)) {
		struct xmpp_stream *s = container_of(x->streams.next,
			struct xmpp_stream, node);

		xmpp_stream_detach(s);
		s->kind->destroy(s);
	}
}

static void destroy_routes(struct xmpp *x)
{
	struct xmpp_route *r;
	size_t cursor = 0;

	while ((r = table_next(x->routes, &cursor)))
		xmpp_route_free(r);
	table_free(&x->routes);
}

void xmpp_free(struct xmpp **px)
{
	struct xmpp *x = *px;

	if (!x)
		return;
	*px = NULL;
	x->stopping = true;
	x->stopped = NULL;
	xmpp_unlisten(x);
	destroy_streams(x);
	xmpp_sm_free_all(x);
	destroy_routes(x);
	xmpp_reports_free(x);
	xmpp_failed_free(x);
	timer_stop(io_timers(x->env), &x->house);
	timer_stop(io_timers(x->env), &x->stop_timer);
	io_undefer(&x->stop_task);
	io_undefer(&x->opening_task);
	if (x->config.credentials)
		io_credentials_unref(&x->config.credentials);
	free((void *)x->config.locals);
	free(x->domains);
	free(x->components);
	table_free(&x->locals);
	table_free(&x->tokens);
	xmpp_tally_free(&x->tally_source);
	xmpp_tally_free(&x->tally_partner);
	handles_free(&x->handles);
	buf_free(&x->stanza);
	buf_free(&x->line);
	free(x);
}

/* ---- configuration ------------------------------------------------------- */

static void take_locals(struct xmpp *x)
{
	size_t n = x->config.local_count;
	struct xmpp_local *locals = base_alloc((n + 1) * sizeof(*locals));
	struct xmpp_domain *d;
	size_t cursor = 0;

	while ((d = table_next(x->locals, &cursor)))
		table_remove(x->locals, str_from(d->local->domain));
	if (n)
		memcpy(locals, x->config.locals, n * sizeof(*locals));
	x->config.locals = locals;
	x->domains = base_alloc0((n + 1) * sizeof(*x->domains));
	for (size_t i = 0; i < n; i++) {
		x->domains[i].local = &locals[i];
		table_put(x->locals, str_from(locals[i].domain),
			&x->domains[i]);
	}
}

/* Components that still fit stay connected. */
static void take_components(struct xmpp *x)
{
	struct xmpp_component **old = x->components;
	size_t old_count = x->component_count;

	x->components = base_alloc0(
		(x->config.local_count + 1) * sizeof(*x->components));
	x->component_count = 0;
	for (size_t i = 0; i < old_count; i++) {
		struct xmpp_domain *d = xmpp_local(x,
			str_from(xmpp_component_domain(old[i])));

		if (d && xmpp_component_fits(old[i], d->local)) {
			d->component = old[i];
			x->components[x->component_count++] = old[i];
		} else {
			xmpp_component_stop(old[i],
				"The sender's domain is no component any "
				"more.");
		}
	}
	free(old);
	for (size_t i = 0; i < x->config.local_count; i++) {
		struct xmpp_domain *d = &x->domains[i];

		if (d->component || !d->local->component_host || x->stopping)
			continue;
		d->component = xmpp_component_start(x, d->local);
		x->components[x->component_count++] = d->component;
	}
}

static void reconsider_out(struct xmpp *x, struct xmpp_out *o)
{
	struct xmpp_domain *d = xmpp_local(x, str_from(o->s.local));
	struct xmpp_ways w = xmpp_out_ways(o);

	if (!o->route)
		return;
	if (!d || d->component || xmpp_ways_none(&w) ||
		(o->state == XMPP_OUT_READY &&
			(!xmpp_ways_allow(&w, o->s.auth) ||
			(o->welcome && !xmpp_ways_allow(&w, o->peer_auth)))))
		xmpp_out_stop(o, STOX_POLICY_VIOLATION,
			"the configuration has changed");
}

static void reconsider(struct xmpp *x)
{
	list_each(n, next, &x->streams) {
		struct xmpp_stream *s =
			container_of(n, struct xmpp_stream, node);

		if (s->kind == &xmpp_in_kind)
			xmpp_in_reconsider(s);
		else if (s->kind == &xmpp_out_kind)
			reconsider_out(x,
				container_of(s, struct xmpp_out, s));
	}
}

/* The old arrays go last: streams still point into them. */
void xmpp_configure(struct xmpp *x, const struct xmpp_config *config)
{
	struct xmpp_config old = x->config;
	struct xmpp_domain *old_domains = x->domains;

	x->config = *config;
	if (config->credentials)
		x->config.credentials =
			io_credentials_ref(config->credentials);
	xmpp_dialback_hash(config->dialback_secret, x->dialback_hash);
	x->stanza.max = limit_get(x->limits, LIMIT_STANZA);
	for (size_t i = 0; i < x->listener_count; i++)
		if (x->listeners[i].tls && config->credentials)
			io_listener_credentials(x->listeners[i].io,
				config->credentials);
	take_locals(x);
	take_components(x);
	xmpp_routes_unshut(x);
	reconsider(x);
	if (old.credentials)
		io_credentials_unref(&old.credentials);
	free((void *)old.locals);
	free(old_domains);
}

/* The certificate is the one for the SNI.  Who sends none gets that of our
 * first domain: the header comes too late to choose by. */
int xmpp_listen(struct xmpp *x, const char *address, uint16_t port, bool tls,
	struct buf *why)
{
	char ascii[256];
	struct io_tls_config direct = {
		.credentials = x->config.credentials,
		.alpn = "xmpp-server",
		.ask_certificate = true,
	};
	struct io_listen_config c = {
		.address = address,
		.port = port,
		.tls = tls ? &direct : NULL,
		.on_accept = tls ? xmpp_in_accept_tls : xmpp_in_accept,
		.arg = x,
	};
	struct io_listener *l;

	if (x->config.local_count &&
		io_domain_to_ascii(str_from(x->config.locals[0].domain), ascii,
			sizeof(ascii)) == 0)
		direct.local_name = ascii;
	l = io_listen(x->env, &c, why);
	if (!l)
		return -STOX_EIO;
	x->listeners = base_realloc(x->listeners,
		(x->listener_count + 1) * sizeof(*x->listeners));
	x->listeners[x->listener_count++] = (struct xmpp_listener){ .io = l,
		.address = base_strdup(address), .port = port, .tls = tls };
	return 0;
}

static void drop_listener(struct xmpp *x, size_t i)
{
	io_listener_close(&x->listeners[i].io);
	free(x->listeners[i].address);
	x->listeners[i] = x->listeners[--x->listener_count];
}

void xmpp_unlisten_at(struct xmpp *x, const char *address, uint16_t port)
{
	for (size_t i = x->listener_count; i > 0; i--)
		if (x->listeners[i - 1].port == port &&
			strcmp(x->listeners[i - 1].address, address) == 0)
			drop_listener(x, i - 1);
}

void xmpp_unlisten(struct xmpp *x)
{
	while (x->listener_count)
		drop_listener(x, x->listener_count - 1);
	free(x->listeners);
	x->listeners = NULL;
}

/* ---- sending ------------------------------------------------------------- */

static void send_by_route(struct xmpp *x, const char *local, struct str remote,
	const struct xmpp_letter *letter)
{
	struct xmpp_route *r;
	char text[256];

	if (!xmpp_partner_of(x, remote)) {
		snprintf(text, sizeof(text), "%.*s is not an allowed partner.",
			remote.len < 200 ? (int)remote.len : 200, remote.p);
		xmpp_queue_refuse(x, letter, STOX_POLICY_VIOLATION, text);
		return;
	}
	r = xmpp_route_get(x, local, remote);
	if (!r)
		xmpp_queue_refuse(x, letter, STOX_JID_MALFORMED,
			"The domain name is too long.");
	else
		xmpp_route_send(r, letter);
}

static void post(struct xmpp *x, const char *local_domain,
	struct str remote_domain, const struct stox_element *e,
	struct xmpp_letter *letter)
{
	struct xmpp_domain *d = xmpp_local(x, str_from(local_domain));

	if (!d || x->stopping) {
		xmpp_queue_refuse(x, letter, STOX_REMOTE_SERVER_NOT_FOUND,
			x->stopping ? "This server is shutting down."
				    : "The sender's domain is not served.");
		return;
	}
	/* no declaration: the stream's default namespace stands for it */
	buf_clear(&x->stanza);
	xml_write(&x->stanza, e, STOX_NS_SERVER);
	if (x->stanza.overflow) {
		limit_hit(x->limits, LIMIT_STANZA);
		xmpp_queue_refuse(x, letter, STOX_POLICY_VIOLATION,
			"The message is too long.");
		return;
	}
	letter->bytes = buf_str(&x->stanza);
	if (d->component)
		xmpp_component_send(d->component, remote_domain, letter);
	else
		send_by_route(x, local_domain, remote_domain, letter);
}

void xmpp_send(struct xmpp *x, const char *local_domain,
	struct str remote_domain, const struct stox_element *e, unsigned flags,
	uint64_t token)
{
	struct xmpp_letter letter = { .flags = flags, .token = token };

	post(x, local_domain, remote_domain, e, &letter);
}

void xmpp_reply(struct xmpp *x, const char *local_domain,
	struct str remote_domain, const struct stox_element *e,
	struct xmpp_receipt receipt)
{
	struct xmpp_letter letter = { .flags = XMPP_SEND_PATIENT,
		.receipt = receipt };

	post(x, local_domain, remote_domain, e, &letter);
}

bool xmpp_cancel(struct xmpp *x, uint64_t token)
{
	return xmpp_item_cancel(x, token);
}

/* ---- shutting down ------------------------------------------------------- */

static void shutdown_done(void *arg)
{
	struct xmpp *x = arg;
	void (*done)(void *) = x->stopped;

	timer_stop(io_timers(x->env), &x->stop_timer);
	x->stopped = NULL;
	if (done)
		done(x->stopped_arg);
}

static void shutdown_late(void *arg)
{
	struct xmpp *x = arg;

	io_undefer(&x->stop_task);
	shutdown_done(x);
}

void xmpp_stream_gone(struct xmpp *x)
{
	if (x->stopped && list_empty(&x->streams))
		io_defer(x->env, &x->stop_task);
}

/* Only an outgoing stream may be without connection: it asks the DNS. */
static void stop_stream(struct xmpp_stream *s)
{
	if (s->kind == &xmpp_component_kind)
		return;
	if (s->io && !s->end_sent && s->header_sent)
		xmpp_stream_error(s, "system-shutdown", NULL);
	else if (s->io)
		xmpp_stream_abort(s);
	else
		xmpp_out_stop(container_of(s, struct xmpp_out, s),
			STOX_REMOTE_SERVER_TIMEOUT,
			"this server is shutting down");
}

static void stop_components(struct xmpp *x)
{
	for (size_t i = 0; i < x->config.local_count; i++)
		x->domains[i].component = NULL;
	while (x->component_count)
		xmpp_component_stop(x->components[--x->component_count],
			"This server is shutting down.");
}

void xmpp_shutdown(struct xmpp *x, void (*done)(void *arg), void *arg)
{
	x->stopping = true;
	xmpp_unlisten(x);
	x->stopped = done;
	x->stopped_arg = arg;
	timer_start(io_timers(x->env), &x->stop_timer, SHUTDOWN_MS);
	stop_components(x);
	xmpp_sm_drop_all(x);
	list_each(n, next, &x->streams)
		stop_stream(container_of(n, struct xmpp_stream, node));
	xmpp_stream_gone(x);
}

/* ---- information --------------------------------------------------------- */

static uint64_t queued(const struct xmpp_stream *s)
{
	const struct xmpp_out *o = (const struct xmpp_out *)s;

	if (s->kind == &xmpp_component_kind)
		return xmpp_component_queued(s);
	if (s->kind == &xmpp_out_kind && o->route)
		return o->route->queue.count;
	return 0;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

void xmpp_streams(struct xmpp *x, bool failed,
	void (*row)(void *arg, const struct xmpp_stream_info *info), void *arg)
{
	list_each(n, next, &x->streams) {
		const struct xmpp_stream *s =
			container_of(n, struct xmpp_stream, node);
		struct xmpp_stream_info info = {
			.local = or_empty(s->local),
			.remote = or_empty(s->remote),
			.direction = s->bidi && s->ready ? "both"
							 : s->kind->direction,
			.acks = !s->sm ? "" : s->sm->id ? "resume"
							  : "acks",
			.state = s->kind->state(s),
			.auth = xmpp_auth_name(s->auth),
			.tls = s->io ? or_empty(io_stream_tls(s->io)) : "",
			.peer = s->io ? or_empty(io_stream_peer(s->io)) : "",
			.since_ms = s->since_ms,
			.stanzas_in = s->stanzas_in,
			.stanzas_out = s->stanzas_out,
			.queued = queued(s),
			.failed = s->why,
			.step = s->why ? xmpp_step_name(s->rank) : "",
		};

		row(arg, &info);
	}
	if (failed)
		xmpp_failed_rows(x, row, arg);
}
