/*
 * config_private.h: what the files that read a configuration share.
 *
 *     config_lua.c     runs the file: text -> raw sections and options
 *     config_check.c   names and types: raw options -> values, plugins
 *     config_value.c   one raw value or default -> one typed value
 *     config_syntax.c  texts that mean something: addresses, paths, names
 *     config_domain.c  values of a section -> domain and partner records
 *     config_component.c  component = { … } of such a section
 *     config_report.c  collects what is wrong, in the order of the text
 *     config_table.c   the options that core has
 *
 * All raw data lies in one pool that dies when loading is over.
 */
#ifndef CORE_CONFIG_PRIVATE_H
#define CORE_CONFIG_PRIVATE_H

#include "core/config.h"

/* ---- places and reports ------------------------------------------------- */

/** One file that was run. */
struct config_source {
	const char *name;     /* as shown in messages */
	struct str text;
	unsigned index;       /* in the order of opening */
	const size_t *lines;  /* offset of each line in text */
	int line_count;
};
/** The text of a line, without its end; empty when there is no such line. */
struct str config_source_line(const struct config_source *s, int line);
/** The first line from @from to @to with "word =", or 0; with @from above @to
 *  the search goes upwards. */
int config_source_assignment(const struct config_source *s, const char *word,
	int from, int to);
/** The first line from @from to @to that holds @text, or 0. */
int config_source_find(const struct config_source *s, const char *text,
	int from, int to);

struct config_place {
	const struct config_source *source;
	int line;
};

enum { CONFIG_REPORT_MAX = 200 /* of each kind; more help nobody */ };

struct config_note {
	struct config_place place;
	bool warning;
	const char *text;
};
struct config_report {
	struct pool *pool;    /* borrowed */
	struct config_note notes[2 * CONFIG_REPORT_MAX];
	size_t count;         /* of notes */
	size_t errors, warnings; /* all, also those that were not kept */
};
void config_error(struct config_report *r, struct config_place place,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
void config_warning(struct config_report *r, struct config_place place,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
/** No further error will be kept, and there are some: spare the work. */
static inline bool config_report_full(const struct config_report *r)
{
	return r->errors >= CONFIG_REPORT_MAX;
}
/** Is there an error within these lines already? */
bool config_report_has(const struct config_report *r,
	const struct config_source *source, int first, int last);
/** Write errors and warnings, each in the order of the text. */
void config_report_write(const struct config_report *r, struct buf *errors,
	struct buf *warnings);

/** Finds the known word nearest to a misspelt one. */
struct config_guess {
	const char *word;
	const char *best;     /* borrowed; NULL: nothing is near */
	unsigned distance;    /* of best */
};
void config_guess_init(struct config_guess *g, const char *word);
void config_guess_try(struct config_guess *g, const char *known);
/** "did you mean X? " with its blank, or "". */
const char *config_guess_text(const struct config_guess *g, struct pool *pool);

/* ---- raw: what the file said -------------------------------------------- */

enum config_raw_type {
	CONFIG_RAW_NIL,       /* a name without value, a hole in a list */
	CONFIG_RAW_BOOL,
	CONFIG_RAW_INT,
	CONFIG_RAW_FLOAT,
	CONFIG_RAW_TEXT,
	CONFIG_RAW_TABLE,
	CONFIG_RAW_FUNCTION,
};
struct config_raw {
	enum config_raw_type type;
	bool boolean;
	int64_t integer;
	double real;
	struct str text;              /* NUL-terminated, may hold NUL */
	/* table: the items 1 .. item_count, then fields by name */
	struct config_raw *items;
	size_t item_count;
	struct config_raw_field *fields;
	size_t field_count;
};
struct config_raw_field {
	const char *name;             /* "[3]" for a key that is no text */
	struct config_raw value;
};
struct config_raw_option {
	struct config_raw_option *next;
	const char *name;
	struct config_place place;    /* where it begins … */
	int last_line;                /* … and ends */
	struct config_raw value;
	bool known;                   /* some table has it */
};
enum config_section_type {
	CONFIG_SECTION_GLOBAL,
	CONFIG_SECTION_SIP,
	CONFIG_SECTION_XMPP,
	CONFIG_SECTION_GATEWAY,
	CONFIG_SECTION_PROVIDER,
	CONFIG_SECTION_OTHER,         /* refused already: not looked at */
};
struct config_section {
	struct config_section *next;
	enum config_section_type type;
	const char *name;             /* the domain; "" for the global one */
	struct config_place place;
	unsigned index;
	size_t option_count;
	struct config_raw_option *options, **options_end;
};
struct config_file {
	struct config_source *sources;
	struct config_section *sections; /* the global one first */
};
/** Where the field @name, or item @index (from 1), of a table stands: its own
 *  line when it can be found, else that of the option. */
struct config_place config_field_place(const struct config_raw_option *o,
	const char *name);
struct config_place config_item_place(const struct config_raw_option *o,
	const struct config_raw *item);
/** "the text \"x\"", "12", "a list", …: for "NAME is …". */
const char *config_raw_describe(const struct config_raw *v, struct pool *pool);

/**
 * Run the text.  What is wrong with it goes to @report.
 * Returns false when it did not run to its end: then its options are not worth
 * checking.
 */
bool config_run(struct pool *pool, const char *name, struct str text,
	struct config_report *report, struct config_file *ret);
/** Read a regular file of at most a few megabytes into @pool.
 *  Returns 0, or -STOX_EIO with a sentence in *@ret_why. */
int config_read_file(struct pool *pool, const char *path, struct str *ret,
	const char **ret_why);
/** @path, seen from the folder of @file. */
const char *config_path(struct pool *pool, const char *file, const char *path);

/* ---- options ------------------------------------------------------------ */

/** What a text must be, beyond its type. */
enum config_syntax {
	CONFIG_ANY,
	CONFIG_PATH,          /* made absolute to the file that names it */
	CONFIG_FQDN,          /* a host name of our own */
	CONFIG_HOST,          /* host name or address, no port */
	CONFIG_TARGET,        /* "host[:port]" */
	CONFIG_LISTEN,        /* "address:port" or "*:port" */
	CONFIG_DOMAIN,
	CONFIG_SERVER,        /* DNS: "address[@port]" */
	CONFIG_NODE,          /* [a-z0-9]{1,8} */
	CONFIG_URI,           /* "scheme:rest" */
	CONFIG_FILE_NAME,     /* no folders in it */
	CONFIG_PLUGIN,
	CONFIG_SECRET,        /* never shown in a message */
	CONFIG_USER,          /* a local part, * for anything */
	CONFIG_TABLE,         /* name = value pairs, checked by its owner */
};
/** An option of core. */
struct config_option {
	struct stox_option option;
	enum config_syntax syntax;
};
enum config_global {
	GLOBAL_DATA, GLOBAL_CERTIFICATES, GLOBAL_TRUST, GLOBAL_CRL, GLOBAL_HOST,
	GLOBAL_SIP_PORT, GLOBAL_CONTROL, GLOBAL_NODE, GLOBAL_LOG_LEVEL,
	GLOBAL_DNS_SERVERS, GLOBAL_DNS_TRUST_ANCHOR, GLOBAL_XMPP_LISTEN,
	GLOBAL_XMPP_LISTEN_TLS,
	GLOBAL_SIP_LISTEN, GLOBAL_SIP_LISTEN_TCP, GLOBAL_PLUGINS,
	GLOBAL_PLUGIN_PATH, GLOBAL_DISCOVER_XMPP, GLOBAL_DISCOVER_SIP,
	GLOBAL_DISCOVER_SIP_DIALECT,
	GLOBAL_LIMITS, GLOBAL_COUNT
};
enum config_sip {
	SIP_OPTION_FRONT_END, SIP_OPTION_DIALECT, SIP_OPTION_TRANSPORT,
	SIP_OPTION_TLS_MIN, SIP_OPTION_TRUSTED, SIP_OPTION_BLOCKED,
	SIP_OPTION_KEEPALIVE, SIP_OPTION_ADDITIONAL_DOMAINS,
	SIP_OPTION_CERTIFICATE, SIP_OPTION_COMPONENT, SIP_OPTION_GATEWAY,
	SIP_OPTION_DESCRIPTION, SIP_OPTION_USERS_ALLOW, SIP_OPTION_USERS_DENY,
	SIP_OPTION_USERS_HIDDEN, SIP_OPTION_REFUSE_STRANGERS,
	SIP_OPTION_VERIFICATION, SIP_OPTION_CLIENT_USAGE,
	SIP_OPTION_PEER_CLIENT_USAGE,
	/* one for each choice of the dialect, in its order */
	SIP_OPTION_CHOICES,
	SIP_OPTION_CHOICES_END = SIP_OPTION_CHOICES + SIP_CHOICE_COUNT - 1,
	SIP_OPTION_COUNT
};
enum config_gateway_option { GATEWAY_OPTION_COMPONENT, GATEWAY_OPTION_COUNT };
enum config_xmpp {
	XMPP_OPTION_PARTNER, XMPP_OPTION_TLS, XMPP_OPTION_SASL,
	XMPP_OPTION_DIALBACK, XMPP_OPTION_DANE, XMPP_OPTION_CERTIFICATE,
	XMPP_OPTION_TLS_MIN, XMPP_OPTION_PROXY,
	XMPP_OPTION_CONNECTION_LIMIT, XMPP_OPTION_KEEPALIVE,
	XMPP_OPTION_LEGACY_SRV,
	XMPP_OPTION_ADDITIONAL_DOMAINS, XMPP_OPTION_DESCRIPTION,
	XMPP_OPTION_USERS_ALLOW, XMPP_OPTION_USERS_DENY,
	XMPP_OPTION_USERS_HIDDEN, XMPP_OPTION_BIDI, XMPP_OPTION_RESUME,
	XMPP_OPTION_COUNT
};
enum config_component {
	COMPONENT_HOST, COMPONENT_PORT, COMPONENT_SECRET,
	COMPONENT_SECRET_FILE, COMPONENT_COUNT
};
/** Core's options, indexed by the enums above, ending with name NULL. */
extern const struct config_option config_global_options[];
extern const struct config_option config_sip_options[];
extern const struct config_option config_xmpp_options[];
extern const struct config_option config_gateway_options[];
extern const struct config_option config_component_options[];
/** The table of a kind of section; NULL for CONFIG_SECTION_OTHER. */
const struct config_option *config_options(enum config_section_type type);
/** Where the value was written. */
static inline struct config_at config_at(const struct config_value *v)
{
	return (struct config_at){ v->file, v->line };
}
/** Index in a table, or -1. */
int config_option_find(const struct config_option *table, const char *name);

/* ---- loading ------------------------------------------------------------ */

/** Everything that one loading needs. */
struct config_load {
	struct pool *pool;            /* raw: dies at the end */
	struct config *config;        /* being made; its pool lives on */
	struct config_report *report;
	struct plugins *plugins;
	struct config_file file;
	struct config_value global[GLOBAL_COUNT];
	struct table *names;          /* A-label domain -> where it was named */
};

/** What an option is called and may be: for values and messages. */
struct config_kind {
	const char *name;             /* as the admin writes it */
	const struct stox_option *option;
	enum config_syntax syntax;
};
/**
 * Check one value and store it, typed, in @ret (untouched on error; errors are
 * reported).  @place is that of the value.
 */
bool config_value_read(struct config_load *l, const struct config_kind *kind,
	const struct config_raw_option *raw, const struct config_raw *value,
	struct config_place place, struct config_value *ret);
/** The default of an option.  Returns 0 (@ret->set tells whether there is one),
 *  or -STOX_EINVAL when the default itself does not fit the option. */
int config_value_default(struct pool *pool, const struct stox_option *option,
	struct config_value *ret);
/** "a whole number from 1 to 5 (s)": what would be right. */
const char *config_expected(struct pool *pool, const struct config_kind *kind);

/** Check a text against its syntax and bring it into its canonical form.
 *  Returns NULL when it is right, else the reason; @ret_text is the form. */
const char *config_syntax_check(struct pool *pool, enum config_syntax syntax,
	const char *file, const char *text, const char **ret_text);

/** All sections: core's values, plugins, plugins' values, domains. */
void config_check(struct config_load *l);
/** Read core's options of a section into @values (as many as @table has),
 *  defaults where nothing is written. */
void config_check_core(struct config_load *l, struct config_section *section,
	const struct config_option *table, struct config_value *values);
/** Build the records of one section.  False when an error was reported. */
bool config_sip_section(struct config_load *l, struct config_section *section,
	struct config_sip_domain *ret);
bool config_provider_section(struct config_load *l,
	struct config_section *section, struct config_sip_domain *ret);
bool config_xmpp_section(struct config_load *l, struct config_section *section,
	struct config_xmpp_domain *ret);
bool config_gateway_section(struct config_load *l,
	struct config_section *section, struct config_gateway *ret);
/** The record that stands for domains in no section; NULL when @word is
 *  "off". */
struct config_xmpp_domain *config_discover_xmpp(struct config_load *l,
	const char *word);
struct config_sip_domain *config_discover_sip(struct config_load *l,
	const char *word, struct config_place place);
/** Say so when strangers may use the gateway among themselves. */
void config_discover_warn(struct config_load *l, struct config_place place);
/** The partner of a section, or by the defaults in @v; @section is where errors
 *  are said to stand. */
void config_xmpp_partner(struct config_load *l,
	const struct config_section *section, const struct config_value *v,
	struct config_xmpp_domain *ret);
void config_sip_partner(struct config_load *l,
	const struct config_section *section, const struct config_value *v,
	struct sip_partner *p);
/** Of a section that sets no option of any plugin. */
struct config_value *const *config_no_values(struct config *c);
/** When all gateways are known: find the one that @d names. */
void config_sip_gateway(struct config_load *l,
	const struct config_section *section, struct config_sip_domain *d);
/** Read component = { … } of @section, if it has one, into @local. */
void config_component(struct config_load *l,
	const struct config_section *section, struct xmpp_local *local);
/** The option @name as it was written, or NULL. */
const struct config_raw_option *config_section_option(
	const struct config_section *section, const char *name);

#endif
