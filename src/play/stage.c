#include "play/stage.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOG_MAX = 16 << 20 };

/* The wall clock of every play begins here: 2026-01-02T03:04:05Z. */
static const uint64_t DAWN_US = 1767323045000000;
static const char NODE_ADDRESS[] = "192.0.2.1";

static const char USUAL_CONFIG[] =
	"host = 'gw.example.net'\n"
	"SipDomain 'contoso.com'\n"
	"	front_end = 'fe.contoso.com'\n"
	"XmppDomain 'example.org'\n"
	"Global()\n";

static void log_line(void *arg, enum stox_level level, const char *line)
{
	struct stage *s = arg;

	(void)level;
	buf_add_text(&s->log_text, line);
	buf_add_char(&s->log_text, '\n');
	if (s->options->verbose)
		printf("# %s\n", line);
}

/** The plugins line, as the configuration writes it. */
static void add_plugins(struct buf *out, const char *names)
{
	struct str rest = str_from(names ? names
		: "message disco ping version time last contact vcard gateway presence");

	buf_add_text(out, "plugins = {");
	while (rest.p) {
		struct str name = str_cut(&rest, ' ');

		if (name.len)
			buf_printf(out, " '%.*s',", STR_FMT(name));
	}
	buf_add_text(out, " }\n");
}

static struct config *read_config(struct stage *s, const char *text,
	struct buf *why)
{
	struct buf all, warnings;
	struct config *c = NULL;

	buf_init(&all, 1 << 20, NULL);
	buf_init(&warnings, 1 << 20, NULL);
	if (!text || !strstr(text, "plugins ="))
		add_plugins(&all, s->play->plugins);
	buf_add_text(&all, "log_level = 'debug'\nplugin_path = {");
	for (const char *const *f = s->options->plugin_path; f && *f; f++)
		buf_printf(&all, " [==[%s]==],", *f);
	buf_add_text(&all, " }\n");
	buf_add_text(&all, text ? text : USUAL_CONFIG);
	if (s->play->more_config)
		buf_printf(&all, "\n%s\n", s->play->more_config);
	config_load_text(s->play->file, buf_str(&all), s->plugins, &c, why,
		&warnings);
	buf_free(&all);
	buf_free(&warnings);
	return c;
}

/* ---- peers ------------------------------------------------------------------ */

/** The domains for which the server at @address is to host stox. */
static const char *const *hosted_at(struct stage *s, const char *address)
{
	const struct config *c = s->config;
	const char **names = pool_alloc0(s->pool,
		(c->local_count + 1) * sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < c->local_count; i++)
		if (c->locals[i].component_host &&
			strcmp(c->locals[i].component_host, address) == 0)
			names[n++] = c->locals[i].domain;
	return n > 0 ? names : NULL;
}

/** @shown: the name in its certificate; NULL: its own. */
static struct peer *add_peer(struct stage *s, const char *domain,
	const char *ascii, const char *shown, bool sip)
{
	struct peer *p = pool_alloc0(s->pool, sizeof(*p));
	unsigned n = sip ? 20 : 10;
	const char *const names[] = {
		pool_printf(s->pool, "dns:%s", shown ? shown : ascii),
		pool_printf(s->pool, "dns:fe.%s", ascii), NULL };
	const char *host;

	list_each (it, tmp, &s->peers)
		n += container_of(it, struct peer, node)->is_sip == sip;
	p->domain = pool_strdup(s->pool, domain);
	p->ascii = pool_strdup(s->pool, ascii);
	p->shown = shown ? pool_strdup(s->pool, shown) : p->ascii;
	p->address = pool_printf(s->pool, "192.0.2.%u", n);
	p->is_sip = sip;
	p->hosted = sip ? NULL : hosted_at(s, p->address);
	p->credentials = io_mem_credentials(names, true);
	p->documents = s->options->documents;
	p->stox_address = NODE_ADDRESS;
	p->stox_port = sip ? 5061 : 5269;
	host = pool_printf(s->pool, "%s.%s", sip ? "fe" : "xmpp", ascii);
	io_world_dns(s->world, host, IO_DNS_A, p->address);
	io_world_dns(s->world, pool_printf(s->pool, "%s.%s",
			sip ? "_sips._tcp" : "_xmpp-server._tcp", ascii),
		IO_DNS_SRV, pool_printf(s->pool, "0 0 %u %s", sip ? 5061 : 5269,
			host));
	peer_open(p, s->world);
	list_append(&s->peers, &p->node);
	return p;
}

static void add_peers(struct stage *s)
{
	const struct config *c = s->config;

	for (size_t i = 0; i < c->sip_domain_count; i++)
		add_peer(s, c->sip_domains[i].domain,
			c->sip_domains[i].sip_domain, NULL, true);
	for (size_t i = 0; i < c->xmpp_domain_count; i++)
		add_peer(s, c->xmpp_domains[i].domain,
			c->xmpp_domains[i].sip_domain, NULL, false);
	for (size_t i = 0; i < s->play->domain_count; i++) {
		struct str rest = str_from(s->play->domains[i]);
		struct str side = str_cut(&rest, ' ');
		struct str name = str_cut(&rest, ' ');
		const char *domain = pool_strndup(s->pool, name.p, name.len);

		if (rest.p && !str_is(str_cut(&rest, ' '), "as"))
			rest.p = NULL;
		add_peer(s, domain, domain, rest.p, str_is(side, "sip"));
	}
}

/* What else the streams of a server can do. */
static void add_offers(struct stage *s)
{
	for (size_t i = 0; i < s->play->offer_count; i++) {
		struct str rest = str_from(s->play->offers[i]);
		struct str name = str_cut(&rest, ' ');
		struct peer *p = stage_peer(s,
			pool_strndup(s->pool, name.p, name.len));

		while (p && rest.p) {
			struct str word = str_cut(&rest, ' ');

			p->offers_bidi |= str_is(word, "bidi");
			p->offers_acks |= str_is(word, "acks");
		}
	}
}

struct peer *stage_peer(struct stage *s, const char *actor)
{
	const char *at = strchr(actor, '@');
	struct str domain = str_from(at ? at + 1 : actor);

	domain = str_cut(&domain, '/');
	list_each (it, tmp, &s->peers) {
		struct peer *p = container_of(it, struct peer, node);

		if (str_is(domain, p->domain))
			return p;
	}
	return NULL;
}

/* ---- the node ------------------------------------------------------------------ */

static void add_credentials(struct stage *s)
{
	const struct config *c = s->config;
	const char *names[2] = { "dns:gw.example.net", NULL };

	s->credentials = io_mem_credentials(names, true);
	for (size_t i = 0; i < c->local_count; i++) {
		names[0] = pool_printf(s->pool, "dns:%s", c->locals[i].domain);
		io_mem_credentials_add(s->credentials, names);
	}
}

static bool start_node(struct stage *s, struct buf *why)
{
	const struct io_env_config ec = { &s->log, &s->limits, &s->budget, NULL,
		NULL };
	const char *database = *s->folder
		? pool_printf(s->pool, "%s/stox.sqlite", s->folder) : ":memory:";
	struct node_config nc = { .log = &s->log, .limits = &s->limits,
		.budget = &s->budget, .plugins = s->plugins, .config = s->config,
		.credentials = s->credentials, .database = database };

	s->env = io_mem_new(s->world, NODE_ADDRESS, &ec);
	nc.env = s->env;
	s->node = node_new(&nc, why);
	return s->node != NULL;
}

/* In memory where there is such a folder: what outlives a node that dies need
 * not outlive the machine, and no disk is waited for. */
static bool make_folder(struct stage *s)
{
	snprintf(s->folder, sizeof(s->folder), "/dev/shm/stox-play-XXXXXX");
	if (mkdtemp(s->folder))
		return true;
	snprintf(s->folder, sizeof(s->folder), "/tmp/stox-play-XXXXXX");
	return mkdtemp(s->folder) != NULL;
}

bool stage_open(struct stage *s, const struct play *p,
	const struct play_options *o, bool on_disk, struct buf *why)
{
	memset(s, 0, sizeof(*s));
	s->play = p;
	s->options = o;
	s->pool = pool_new(NULL);
	list_init(&s->peers);
	list_init(&s->ledger);
	buf_init(&s->log_text, LOG_MAX, NULL);
	s->log = (struct log){ .level = STOX_LOG_DEBUG, .sink = log_line,
		.sink_arg = s };
	limits_init(&s->limits);
	s->world = io_world_new(DAWN_US, o->seed);
	s->plugins = plugins_new(o->plugin_path);
	if (on_disk && !make_folder(s)) {
		buf_add_text(why, "no temporary folder");
		return false;
	}
	s->config = read_config(s, p->config, why);
	if (!s->config)
		return false;
	add_peers(s);
	add_offers(s);
	add_credentials(s);
	if (!start_node(s, why))
		return false;
	stage_settle(s);
	return true;
}

static void remove_folder(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	char path[512];

	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	rmdir(folder);
}

void stage_close(struct stage *s)
{
	if (s->node)
		node_free(&s->node);
	if (s->env)
		io_mem_kill(&s->env);
	list_each (it, tmp, &s->peers)
		peer_close(container_of(it, struct peer, node));
	io_credentials_unref(&s->credentials);
	config_unref(&s->config);
	plugins_free(&s->plugins);
	io_world_free(&s->world);
	buf_free(&s->log_text);
	if (*s->folder)
		remove_folder(s->folder);
	pool_free(&s->pool);
}

/* More things at one instant than any play causes: it runs in circles. */
enum { STEPS_AT_ONCE = 1000000 };

void stage_settle(struct stage *s)
{
	stox_require(io_world_step(s->world, STEPS_AT_ONCE) < STEPS_AT_ONCE);
}

bool stage_restart(struct stage *s, struct buf *why)
{
	node_kill(&s->node);
	io_mem_kill(&s->env);
	stage_settle(s);
	if (!start_node(s, why))
		return false;
	stage_settle(s);
	return true;
}

bool stage_reload(struct stage *s, const char *text, struct buf *why)
{
	struct config *c = read_config(s, text, why);
	bool ok;

	if (!c)
		return false;
	ok = node_reload(s->node, c, s->credentials, why) == 0;
	if (ok) {
		config_unref(&s->config);
		s->config = c;
	} else {
		config_unref(&c);
	}
	stage_settle(s);
	return ok;
}

void stage_cut(struct stage *s)
{
	list_each (it, tmp, &s->peers) {
		struct peer *p = container_of(it, struct peer, node);

		io_world_cut(s->world, NODE_ADDRESS, p->address);
	}
	stage_settle(s);
	io_world_heal(s->world);
}
