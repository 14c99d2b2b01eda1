#include "core/certificates.h"
#include "core/node.h"

#include "core/api_table.h"
#include "core/disco.h"

#include <stdio.h>
#include <stdlib.h>

/* Pools kept for the next exchanges. */
enum { SPARE_POOLS = 256 };
/* How long node_stop() lets exchanges finish, how long those that are ended then
 * may take to say so, and how long it goes on saying no after the last one: what
 * was on its way when we stopped gets an answer. */
enum { DRAIN_MS = 8000, SAY_MS = 500, LINGER_MS = 500 };

/* ---- configuration ------------------------------------------------------------- */

static const struct xmpp_partner *find_partner(void *arg, struct str domain)
{
	const struct node *n = arg;
	const struct config *c = n->snapshot->config;
	const struct config_xmpp_domain *d =
		table_get(c->by_domain_xmpp, domain);

	if (d)
		return &d->partner;
	/* our own side is none: nothing is relayed from XMPP to XMPP */
	d = table_get(c->by_domain_sip, domain) ||
			table_get(c->by_domain_gateway, domain)
		? NULL : c->discovered_xmpp;
	return d ? &d->partner : NULL;
}

static bool is_ours(void *arg, struct str host)
{
	const struct node *n = arg;
	const struct config *c = n->snapshot->config;

	return table_get(c->by_ascii_xmpp, host) ||
	       (c->host && str_iis(host, c->host)) ||
	       ends_is_discoverable(c, host);
}

/** The names of SIP domains, and those that we have for their people. */
static bool is_sip(void *arg, struct str host)
{
	const struct node *n = arg;
	const struct config *c = n->snapshot->config;
	BASE_SCRATCH char canonical[1024];
	ptrdiff_t len = jid_prepare_domain(host, canonical, sizeof(canonical));

	return table_get(c->by_ascii_sip, host) ||
	       (len > 0 && table_get(c->by_domain_gateway,
				   (struct str){ canonical, (size_t)len }));
}

static bool may_discover(void *arg, struct str host)
{
	const struct node *n = arg;

	return ends_is_discoverable_sip(n->snapshot->config, host);
}

/** What each domain of ours says of itself in stream features. */
static const char *const *stream_features(struct node *n)
{
	const struct config *c = n->snapshot->config;
	const char **all = pool_alloc0(n->snapshot->pool,
		(c->local_count + 1) * sizeof(*all));

	for (size_t i = 0; i < c->local_count; i++)
		all[i] = disco_stream_feature(n, c->locals[i].domain);
	return all;
}

/** Hand the snapshot to both sides. */
static void apply(struct node *n)
{
	const struct config *c = n->snapshot->config;
	const struct xmpp_config x = {
		.locals = c->locals,
		.local_count = c->local_count,
		.features = stream_features(n),
		.partner = find_partner,
		.partner_arg = n,
		.credentials = n->credentials,
		.dialback_secret = n->dialback_secret,
		.node = n->node_id,
	};
	const struct sip_config s = {
		.partners = c->sip_partners,
		.partner_count = c->sip_domain_count,
		.is_ours = is_ours,
		.is_sip = is_sip,
		.discovered = c->discovered_sip ? &c->discovered_sip->partner
						: NULL,
		.providers = c->sip_providers,
		.provider_count = c->provider_count,
		.may_discover = may_discover,
		.arg = n,
		.credentials = n->credentials,
		.host = c->host,
		.port = c->sip_port,
		.node = n->node_id,
		.methods = n->snapshot->methods,
	};

	memcpy(n->limits->value, c->limits, sizeof(c->limits));
	n->budget->max = limit_get(n->limits, LIMIT_MEMORY);
	n->log->level = c->log_level;
	xmpp_configure(n->xmpp, &x);
	sip_configure(n->sip, &s);
}

/** Start the plugins that @c names; those that run already stay. */
static int make_hosts(struct node *n, const struct config *c,
	struct stox_host ***ret, struct buf *why)
{
	struct stox_host **hosts =
		base_alloc0((c->plugin_count + 1) * sizeof(*hosts));

	for (size_t i = 0; i < c->plugin_count; i++) {
		for (size_t k = 0; k < n->host_count; k++)
			if (n->hosts[k]->plugin == c->plugins[i])
				hosts[i] = n->hosts[k];
		if (!hosts[i])
			hosts[i] = host_new(n, c->plugins[i]);
		if (!hosts[i]) {
			buf_printf(why, "plugin %s does not start",
				c->plugins[i]->name);
			free(hosts);
			return -STOX_EINVAL;
		}
	}
	*ret = hosts;
	return 0;
}

static bool contains(struct stox_host *const *hosts, size_t count,
	const struct stox_host *host)
{
	for (size_t i = 0; i < count; i++)
		if (hosts[i] == host)
			return true;
	return false;
}

/** Swap in a configuration; plugins that it no longer names are unloaded. */
static int adopt(struct node *n, struct config *c, struct buf *why)
{
	struct stox_host **hosts, **old = n->hosts;
	size_t old_count = n->host_count;
	struct snapshot *before = n->snapshot;

	if (make_hosts(n, c, &hosts, why) < 0)
		return -STOX_EINVAL;
	if (before)
		partner_keep_counts(before->config, c);
	n->hosts = hosts;
	n->host_count = c->plugin_count;
	n->snapshot = snapshot_new(c, hosts);
	for (size_t i = 0; i < old_count; i++) {
		if (contains(hosts, n->host_count, old[i]))
			continue;
		exchange_unload(n, old[i]);
		sessions_unload(n->sessions, old[i]);
		host_free(&old[i]);
	}
	free(old);
	if (n->xmpp)
		apply(n);
	snapshot_unref(&before);
	return 0;
}

/** XMPP servers want a certificate of every domain that they reach. */
static void warn_of_certificates(const struct config *config,
	const struct config_sip_domain *d, const struct io_credentials *cred,
	struct buf *warnings)
{
	if (d->local.component_host)
		return;
	for (const char *const *name = d->partner.domains; *name; name++)
		if (!io_credentials_has(cred, str_from(*name)))
			buf_printf(warnings, "%s: no certificate for %s: XMPP "
				"servers will not trust it\n", config->file,
				*name);
}

int node_check(struct io_env *env, const struct config *config,
	struct io_credentials **ret_credentials, struct buf *errors,
	struct buf *warnings)
{
	struct io_credentials *cred = NULL;

	if (certificates_load(env, config, &cred, errors) < 0)
		return -STOX_EINVAL;
	if (certificates_check(config, cred, errors, warnings) < 0) {
		io_credentials_unref(&cred);
		return -STOX_EINVAL;
	}
	for (size_t i = 0; i < config->sip_domain_count; i++) {
		const struct config_sip_domain *d = &config->sip_domains[i];

		if (!d->gateway)
			warn_of_certificates(config, d, cred, warnings);
	}
	for (size_t i = 0; i < config->gateway_count; i++)
		warn_of_certificates(config, &config->gateways[i].self, cred,
			warnings);
	if (config->host && !io_credentials_has(cred, str_from(config->host)))
		buf_printf(warnings, "%s: no certificate for the host %s: SIP "
			"servers will not trust it\n", config->file, config->host);
	*ret_credentials = cred;
	return 0;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_list(const char *const *a, const char *const *b)
{
	size_t i = 0;

	for (; a && b && a[i] && b[i]; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return (a ? a[i] : NULL) == (b ? b[i] : NULL);
}

/** Some options are read once: say so instead of leaving it a riddle. */
static void warn_of_restart(struct node *n, const struct config *now)
{
	const struct config *was = n->snapshot->config;
	const struct {
		const char *name;
		bool same;
	} fixed[] = {
		{ "data", same_text(was->data, now->data) },
		{ "control", same_text(was->control, now->control) },
		{ "node", same_text(was->node, now->node) },
		{ "dns_servers", same_list(was->dns_servers, now->dns_servers) },
		{ "dns_trust_anchor", same_text(was->dns_trust_anchor,
			now->dns_trust_anchor) },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!fixed[i].same)
			log_event(n->log, STOX_LOG_WARN, "core", 0,
				"needs-restart", "option=%s", fixed[i].name);
}

int node_reload(struct node *n, struct config *config,
	struct io_credentials *credentials, struct buf *why)
{
	struct io_credentials *old = n->credentials;
	struct listen_change *change = listen_begin(n, config, why);

	if (!change)
		return -STOX_EINVAL;
	warn_of_restart(n, config);
	n->credentials = io_credentials_ref(credentials);
	if (adopt(n, config, why) < 0) {
		io_credentials_unref(&n->credentials);
		n->credentials = old;
		listen_end(&change, false);
		return -STOX_EINVAL;
	}
	listen_end(&change, true);
	io_credentials_unref(&old);
	certificates_watch(n->certificates, n->credentials);
	log_event(n->log, STOX_LOG_INFO, "core", 0, "reloaded", "file=%s",
		config->file);
	return 0;
}

/* ---- life ---------------------------------------------------------------------- */

static int open_store(struct node *n, const char *database, struct buf *why)
{
	char path[4096];
	const struct store_config c = { path, true };
	struct buf secret;
	uint8_t bytes[32];
	char hex[65];
	int error;

	if (database)
		snprintf(path, sizeof(path), "%s", database);
	else
		snprintf(path, sizeof(path), "%s/stox.sqlite",
			n->snapshot->config->data);
	n->store = store_open(n->env, n->log, &c, why);
	if (!n->store)
		return -STOX_EIO;
	rand_bytes(io_rand(n->env), bytes, sizeof(bytes));
	str_hex(bytes, sizeof(bytes), hex);
	buf_init(&secret, 256, NULL);
	error = store_meta_init(n->store, "dialback_secret", str_from(hex),
		&secret);
	if (!error) {
		buf_add_char(&secret, '\0');
		n->dialback_secret = base_strdup(secret.data);
	} else {
		buf_add_text(why, "the store cannot keep the dialback secret");
	}
	buf_free(&secret);
	return error;
}

static void drained(void *arg);

static void make_tables(struct node *n)
{
	uint8_t key[16];

	rand_bytes(io_rand(n->env), key, sizeof(key));
	n->exchanges = handles_new();
	n->waits = handles_new();
	n->session_handles = handles_new();
	n->lanes = table_new(key);
	n->crowds = table_new(key);
	n->by_stanza_id = table_new(key);
	n->sessions = sessions_new(n);
	n->spellings = spellings_new(n);
	n->pairs = pairs_new(n);
	n->counted = counts_new(n);
	n->partners = partners_new(n);
	n->loops = loops_new(n);
	n->reach = reach_new(n);
	n->documents = xml_documents_new(n->limits);
	timer_init(&n->drain_limit, drained, n);
	timer_init(&n->linger, drained, n);
}

struct node *node_new(const struct node_config *c, struct buf *why)
{
	struct node *n = base_alloc0(sizeof(*n));

	stox_require(core_api_table[0]); /* keeps them all in the program */
	n->env = c->env;
	n->log = c->log;
	n->limits = c->limits;
	n->budget = c->budget;
	n->budget->spare_max = SPARE_POOLS;
	n->plugins = c->plugins;
	n->credentials = io_credentials_ref(c->credentials);
	n->started_ms = io_now_ms(c->env);
	snprintf(n->node_id, sizeof(n->node_id), "%s", c->config->node);
	make_tables(n);
	n->certificates = certificates_new(n->env, n->log);
	if (adopt(n, c->config, why) < 0 ||
		open_store(n, c->database, why) < 0 ||
		sessions_start(n->sessions, why) < 0)
		goto failed;
	n->routes = routes_new(n, why);
	if (!n->routes)
		goto failed;
	n->xmpp = xmpp_new(n->env, n->log, n->limits, n->budget,
		&route_xmpp_events, n);
	n->sip = sip_new(n->env, n->log, n->limits, n->budget,
		&route_sip_events, n);
	apply(n);
	if (listen_all(n, why) < 0)
		goto failed;
	certificates_watch(n->certificates, n->credentials);
	sessions_restore(n->sessions);
	return n;
failed:
	node_free(&n);
	return NULL;
}

static void free_rest(struct node *n)
{
	if (n->exchanges)
		exchange_end_all(n);
	xmpp_free(&n->xmpp);
	sip_free(&n->sip);
	timer_stop(io_timers(n->env), &n->drain_limit);
	timer_stop(io_timers(n->env), &n->linger);
	sessions_free(&n->sessions);
	spellings_free(&n->spellings);
	routes_free(&n->routes);
	pairs_free(&n->pairs);
	counts_free(&n->counted);
	partners_free(&n->partners);
	loops_free(&n->loops);
	reach_free(&n->reach);
	xml_documents_free(&n->documents);
	for (size_t i = 0; i < n->host_count; i++)
		host_free(&n->hosts[i]);
	free(n->hosts);
	snapshot_unref(&n->snapshot);
	certificates_free(&n->certificates);
	io_credentials_unref(&n->credentials);
	budget_clear(n->budget);
	handles_free(&n->exchanges);
	handles_free(&n->waits);
	handles_free(&n->session_handles);
	table_free(&n->lanes);
	crowds_free(n);
	table_free(&n->by_stanza_id);
	free(n->dialback_secret);
	free(n);
}

void node_free(struct node **n)
{
	struct node *old = *n;

	*n = NULL;
	if (!old)
		return;
	if (old->sessions && old->store)
		sessions_save(old->sessions);
	store_close(&old->store);
	free_rest(old);
}

void node_kill(struct node **n)
{
	struct node *old = *n;

	*n = NULL;
	store_drop(&old->store);
	free_rest(old);
}

/* ---- stopping -------------------------------------------------------------------- */

static void side_closed(void *arg)
{
	struct node *n = arg;

	if (--n->closing == 0) {
		log_event(n->log, STOX_LOG_INFO, "core", 0, "stopped", NULL);
		n->stopped(n->stopped_arg);
	}
}

static void close_sides(struct node *n)
{
	n->closing = 2;
	xmpp_shutdown(n->xmpp, side_closed, n);
	sip_shutdown(n->sip, side_closed, n);
}

static void drained(void *arg)
{
	struct node *n = arg;

	timer_stop(io_timers(n->env), &n->drain_limit);
	timer_stop(io_timers(n->env), &n->linger);
	if (!n->hurried && (sessions_stop(n->sessions, true) > 0 ||
			handles_count(n->exchanges) > 0)) {
		n->hurried = true;
		exchange_hurry_all(n);
		timer_start(io_timers(n->env), &n->drain_limit, SAY_MS);
	} else if (n->closing == 0) {
		close_sides(n);
	}
}

void node_exchange_gone(struct node *n)
{
	if (n->stopping && !n->hurried && handles_count(n->exchanges) == 0)
		timer_start(io_timers(n->env), &n->linger, LINGER_MS);
}

void node_stop(struct node *n, void (*stopped)(void *arg), void *arg)
{
	if (n->stopping)
		return;
	n->stopping = true;
	n->stopped = stopped;
	n->stopped_arg = arg;
	log_event(n->log, STOX_LOG_INFO, "core", 0, "stopping",
		"exchanges=%zu", handles_count(n->exchanges));
	xmpp_unlisten(n->xmpp);
	sip_unlisten(n->sip);
	timer_start(io_timers(n->env), &n->drain_limit, DRAIN_MS);
	reach_stop(n->reach);
	sessions_stop(n->sessions, false);
	node_exchange_gone(n);
}
