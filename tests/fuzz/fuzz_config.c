/*
 * Any text as a configuration: it loads, or it says why not.
 */
#include <stdint.h>

#include "core/config.h"

static const char *const words[] = {"light", "dark", NULL};
static const struct stox_option options[] = {
	{"shade", STOX_WORD, NULL, "light", 0, 0, words,
		STOX_GLOBAL | STOX_DOMAIN, "How bright it is."},
	{"wait", STOX_INT, "s", "30", 1, 300, NULL, STOX_GLOBAL | STOX_PARTNER,
		"How long it takes."},
	{"flag", STOX_BOOL, NULL, "false", 0, 0, NULL, 0, "Whether it is up."},
	{"names", STOX_STRINGS, NULL, "a, b", 0, 0, NULL, 7, "Its names."},
	{0}};
static const struct stox_plugin toy = {
	.abi = STOX_ABI,
	.size = sizeof(struct stox_plugin),
	.name = "toy",
	.summary = "A plugin to test with.",
	.options = options,
};
const struct stox_plugin *const core_plugin_table[] = {&toy, NULL};

/* What a snapshot promises, whatever was written. */
static void check(const struct config *c)
{
	stox_require(c->data && c->control && c->node && c->sip_port > 0);
	stox_require(c->sip_domain_count == 0 || c->host);
	for (size_t i = 0; i < c->sip_domain_count; i++) {
		const struct config_sip_domain *d = &c->sip_domains[i];

		stox_require(d->partner.dialect);
		stox_require(
			!d->local.component_host || d->local.component_secret);
		stox_require(
			table_get(c->by_domain_sip, str_from(d->domain)) == d);
		stox_require(
			!table_get(c->by_ascii_xmpp, str_from(d->sip_domain)));
	}
	for (size_t i = 0; i < c->xmpp_domain_count; i++) {
		const struct config_xmpp_domain *d = &c->xmpp_domains[i];

		stox_require(d->partner.dialback ||
			     (d->partner.sasl != XMPP_OFF &&
				     d->partner.tls != XMPP_OFF));
	}
	for (size_t i = 0; c->plugin_count > 0 && options[i].name; i++) {
		const struct config_value *v = config_plugin_value(c,
			c->sip_domain_count ? c->sip_domains : NULL,
			c->xmpp_domain_count ? c->xmpp_domains : NULL,
			&options[i]);

		stox_require(v && v->set);
	}
}

/* Every line begins with a place; nothing else may come out. */
static void check_lines(struct str text)
{
	while (text.len > 0) {
		struct str line = str_cut(&text, '\n');

		stox_require(text.p && !str_has_control(line));
		stox_require(memmem(line.p, line.len, ": ", 2));
		stox_require(memmem(line.p, line.len, "expected", 8) ||
			     memmem(line.p, line.len, "there are more", 14));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plugins *plugins;
	struct config *c = NULL;
	struct buf errors, warnings;
	int rc;

	/* patterns from the root folder would walk this machine */
	if (size > 1 << 16 || memmem(data, size, "/*", 2) ||
		memmem(data, size, "/?", 2) || memmem(data, size, "/[", 2))
		return 0;
	plugins = plugins_new(NULL);
	buf_init(&errors, 1 << 20, NULL);
	buf_init(&warnings, 1 << 20, NULL);
	rc = config_load_text("/nonexistent/stox.cfg.lua",
		(struct str){(const char *)data, size}, plugins, &c, &errors,
		&warnings);
	stox_require((rc == 0) == (errors.len == 0));
	stox_require((rc == 0) == (c != NULL));
	check_lines(buf_str(&errors));
	check_lines(buf_str(&warnings));
	if (c)
		check(c);
	config_unref(&c);
	plugins_free(&plugins);
	buf_free(&errors);
	buf_free(&warnings);
	return 0;
}
