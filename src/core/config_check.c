/*
 * config_check.c: which option is meant, and may it stand there?
 */
#include "core/config_private.h"

static const char *section_name(enum config_section_type type)
{
	switch (type) {
	case CONFIG_SECTION_GLOBAL:
		return "the global section";
	case CONFIG_SECTION_SIP:
		return "a SipDomain section";
	case CONFIG_SECTION_XMPP:
		return "an XmppDomain section";
	case CONFIG_SECTION_GATEWAY:
		return "a Gateway section";
	case CONFIG_SECTION_PROVIDER:
		return "a Provider section";
	case CONFIG_SECTION_OTHER:
		break;
	}
	return "";
}

static unsigned section_scope(enum config_section_type type)
{
	switch (type) {
	case CONFIG_SECTION_GLOBAL:
		return STOX_GLOBAL;
	case CONFIG_SECTION_SIP:
	case CONFIG_SECTION_GATEWAY:
	case CONFIG_SECTION_PROVIDER:
		return STOX_DOMAIN;
	case CONFIG_SECTION_XMPP:
		return STOX_PARTNER;
	case CONFIG_SECTION_OTHER:
		break;
	}
	return 0;
}

static const enum config_section_type section_types[] = {
	CONFIG_SECTION_GLOBAL, CONFIG_SECTION_SIP, CONFIG_SECTION_XMPP,
	CONFIG_SECTION_GATEWAY, CONFIG_SECTION_PROVIDER};
enum { SECTION_TYPES = sizeof(section_types) / sizeof(*section_types) };

/* ---- core's options ----------------------------------------------------- */

void config_check_core(struct config_load *l, struct config_section *section,
	const struct config_option *table, struct config_value *values)
{
	for (int i = 0; table[i].option.name; i++)
		stox_require(config_value_default(l->config->pool,
				     &table[i].option, &values[i]) == 0);
	for (struct config_raw_option *o = section->options; o; o = o->next) {
		int i = config_option_find(table, o->name);
		struct config_kind kind;

		if (i < 0)
			continue;
		o->known = true;
		kind = (struct config_kind){
			o->name, &table[i].option, table[i].syntax};
		/* tables are read by the function that knows their fields */
		if (kind.syntax == CONFIG_TABLE) {
			if (o->value.type == CONFIG_RAW_TABLE)
				continue;
			config_error(l->report, o->place,
				"%s is %s; expected "
				"%s",
				o->name,
				config_raw_describe(&o->value, l->pool),
				config_expected(l->pool, &kind));
			continue;
		}
		config_value_read(l, &kind, o, &o->value, o->place, &values[i]);
	}
}

static struct config_raw_option *find_raw(
	struct config_section *section, const char *name)
{
	struct config_raw_option *o = section->options;

	while (o && strcmp(o->name, name) != 0)
		o = o->next;
	return o;
}

/* ---- limits ------------------------------------------------------------- */

/* Times become milliseconds of 32 bits in places; 30 days fit. */
static int64_t limit_most(const struct limit_info *info)
{
	if (strcmp(info->unit, "s") == 0)
		return 30 * 86400;
	if (strcmp(info->unit, "ms") == 0)
		return (int64_t)30 * 86400 * 1000;
	if (strcmp(info->unit, "bytes") == 0)
		return (int64_t)1 << 40;
	return 1000000000;
}

static int find_limit(const char *name)
{
	for (int i = 0; i < LIMIT_COUNT; i++)
		if (strcmp(limit_info(i)->id, name) == 0)
			return i;
	return -1;
}

static void check_limit(struct config_load *l,
	const struct config_raw_option *o, const struct config_raw_field *field)
{
	struct config_place place = config_field_place(o, field->name);
	int id = find_limit(field->name);
	struct stox_option option = {.type = STOX_INT, .min = 1};
	struct config_kind kind = {
		.name = pool_printf(l->pool, "limits.%s", field->name),
		.option = &option,
	};
	struct config_value value;
	struct config_guess guess;

	if (id < 0) {
		config_guess_init(&guess, field->name);
		for (int i = 0; i < LIMIT_COUNT; i++)
			config_guess_try(&guess, limit_info(i)->id);
		config_error(l->report, place,
			"there is no limit %s; "
			"%sexpected one that \"stoxctl limits\" shows",
			field->name, config_guess_text(&guess, l->pool));
		return;
	}
	option.unit = limit_info(id)->unit;
	option.max = limit_most(limit_info(id));
	if (config_value_read(l, &kind, o, &field->value, place, &value))
		l->config->limits[id] = (uint64_t)value.number;
}

static void check_limits(struct config_load *l)
{
	const struct config_raw_option *o =
		find_raw(l->file.sections, "limits");
	struct limits defaults;

	limits_init(&defaults);
	memcpy(l->config->limits, defaults.value, sizeof(defaults.value));
	if (!o || o->value.type != CONFIG_RAW_TABLE)
		return;
	if (o->value.item_count > 0)
		config_error(l->report, o->place,
			"limits has values without a "
			"name; expected { name = value }");
	for (size_t i = 0; i < o->value.field_count; i++)
		check_limit(l, o, &o->value.fields[i]);
}

/* ---- plugins ------------------------------------------------------------ */

static const char *option_name(struct config_load *l,
	const struct stox_plugin *plugin, const struct stox_option *option)
{
	return pool_printf(l->pool, "%s_%s", plugin->name, option->name);
}

static size_t count_options(const struct stox_plugin *plugin)
{
	size_t n = 0;

	while (plugin->options && plugin->options[n].name)
		n++;
	return n;
}

static const struct stox_option *find_in_plugin(
	const struct stox_plugin *plugin, const char *name)
{
	size_t len = strlen(plugin->name);

	if (strncmp(name, plugin->name, len) != 0 || name[len] != '_')
		return NULL;
	for (size_t i = 0; i < count_options(plugin); i++)
		if (strcmp(plugin->options[i].name, name + len + 1) == 0)
			return &plugin->options[i];
	return NULL;
}

static const struct stox_option *find_plugin_option(
	const struct config *c, const char *name, size_t *ret_plugin)
{
	for (size_t i = 0; i < c->plugin_count; i++) {
		const struct stox_option *option =
			find_in_plugin(c->plugins[i], name);

		if (option) {
			*ret_plugin = i;
			return option;
		}
	}
	return NULL;
}

/* A plugin "sip" with an option "port" would take the place of sip_port. */
static bool check_names(struct config_load *l, const struct stox_plugin *plugin,
	struct config_place place)
{
	bool good = true;

	for (size_t i = 0; i < count_options(plugin); i++) {
		const char *name = option_name(l, plugin, &plugin->options[i]);
		size_t other = 0;

		for (size_t t = 0; t < SECTION_TYPES; t++)
			if (config_option_find(config_options(section_types[t]),
				    name) >= 0) {
				config_error(l->report, place,
					"plugin %s has an "
					"option %s, which is one of core; "
					"expected other names",
					plugin->name, name);
				good = false;
				break;
			}
		if (find_plugin_option(l->config, name, &other)) {
			config_error(l->report, place,
				"plugins %s and %s both "
				"have an option %s; expected only one of them",
				l->config->plugins[other]->name, plugin->name,
				name);
			good = false;
		}
	}
	return good;
}

/* Where item @index of a list option stands; the file's begin for a default. */
static struct config_place list_place(
	struct config_load *l, const char *option, size_t index)
{
	struct config_raw_option *o = find_raw(l->file.sections, option);

	if (!o)
		return l->file.sections->place;
	if (o->value.type == CONFIG_RAW_TABLE && index < o->value.item_count)
		return config_item_place(o, &o->value.items[index]);
	return o->place;
}

static void load_plugin(struct config_load *l, const char *name,
	struct config_place place, const struct stox_plugin **plugins)
{
	const struct stox_plugin *plugin;
	struct buf why;

	for (size_t i = 0; i < l->config->plugin_count; i++)
		if (strcmp(plugins[i]->name, name) == 0) {
			config_error(l->report, place,
				"plugin %s is named "
				"twice; expected once",
				name);
			return;
		}
	buf_init(&why, 4096, NULL);
	plugin = plugins_find(l->plugins, name, &why);
	if (!plugin)
		config_error(l->report, place,
			"plugin %s cannot be used: %.*s; "
			"expected the name of an installed plugin",
			name, STR_FMT(buf_str(&why)));
	else if (check_names(l, plugin, place))
		plugins[l->config->plugin_count++] = plugin;
	buf_free(&why);
}

static struct config_value *const *new_values(struct config *c, bool defaults)
{
	struct config_value **all =
		pool_alloc0(c->pool, (c->plugin_count + 1) * sizeof(*all));

	for (size_t i = 0; i < c->plugin_count; i++) {
		size_t n = c->plugin_option_counts[i];

		if (n == 0)
			continue;
		all[i] = pool_alloc0(c->pool, n * sizeof(**all));
		for (size_t k = 0; defaults && k < n; k++)
			stox_require(config_value_default(c->pool,
					     &c->plugins[i]->options[k],
					     &all[i][k]) == 0);
	}
	return all;
}

static void load_plugins(struct config_load *l)
{
	const struct config_value *names = &l->global[GLOBAL_PLUGINS];
	bool broken = !names->file && find_raw(l->file.sections, "plugins");
	struct config *c = l->config;
	const struct stox_plugin **plugins;
	size_t *counts, n = 0;

	plugins_path(l->plugins, l->global[GLOBAL_PLUGIN_PATH].items);
	while (!broken && names->items[n])
		n++;
	plugins = pool_alloc0(c->pool, (n + 1) * sizeof(struct stox_plugin *));
	c->plugins = plugins;
	for (size_t i = 0; i < n; i++)
		load_plugin(l, names->items[i], list_place(l, "plugins", i),
			plugins);
	counts = pool_alloc0(c->pool, (n + 1) * sizeof(*counts));
	for (size_t i = 0; i < c->plugin_count; i++)
		counts[i] = count_options(c->plugins[i]);
	c->plugin_option_counts = counts;
	c->plugin_values = new_values(c, true);
}

/* ---- unknown and misplaced options -------------------------------------- */

static void guess_option(
	struct config_load *l, const char *name, struct config_guess *guess)
{
	const struct config *c = l->config;

	config_guess_init(guess, name);
	for (size_t t = 0; t < SECTION_TYPES; t++) {
		const struct config_option *table =
			config_options(section_types[t]);

		for (size_t i = 0; table[i].option.name; i++)
			config_guess_try(guess, table[i].option.name);
	}
	for (size_t i = 0; i < c->plugin_count; i++)
		for (size_t k = 0; k < c->plugin_option_counts[i]; k++)
			config_guess_try(
				guess, option_name(l, c->plugins[i],
					       &c->plugins[i]->options[k]));
}

static bool has_prefix(const char *name, struct str plugin)
{
	return plugin.len > 0 && str_starts(str_from(name), plugin) &&
	       name[plugin.len] == '_';
}

/* An option of a plugin that could not be loaded: that was reported. */
static bool is_of_missing_plugin(struct config_load *l, const char *name)
{
	const char *const *p = l->global[GLOBAL_PLUGINS].items;

	for (; *p; p++) {
		bool loaded = false;

		for (size_t i = 0; i < l->config->plugin_count; i++)
			loaded |= strcmp(l->config->plugins[i]->name, *p) == 0;
		if (!loaded && has_prefix(name, str_from(*p)))
			return true;
	}
	return false;
}

/* A bundled plugin that the list leaves out? */
static const char *left_out_hint(struct config_load *l, const char *name)
{
	struct str rest =
		str_from(config_global_options[GLOBAL_PLUGINS].option.value);
	const char *const *p = l->global[GLOBAL_PLUGINS].items;

	while (rest.p) {
		struct str plugin = str_trim(str_cut(&rest, ','));

		if (!has_prefix(name, plugin))
			continue;
		for (; *p; p++)
			if (str_is(plugin, *p))
				return NULL;
		return pool_printf(l->pool, "\"%.*s\" is not in plugins; ",
			STR_FMT(plugin));
	}
	return NULL;
}

static void report_unknown(
	struct config_load *l, const struct config_raw_option *o)
{
	struct config_guess guess;
	const char *hint;

	if (o->value.type == CONFIG_RAW_FUNCTION) {
		config_error(l->report, o->place,
			"%s is a function, no option; "
			"expected local function %s(…)",
			o->name, o->name);
		return;
	}
	if (is_of_missing_plugin(l, o->name))
		return;
	guess_option(l, o->name, &guess);
	hint = left_out_hint(l, o->name);
	config_error(l->report, o->place,
		"there is no option %s; %sexpected one "
		"of core or of a plugin that is loaded",
		o->name, hint ? hint : config_guess_text(&guess, l->pool));
}

static void report_misplaced(struct config_load *l,
	const struct config_raw_option *o, enum config_section_type here,
	const char *there)
{
	const char *hint = strcmp(there, "the global section") == 0
				   ? ": above all sections or after Global()"
				   : "";

	config_error(l->report, o->place,
		"%s does not belong in %s; expected it "
		"in %s%s",
		o->name, section_name(here), there, hint);
}

/* Core's option of another section? */
static const char *other_home(const char *name)
{
	for (size_t t = 0; t < SECTION_TYPES; t++)
		if (config_option_find(
			    config_options(section_types[t]), name) >= 0)
			return section_name(section_types[t]);
	if (config_option_find(config_component_options, name) >= 0)
		return "component = { … } of a SipDomain or Gateway";
	return NULL;
}

static const char *home_of_scope(unsigned scope)
{
	if (scope == 0 || (scope & STOX_GLOBAL))
		return section_name(CONFIG_SECTION_GLOBAL);
	if (scope & STOX_DOMAIN)
		return section_name(CONFIG_SECTION_SIP);
	return section_name(CONFIG_SECTION_XMPP);
}

static void check_plugin_option(struct config_load *l,
	struct config_raw_option *o, enum config_section_type type,
	struct config_value *const *values)
{
	const struct config *c = l->config;
	const struct stox_option *option;
	const char *home = other_home(o->name);
	struct config_kind kind;
	size_t plugin, index;
	unsigned scope;

	if (home) {
		report_misplaced(l, o, type, home);
		return;
	}
	option = find_plugin_option(c, o->name, &plugin);
	if (!option) {
		report_unknown(l, o);
		return;
	}
	scope = option->scope ? option->scope : STOX_GLOBAL;
	if (!(scope & section_scope(type))) {
		report_misplaced(l, o, type, home_of_scope(scope));
		return;
	}
	index = (size_t)(option - c->plugins[plugin]->options);
	kind = (struct config_kind){o->name, option,
		option->type == STOX_URIS ? CONFIG_URI : CONFIG_ANY};
	config_value_read(
		l, &kind, o, &o->value, o->place, &values[plugin][index]);
}

struct config_value *const *config_no_values(struct config *c)
{
	return new_values(c, false);
}

static struct config_value *const *check_plugin_options(struct config_load *l,
	struct config_section *section, struct config_value *const *values)
{
	if (!values)
		values = new_values(l->config, false);
	for (struct config_raw_option *o = section->options; o; o = o->next)
		if (!o->known)
			check_plugin_option(l, o, section->type, values);
	return values;
}

/* ---- all of it ---------------------------------------------------------- */

static size_t count_sections(
	const struct config_load *l, enum config_section_type type)
{
	size_t n = 0;

	for (const struct config_section *s = l->file.sections; s; s = s->next)
		n += s->type == type;
	return n;
}

static void check_sip_section(struct config_load *l, struct config_section *s)
{
	struct config *c = l->config;
	struct config_sip_domain domain = {0};
	bool good = config_sip_section(l, s, &domain);

	domain.section = s->index;
	domain.plugin_values = check_plugin_options(l, s, NULL);
	if (good)
		c->sip_domains[c->sip_domain_count++] = domain;
}

static void check_provider_section(
	struct config_load *l, struct config_section *s)
{
	struct config *c = l->config;
	struct config_sip_domain provider = {0};
	bool good = config_provider_section(l, s, &provider);

	provider.section = s->index;
	provider.plugin_values = check_plugin_options(l, s, NULL);
	if (good)
		c->providers[c->provider_count++] = provider;
}

static void check_xmpp_section(struct config_load *l, struct config_section *s)
{
	struct config *c = l->config;
	struct config_xmpp_domain domain = {0};
	bool good = config_xmpp_section(l, s, &domain);

	domain.plugin_values = check_plugin_options(l, s, NULL);
	if (good)
		c->xmpp_domains[c->xmpp_domain_count++] = domain;
}

static void check_gateway_section(
	struct config_load *l, struct config_section *s)
{
	struct config *c = l->config;
	struct config_gateway gateway = {0};
	bool good = config_gateway_section(l, s, &gateway);

	gateway.self.plugin_values = check_plugin_options(l, s, NULL);
	if (good)
		c->gateways[c->gateway_count++] = gateway;
}

/* The arrays grow no more: who is where can be said. */
static void connect_gateways(struct config_load *l)
{
	struct config *c = l->config;
	struct config_sip_domain *sip = c->sip_domains,
		*provider = c->providers;

	for (const struct config_section *s = l->file.sections; s;
		s = s->next) {
		if (sip < c->sip_domains + c->sip_domain_count &&
			sip->section == s->index)
			config_sip_gateway(l, s, sip++);
		else if (provider < c->providers + c->provider_count &&
			provider->section == s->index)
			config_sip_gateway(l, s, provider++);
	}
}

void config_check(struct config_load *l)
{
	struct config *c = l->config;
	struct config_section *global = l->file.sections;
	size_t sip = count_sections(l, CONFIG_SECTION_SIP);
	size_t xmpp = count_sections(l, CONFIG_SECTION_XMPP);
	size_t gateways = count_sections(l, CONFIG_SECTION_GATEWAY);

	config_check_core(l, global, config_global_options, l->global);
	check_limits(l);
	load_plugins(l);
	check_plugin_options(l, global, c->plugin_values);
	c->sip_domains =
		pool_alloc0(c->pool, (sip + 1) * sizeof(*c->sip_domains));
	c->xmpp_domains =
		pool_alloc0(c->pool, (xmpp + 1) * sizeof(*c->xmpp_domains));
	c->providers = pool_alloc0(c->pool,
		(count_sections(l, CONFIG_SECTION_PROVIDER) + 1) *
			sizeof(*c->providers));
	c->gateways =
		pool_alloc0(c->pool, (gateways + 1) * sizeof(*c->gateways));
	for (struct config_section *s = global; s; s = s->next) {
		if (s->type == CONFIG_SECTION_SIP)
			check_sip_section(l, s);
		else if (s->type == CONFIG_SECTION_XMPP)
			check_xmpp_section(l, s);
		else if (s->type == CONFIG_SECTION_GATEWAY)
			check_gateway_section(l, s);
		else if (s->type == CONFIG_SECTION_PROVIDER)
			check_provider_section(l, s);
	}
	connect_gateways(l);
}
