#include "ctl/report.h"

static json_int_t number(uint64_t n)
{
	return (json_int_t)(n > INT64_MAX ? INT64_MAX : n);
}

static json_t *exchanges(struct node *n)
{
	const struct node_counts *c = &n->counts;

	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
		"under_way", number(handles_count(n->exchanges)),
		"from_xmpp", number(c->from_xmpp), "from_sip", number(c->from_sip),
		"begun_here", number(c->begun), "crossed", number(c->crossed),
		"answered", number(c->answered), "refused", number(c->refused),
		"timed_out", number(c->timed_out),
		"late_bounces", number(c->late_bounces));
}

static json_t *store(struct node *n)
{
	struct store_info s = { 0 };

	store_info(n->store, &s);
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:i}", "jobs", number(s.jobs),
		"commits", number(s.commits), "failures", number(s.failures),
		"queued", number(s.queued), "bytes", number(s.file_bytes),
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

json_t *report_status(struct node *n)
{
	return json_pack("{s:b,s:s,s:s,s:I,s:s,s:I,s:I,s:I,s:o,s:o,s:o}",
		"ok", 1, "version", stox_version(), "node", n->node_id,
		"uptime_s", number((io_now_ms(n->env) - n->started_ms) / 1000),
		"config", n->snapshot->config->file,
		"memory_bytes", number(n->budget->used),
		"memory_limit_bytes", number(n->budget->max),
		"sessions", number(sessions_count(n->sessions)),
		"exchanges", exchanges(n), "store", store(n),
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
		"{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:s,s:s?}",
		"side", "XMPP", "local", i->local, "remote", i->remote,
		"direction", i->direction, "state", i->state, "auth", i->auth,
		"tls", i->tls, "peer", i->peer,
		"age_s", number((now - i->since_ms) / 1000),
		"in", number(i->stanzas_in), "out", number(i->stanzas_out),
		"queued", number(i->queued), "step", i->step,
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
		"age_s", number((now - i->since_ms) / 1000),
		"in", number(i->messages_in), "out", number(i->messages_out),
		"queued", number(i->queued), "reason", i->failed));
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
			"name", info->name, "value", number(n->limits->value[i]),
			"unit", info->unit, "reaction", info->reaction,
			"default", number(info->value),
			"reached", number(n->limits->hits[i])));
	}
	return json_pack("{s:b,s:o}", "ok", 1, "limits", list);
}
