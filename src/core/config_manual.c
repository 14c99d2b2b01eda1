/*
 * config_manual.c: the option tables as the reference part of the manual.
 */
#include "core/config_private.h"

/* Text for troff: a hyphen that stays one, no requests at the begin of a line,
 * each sentence on a line of its own. */
static void add_text(struct buf *out, const char *text)
{
	bool start = true;

	for (; *text; text++) {
		if (start && (*text == '.' || *text == '\''))
			buf_add_text(out, "\\&");
		start = false;
		if (*text == '\\')
			buf_add_text(out, "\\e");
		else if (*text == '-')
			buf_add_text(out, "\\-");
		else if (*text == ' ' && text[-1] == '.') {
			buf_add_char(out, '\n');
			start = true;
			while (text[1] == ' ')
				text++;
		} else
			buf_add_char(out, *text);
	}
	buf_add_char(out, '\n');
}

static const char *type_word(const struct config_option *o)
{
	if (o->syntax == CONFIG_TABLE)
		return "table";
	switch (o->option.type) {
	case STOX_BOOL:
		return "true or false";
	case STOX_INT:
		return "number";
	case STOX_STRING:
		return "text";
	case STOX_WORD:
		return "word";
	case STOX_STRINGS:
	case STOX_URIS:
		return "list";
	}
	return "";
}

static void add_words(struct buf *out, const char *const *words)
{
	buf_add_text(out, "One of ");
	for (size_t i = 0; words[i]; i++) {
		if (i > 0)
			buf_add_text(out, words[i + 1] ? ", " : " and ");
		buf_printf(out, "\\(dq%s\\(dq", words[i]);
	}
	buf_add_text(out, ".\n");
}

static void add_range(struct buf *out, const struct stox_option *o)
{
	if (o->min == 0 && o->max == 0 && !o->unit)
		return;
	buf_add_text(out, "A whole number");
	if (o->min != 0 || o->max != 0)
		buf_printf(out, " from %lld to %lld", (long long)o->min,
			(long long)o->max);
	if (o->unit && *o->unit)
		buf_printf(out, ", in %s", o->unit);
	buf_add_text(out, ".\n");
}

static void add_list(struct buf *out, const char *value)
{
	struct str rest = str_from(value);
	const char *separator = " ";

	buf_add_char(out, '{');
	while (*value && rest.p) {
		struct str item = str_trim(str_cut(&rest, ','));

		buf_printf(
			out, "%s\\(dq%.*s\\(dq", separator, STR_FMT(item));
		separator = ", ";
	}
	buf_add_text(out, " }");
}

static void add_default(struct buf *out, const struct stox_option *o)
{
	if (!o->value)
		return;
	buf_add_text(out, "Default: ");
	if (o->type == STOX_STRINGS || o->type == STOX_URIS)
		add_list(out, o->value);
	else if (o->type == STOX_STRING || o->type == STOX_WORD)
		buf_printf(out, "\\(dq%s\\(dq", o->value);
	else
		buf_add_text(out, o->value);
	buf_add_text(out, ".\n");
}

static void add_option(
	struct buf *out, const char *prefix, const struct config_option *o)
{
	buf_printf(out, ".TP\n.BR %s%s \" (%s)\"\n", prefix, o->option.name,
		type_word(o));
	add_text(out, o->option.help);
	if (o->option.type == STOX_WORD)
		add_words(out, o->option.words);
	if (o->option.type == STOX_INT)
		add_range(out, &o->option);
	add_default(out, &o->option);
}

static void add_table(struct buf *out, const struct config_option *table)
{
	for (size_t i = 0; table[i].option.name; i++)
		add_option(out, "", &table[i]);
}

static void add_scope(struct buf *out, unsigned scope)
{
	static const struct {
		enum stox_scope scope;
		const char *name;
	} places[] = {
		{STOX_GLOBAL, "in the global section"},
		{STOX_DOMAIN, "in a SipDomain or Gateway"},
		{STOX_PARTNER, "in an XmppDomain"},
	};
	const char *separator = "May stand ";

	if (scope == 0)
		scope = STOX_GLOBAL;
	for (size_t i = 0; i < 3; i++)
		if (scope & places[i].scope) {
			buf_printf(out, "%s%s", separator, places[i].name);
			separator = ", ";
		}
	buf_add_text(out, ".\n");
}

static void add_plugin(struct buf *out, const struct stox_plugin *plugin)
{
	const char *prefix;
	struct pool *pool = pool_new(NULL);

	buf_printf(out, ".SS Plugin %s\n", plugin->name);
	add_text(out, plugin->summary);
	prefix = pool_printf(pool, "%s_", plugin->name);
	for (size_t i = 0; plugin->options && plugin->options[i].name; i++) {
		struct config_option o = {.option = plugin->options[i]};

		add_option(out, prefix, &o);
		add_scope(out, o.option.scope);
	}
	pool_free(&pool);
}

void config_manual(struct buf *out, const struct stox_plugin *const *plugins)
{
	buf_add_text(out, ".SS Global options\n");
	add_table(out, config_global_options);
	buf_add_text(out, ".SS In a SipDomain\n");
	add_table(out, config_sip_options);
	buf_add_text(out, ".SS In a Gateway\n");
	add_table(out, config_gateway_options);
	buf_add_text(out, ".SS Fields of component\n");
	add_table(out, config_component_options);
	buf_add_text(out, ".SS In an XmppDomain\n");
	add_table(out, config_xmpp_options);
	for (; plugins && *plugins; plugins++)
		add_plugin(out, *plugins);
}
