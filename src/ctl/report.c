#include "ctl/report.h"

#include <time.h>

#include "core/certificates.h"

static json_t *exchanges(struct node *n)
{
	const struct node_counts *c = &n->counts;

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
		"under_way", report_number(handles_count(n->exchanges)),
		"from_xmpp", report_number(c->from_xmpp), "from_sip", report_number(c->from_sip),
		"begun_here", report_number(c->begun), "crossed", report_number(c->crossed),
		"answered", report_number(c->answered), "refused", report_number(c->refused),
		"timed_out", report_number(c->timed_out),
		"late_bounces", report_number(c->late_bounces));
}

static json_t *store(struct node *n)
{
	struct store_info s = { 0 };

	store_info(n->store, &s);
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:i}", "jobs", report_number(s.jobs),
		"commits", report_number(s.commits), "failures", report_number(s.failures),
		"queued", report_number(s.queued), "bytes", report_number(s.file_bytes),
		"schema", store_version(n->store));
}

static json_t *domains(struct node *n)
{
	const struct config *c = n->snapshot->config;
	json_t *list = json_array();

	for (size_t i = 0; i < c->sip_domain_count; i++)
		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}",
			"domain", c->sip_domains[i].domain, "lives_on", "SIP",
			"reached_as", c->sip_domains[i].local.component_host
				? "component"
				: c->sip_domains[i].gateway ? "gateway"
							    : "server",
			"dialect", c->sip_domains[i].partner.dialect->name));
	for (size_t i = 0; i < c->xmpp_domain_count; i++)
		json_array_append_new(list, json_pack("{s:s,s:s,s:b}",
			"domain", c->xmpp_domains[i].domain, "lives_on", "XMPP",
			"blocked", c->xmpp_domains[i].partner.blocked));
	return list;
}

/* The gauges: how many are in memory; of presence, how many send to SIP and how
 * many wait for their turn. */
static json_t *sessions(struct node *n)
{
	size_t sending, waiting;

	crowds_count(n, &sending, &waiting);
	return json_pack("{s:I,s:I,s:I}",
		"in_memory", report_number(sessions_count(n->sessions)),
		"sending", report_number(sending),
		"waiting", report_number(waiting));
}

json_t *report_status(struct node *n)
{
	return json_pack("{s:b,s:s,s:s,s:I,s:s,s:I,s:I,s:o,s:o,s:o,s:o}",
		"ok", 1, "version", stox_version(), "node", n->node_id,
		"uptime_s", report_number((io_now_ms(n->env) - n->started_ms) / 1000),
		"config", n->snapshot->config->file,
		"memory_bytes", report_number(n->budget->used),
		"memory_limit_bytes", report_number(n->budget->max),
		"sessions", sessions(n), "exchanges", exchanges(n), "store", store(n),
		"domains", domains(n));
}

static const char *side_name(enum stox_side side)
{
	switch (side) {
	case STOX_ANY:
		break;
	case STOX_XMPP:
		return "XMPP";
	case STOX_SIP:
		return "SIP";
	}
	return "any";
}

json_t *report_hooks(struct node *n)
{
	static const char *const phases[] = { "", "accept", "route", "translate",
		"adjust", "reply", "observe" };
	const struct snapshot *s = n->snapshot;
	json_t *list = json_array();

	for (unsigned p = STOX_ACCEPT; p < HOOK_PHASES; p++)
		for (size_t i = 0; i < s->counts[p]; i++) {
			const struct stox_hook *h = s->hooks[p][i].hook;

			json_array_append_new(list, json_pack(
				"{s:s,s:s,s:s,s:s?,s:s?,s:s?,s:i}",
				"phase", phases[p],
				"plugin", s->hooks[p][i].host->plugin->name,
				"from", side_name(h->from), "name", h->name,
				"type", h->type, "ns", h->ns, "order", h->order));
		}
	return json_pack("{s:b,s:o}", "ok", 1, "hooks", list);
}

struct rows {
	json_t *list;
	struct node *node;
	bool failed;
};

static void stream_row(void *arg, const struct xmpp_stream_info *i)
{
	struct rows *r = arg;
	uint64_t now = io_now_ms(r->node->env);

	json_array_append_new(r->list, json_pack(
		"{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:s,"
		"s:s?}",
		"side", "XMPP", "local", i->local, "remote", i->remote,
		"direction", i->direction, "state", i->state, "auth", i->auth,
		"acks", i->acks, "tls", i->tls, "peer", i->peer,
		"age_s", report_number((now - i->since_ms) / 1000),
		"in", report_number(i->stanzas_in), "out", report_number(i->stanzas_out),
		"queued", report_number(i->queued), "step", i->step,
		"reason", i->failed));
}

static void connection_row(void *arg, const struct sip_connection_info *i)
{
	struct rows *r = arg;
	uint64_t now = io_now_ms(r->node->env);

	json_array_append_new(r->list, json_pack(
		"{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:s?}",
		"side", "SIP", "local", "", "remote", i->partner,
		"direction", i->direction, "state", i->state, "auth",
		*i->tls ? "certificate" : "", "tls", i->tls, "peer", i->peer,
		"age_s", report_number((now - i->since_ms) / 1000),
		"in", report_number(i->messages_in), "out", report_number(i->messages_out),
		"queued", report_number(i->queued), "reason", i->failed));
}

json_t *report_streams(struct node *n, bool failed)
{
	struct rows r = { json_array(), n, failed };

	xmpp_streams(n->xmpp, failed, stream_row, &r);
	sip_connections(n->sip, failed, connection_row, &r);
	return json_pack("{s:b,s:o}", "ok", 1, "streams", r.list);
}

json_t *report_limits(struct node *n)
{
	json_t *list = json_array();

	for (int i = 0; i < LIMIT_COUNT; i++) {
		const struct limit_info *info = limit_info((enum limit_id)i);

		json_array_append_new(list, json_pack(
			"{s:s,s:s,s:I,s:s,s:s,s:I,s:I}", "id", info->id,
			"name", info->name, "value", report_number(n->limits->value[i]),
			"unit", info->unit, "reaction", info->reaction,
			"default", report_number(info->value),
			"reached", report_number(n->limits->hits[i])));
	}
	return json_pack("{s:b,s:o}", "ok", 1, "limits", list);
}

/* ISO 8601, UTC. */
static const char *date_of(uint64_t s, char out[32])
{
	time_t t = (time_t)s;
	struct tm tm;

	out[0] = '\0';
	if (gmtime_r(&t, &tm))
		strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
	return out;
}

static json_t *certificate(const struct io_certificate *c, uint64_t now_s)
{
	json_t *names = json_array();
	char date[32];

	for (size_t i = 0; c->names[i]; i++)
		json_array_append_new(names, json_string(c->names[i]));
	return json_pack("{s:s,s:o,s:s,s:I,s:s,s:b,s:b}", "file", c->file,
		"names", names, "expires", date_of(c->expires_s, date),
		"days", (json_int_t)certificate_days(c->expires_s, now_s),
		"state", certificate_state_name(certificate_state(
			c->expires_s, now_s)),
		"client", c->client_usage, "server", c->server_usage);
}

json_t *report_certs(struct node *n)
{
	uint64_t now_s = io_wall_us(n->env) / 1000000;
	json_t *list = json_array(), *revocations = json_array();
	const struct io_certificate *c;
	struct io_revocations r;
	size_t cursor = 0;
	char date[32];

	while ((c = io_credentials_next(n->credentials, &cursor)))
		json_array_append_new(list, certificate(c, now_s));
	cursor = 0;
	while (io_credentials_next_revocations(n->credentials, &cursor, &r))
		json_array_append_new(revocations, json_pack(
			"{s:s,s:I,s:s,s:b}", "issuer", r.issuer,
			"count", report_number(r.count), "next_update",
			r.next_update_s ? date_of(r.next_update_s, date) : "",
			"overdue", r.next_update_s && r.next_update_s < now_s));
	return json_pack("{s:b,s:o,s:o}", "ok", 1, "certificates", list,
		"revocations", revocations);
}
