/*
 * config_value.c: one raw value, or one default, to one typed value.
 */
#include "core/config_private.h"

/* ---- what would be right ------------------------------------------------ */

static const char *expected_text(enum config_syntax syntax)
{
	switch (syntax) {
	case CONFIG_ANY:
	case CONFIG_SECRET:
		return "a text in quotes";
	case CONFIG_PATH:
		return "a path in quotes";
	case CONFIG_FQDN:
		return "a full host name, \"gw.example.org\"";
	case CONFIG_HOST:
		return "a host name or an address, without a port";
	case CONFIG_TARGET:
		return "\"host\" or \"host:port\"";
	case CONFIG_LISTEN:
		return "\"address:port\", \"[address]:port\" or \"*:port\"";
	case CONFIG_DOMAIN:
		return "a domain, \"example.org\"";
	case CONFIG_SERVER:
		return "\"address\" or \"address@port\"";
	case CONFIG_NODE:
		return "1 to 8 small letters and digits";
	case CONFIG_URI:
		return "a URI, \"mailto:abuse@example.org\"";
	case CONFIG_FILE_NAME:
		return "a name without folders";
	case CONFIG_PLUGIN:
		return "a name of small letters, digits and _";
	case CONFIG_USER:
		return "the part of an address before the @, * for anything";
	case CONFIG_TABLE:
		return "{ name = value }";
	}
	return "";
}

static const char *expected_word(struct pool *pool, const char *const *words)
{
	const char *text = "";

	for (size_t i = 0; words[i]; i++)
		text = pool_printf(pool, "%s%s\"%s\"", text,
			i == 0	       ? ""
			: words[i + 1] ? ", "
				       : " or ",
			words[i]);
	return text;
}

static const char *expected_int(struct pool *pool, const struct stox_option *o)
{
	const char *in = o->unit && *o->unit ? ", in " : "";
	const char *unit = *in ? o->unit : "";

	if (o->min == 0 && o->max == 0)
		return pool_printf(pool, "a whole number%s%s", in, unit);
	return pool_printf(pool, "a whole number from %lld to %lld%s%s",
		(long long)o->min, (long long)o->max, in, unit);
}

const char *config_expected(struct pool *pool, const struct config_kind *kind)
{
	const struct stox_option *o = kind->option;

	if (kind->syntax == CONFIG_TABLE)
		return expected_text(kind->syntax);
	switch (o->type) {
	case STOX_BOOL:
		return "true or false";
	case STOX_INT:
		return expected_int(pool, o);
	case STOX_STRING:
		return expected_text(kind->syntax);
	case STOX_WORD:
		return expected_word(pool, o->words);
	case STOX_STRINGS:
	case STOX_URIS:
		return pool_printf(pool, "a list { … }, each item %s",
			expected_text(kind->syntax));
	}
	return "";
}

/* ---- reading ------------------------------------------------------------ */

/* One value under check: what the functions below share. */
struct reading {
	struct config_load *load;
	const struct config_kind *kind;
	const struct config_raw_option *raw;
	struct config_place place;     /* of the value, or of the whole list */
	const struct config_raw *item; /* of a list, else NULL */
};

/* Looked up in the text only when something is wrong: lists may be long. */
static struct config_place place_of(const struct reading *r)
{
	return r->item && !config_report_full(r->load->report)
		? config_item_place(r->raw, r->item)
		: r->place;
}

static bool refuse(const struct reading *r, const struct config_raw *value,
	const char *hint)
{
	struct pool *pool = r->load->pool;
	bool secret = r->kind->syntax == CONFIG_SECRET;

	config_error(r->load->report, place_of(r), "%s is %s; %sexpected %s",
		r->kind->name,
		secret && value->type != CONFIG_RAW_BOOL
			? "not a usable text"
			: config_raw_describe(value, pool),
		hint, config_expected(pool, r->kind));
	return false;
}

static bool read_bool(const struct reading *r, const struct config_raw *value,
	struct config_value *ret)
{
	if (value->type == CONFIG_RAW_TEXT &&
		(str_is(value->text, "true") || str_is(value->text, "false")))
		return refuse(r, value, "leave the quotes out; ");
	if (value->type != CONFIG_RAW_BOOL)
		return refuse(r, value, "");
	ret->boolean = value->boolean;
	return true;
}

/* "30 s" and "30": the number is there, in a form that we do not take. */
static const char *number_hint(const struct config_raw *value)
{
	if (value->type != CONFIG_RAW_TEXT || value->text.len == 0 ||
		value->text.p[0] < '0' || value->text.p[0] > '9')
		return "";
	for (size_t i = 1; i < value->text.len; i++)
		if (value->text.p[i] < '0' || value->text.p[i] > '9')
			return "write the number alone, without quotes and "
			       "unit; ";
	return "leave the quotes out; ";
}

static bool read_int(const struct reading *r, const struct config_raw *value,
	struct config_value *ret)
{
	const struct stox_option *o = r->kind->option;
	bool whole = value->type == CONFIG_RAW_INT ||
		     (value->type == CONFIG_RAW_FLOAT && value->real < 1e15 &&
			     value->real > -1e15 &&
			     (double)(int64_t)value->real == value->real);
	int64_t n = value->type == CONFIG_RAW_INT || !whole
			    ? value->integer
			    : (int64_t)value->real;

	if (!whole)
		return refuse(r, value, number_hint(value));
	if ((o->min != 0 || o->max != 0) && (n < o->min || n > o->max))
		return refuse(r, value, "");
	ret->number = n;
	return true;
}

static bool read_word(const struct reading *r, const struct config_raw *value,
	struct config_value *ret)
{
	struct pool *pool = r->load->pool;
	const char *const *words = r->kind->option->words;
	struct config_guess guess;

	if (value->type != CONFIG_RAW_TEXT)
		return refuse(r, value, "");
	config_guess_init(&guess, value->text.p);
	for (; *words; words++) {
		if (str_is(value->text, *words)) {
			ret->string = *words;
			return true;
		}
		config_guess_try(&guess, *words);
	}
	if (!guess.best)
		return refuse(r, value, "");
	return refuse(r, value,
		pool_printf(pool, "did you mean \"%s\"? ", guess.best));
}

/* One text, alone or in a list; its canonical form is kept in the snapshot. */
static const char *read_text(
	const struct reading *r, const struct config_raw *value)
{
	const char *text, *why;

	if (value->type != CONFIG_RAW_TEXT) {
		/* a name without value was reported where it was read */
		if (value->type != CONFIG_RAW_NIL ||
			!config_report_has(r->load->report, r->place.source,
				r->raw->place.line, r->raw->last_line))
			refuse(r, value, "");
		return NULL;
	}
	if (str_has_control(value->text) || !str_is_utf8(value->text)) {
		config_error(r->load->report, place_of(r),
			"%s holds control "
			"characters or is not UTF-8; expected %s",
			r->kind->name, config_expected(r->load->pool, r->kind));
		return NULL;
	}
	why = config_syntax_check(r->load->config->pool, r->kind->syntax,
		r->place.source->name, value->text.p, &text);
	if (!why)
		return text;
	refuse(r, value, *why ? pool_printf(r->load->pool, "%s; ", why) : "");
	return NULL;
}

static bool read_item(const struct reading *list,
	const struct config_raw *value, size_t index, const char **ret)
{
	struct pool *pool = list->load->pool;
	struct stox_option option = *list->kind->option;
	struct config_kind kind = {
		.name = pool_printf(
			pool, "%s, item %zu,", list->kind->name, index + 1),
		.option = &option,
		.syntax = list->kind->syntax,
	};
	struct reading r = {
		list->load, &kind, list->raw, list->place, value};

	option.type = STOX_STRING;
	*ret = read_text(&r, value);
	return *ret;
}

static bool read_list(const struct reading *r, const struct config_raw *value,
	struct config_value *ret)
{
	const char **items;
	bool good = true;

	/* one text is a list of one */
	if (value->type == CONFIG_RAW_TEXT) {
		items = pool_alloc0(r->load->config->pool, 2 * sizeof(*items));
		items[0] = read_text(r, value);
		ret->items = items;
		return items[0];
	}
	if (value->type != CONFIG_RAW_TABLE)
		return refuse(r, value, "");
	if (value->field_count > 0) {
		const char *name = value->fields[0].name;

		config_error(r->load->report, config_field_place(r->raw, name),
			"%s has a field %s; expected %s", r->kind->name, name,
			config_expected(r->load->pool, r->kind));
		return false;
	}
	items = pool_alloc0(r->load->config->pool,
		(value->item_count + 1) * sizeof(*items));
	for (size_t i = 0; i < value->item_count; i++)
		if (!read_item(r, &value->items[i], i, &items[i]))
			good = false;
	ret->items = items;
	return good;
}

static bool read_any(const struct reading *r, const struct config_raw *value,
	struct config_value *ret)
{
	switch (r->kind->option->type) {
	case STOX_BOOL:
		return read_bool(r, value, ret);
	case STOX_INT:
		return read_int(r, value, ret);
	case STOX_STRING:
		ret->string = read_text(r, value);
		return ret->string;
	case STOX_WORD:
		return read_word(r, value, ret);
	case STOX_STRINGS:
	case STOX_URIS:
		return read_list(r, value, ret);
	}
	return false;
}

bool config_value_read(struct config_load *l, const struct config_kind *kind,
	const struct config_raw_option *raw, const struct config_raw *value,
	struct config_place place, struct config_value *ret)
{
	struct reading r = {l, kind, raw, place, NULL};
	struct config_value read = {.set = true, .line = place.line};

	if (!read_any(&r, value, &read))
		return false;
	read.file = pool_strdup(l->config->pool, place.source->name);
	*ret = read;
	return true;
}

/* ---- defaults ----------------------------------------------------------- */

static const char *const *default_list(struct pool *pool, const char *text)
{
	struct str rest = str_from(text);
	const char **items;
	size_t count = 2, n = 0;

	for (const char *p = text; *p; p++)
		count += *p == ',';
	items = pool_alloc0(pool, count * sizeof(*items));
	while (rest.p) {
		struct str item = str_trim(str_cut(&rest, ','));

		if (item.len > 0)
			items[n++] = pool_strndup(pool, item.p, item.len);
	}
	return items;
}

static int default_int(const struct stox_option *o, int64_t *ret)
{
	bool negative = o->value[0] == '-';
	uint64_t n;
	int64_t number;

	if (str_to_u64(str_from(o->value + negative), INT64_MAX, &n) < 0)
		return -STOX_EINVAL;
	number = negative ? -(int64_t)n : (int64_t)n;
	if ((o->min != 0 || o->max != 0) &&
		(number < o->min || number > o->max))
		return -STOX_EINVAL;
	*ret = number;
	return 0;
}

int config_value_default(struct pool *pool, const struct stox_option *o,
	struct config_value *ret)
{
	struct config_value v = {.set = o->value};
	int rc = 0;

	if (o->value) {
		switch (o->type) {
		case STOX_BOOL:
			v.boolean = strcmp(o->value, "true") == 0;
			if (!v.boolean && strcmp(o->value, "false") != 0)
				rc = -STOX_EINVAL;
			break;
		case STOX_INT:
			rc = default_int(o, &v.number);
			break;
		case STOX_STRING:
			v.string = o->value;
			break;
		case STOX_WORD:
			for (size_t i = 0; o->words[i]; i++)
				if (strcmp(o->words[i], o->value) == 0)
					v.string = o->words[i];
			if (!v.string)
				rc = -STOX_EINVAL;
			break;
		case STOX_STRINGS:
		case STOX_URIS:
			v.items = default_list(pool, o->value);
			break;
		}
	}
	if (rc == 0)
		*ret = v;
	return rc;
}
