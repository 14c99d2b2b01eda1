#include "core/certificates.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S 86400
#define SOON_S (14 * DAY_S)
#define URGENT_S (3 * DAY_S)

/* ---- dates -------------------------------------------------------------- */

enum certificate_state certificate_state(uint64_t expires_s, uint64_t now_s)
{
	if (expires_s <= now_s)
		return CERTIFICATE_EXPIRED;
	if (expires_s - now_s <= URGENT_S)
		return CERTIFICATE_URGENT;
	return expires_s - now_s <= SOON_S ? CERTIFICATE_SOON
					   : CERTIFICATE_GOOD;
}

int64_t certificate_days(uint64_t expires_s, uint64_t now_s)
{
	if (expires_s >= now_s)
		return (int64_t)((expires_s - now_s) / DAY_S);
	return -(int64_t)((now_s - expires_s + DAY_S - 1) / DAY_S);
}

const char *certificate_state_name(enum certificate_state state)
{
	switch (state) {
	case CERTIFICATE_GOOD:
		return "good";
	case CERTIFICATE_SOON:
		return "ends soon";
	case CERTIFICATE_URGENT:
		return "ends now";
	case CERTIFICATE_EXPIRED:
		return "expired";
	}
	return "";
}

static void add_names(struct buf *out, const struct io_certificate *c)
{
	for (size_t i = 0; c->names[i]; i++)
		buf_printf(out, "%s%s", i > 0 ? "," : "", c->names[i]);
}

/* ---- reading ------------------------------------------------------------ */

/* The option that @text, "FILE: what is wrong", is about. */
static struct config_at option_of(const struct config *config, struct str text)
{
	if (config->crl && str_starts(text, str_from(config->crl)))
		return config->crl_at;
	if (config->trust && str_starts(text, str_from(config->trust)))
		return config->trust_at;
	return config->certificates_at;
}

static void add_place(struct buf *out, const struct config *config,
	struct config_at at)
{
	if (at.file)
		buf_printf(out, "%s:%d: ", at.file, at.line);
	else
		buf_printf(out, "%s: ", config->file);
}

int certificates_load(struct io_env *env, const struct config *config,
	struct io_credentials **ret, struct buf *errors)
{
	const struct io_credentials_config c = {
		.folder = config->certificates,
		.trust = config->trust,
		.crl = config->crl,
	};
	struct buf why;
	int rc;

	buf_init(&why, 4096, NULL);
	rc = io_credentials_load(env, &c, ret, &why);
	if (rc < 0) {
		add_place(errors, config, option_of(config, buf_str(&why)));
		buf_printf(errors, "%.*s; expected readable certificates and "
			"keys that fit (options certificates, trust, crl)\n",
			STR_FMT(buf_str(&why)));
	}
	buf_free(&why);
	return rc;
}

/* ---- what partners need ------------------------------------------------- */

static bool has_named(const struct config *config,
	const struct io_credentials *credentials, const char *name,
	struct config_at at, struct buf *errors)
{
	if (!name || io_credentials_has(credentials, str_from(name)))
		return true;
	add_place(errors, config, at);
	buf_printf(errors, "there is no certificate \"%s\"; expected the name "
		"of one in %s\n", name,
		config->certificates ? config->certificates
				     : "the folder that the option "
				       "certificates names");
	return false;
}

/* Does it have nothing but our certificate to know us by? */
static bool needs_external(const struct xmpp_partner *p)
{
	return !p->blocked && p->tls != XMPP_OFF && p->sasl != XMPP_OFF &&
	       (p->sasl == XMPP_REQUIRED || !p->dialback);
}

static void warn_of_usage(const struct config *config, const char *shown,
	const struct config_xmpp_domain *d,
	const struct io_credentials *credentials, struct buf *warnings)
{
	const struct io_certificate *c =
		io_credentials_get(credentials, str_from(shown));

	if (!c || c->client_usage)
		return;
	add_place(warnings, config, config->certificates_at);
	buf_printf(warnings, "%s is not for clients (extended key usage): %s "
		"may not believe it, and there is no dialback with that "
		"partner\n", c->file, d->domain);
}

static void check_partner(const struct config *config,
	const struct config_xmpp_domain *d,
	const struct io_credentials *credentials, struct buf *warnings)
{
	if (!needs_external(&d->partner))
		return;
	if (d->partner.certificate) {
		warn_of_usage(config, d->partner.certificate, d, credentials,
			warnings);
		return;
	}
	for (size_t i = 0; i < config->local_count; i++) {
		const struct xmpp_local *local = &config->locals[i];
		char ascii[256];

		if (!local->component_host &&
			io_domain_to_ascii(str_from(local->domain), ascii,
				sizeof(ascii)) == 0)
			warn_of_usage(config, ascii, d, credentials, warnings);
	}
}

/* Some take a certificate of ours only when it is for clients too.  Ruling 23. */
static bool check_sip(const struct config *config,
	const struct config_sip_domain *d,
	const struct io_credentials *credentials, struct buf *errors,
	struct buf *warnings)
{
	const char *shown = d->partner.certificate ? d->partner.certificate
						   : config->host;
	const struct io_certificate *c = shown
		? io_credentials_get(credentials, str_from(shown)) : NULL;

	if (d->client_usage && c && !c->client_usage) {
		add_place(warnings, config, config->certificates_at);
		buf_printf(warnings, "%s is not for clients (extended key "
			"usage): %s, which wants that (client_usage), will not "
			"take it\n", c->file, d->partner.name);
	}
	return has_named(config, credentials, d->partner.certificate,
		d->certificate_at, errors);
}

int certificates_check(const struct config *config,
	const struct io_credentials *credentials, struct buf *errors,
	struct buf *warnings)
{
	bool good = true;

	for (size_t i = 0; i < config->sip_domain_count; i++)
		good &= check_sip(config, &config->sip_domains[i], credentials,
			errors, warnings);
	for (size_t i = 0; i < config->provider_count; i++)
		good &= check_sip(config, &config->providers[i], credentials,
			errors, warnings);
	for (size_t i = 0; i < config->xmpp_domain_count; i++) {
		const struct config_xmpp_domain *d = &config->xmpp_domains[i];

		good &= has_named(config, credentials, d->partner.certificate,
			d->certificate_at, errors);
		check_partner(config, d, credentials, warnings);
	}
	return good ? 0 : -STOX_EINVAL;
}

/* ---- the end of one ------------------------------------------------------ */

static void add_date(const struct io_certificate *c, uint64_t now_s,
	struct buf *out)
{
	int64_t days = certificate_days(c->expires_s, now_s);

	switch (certificate_state(c->expires_s, now_s)) {
	case CERTIFICATE_GOOD:
		return;
	case CERTIFICATE_SOON:
	case CERTIFICATE_URGENT:
		buf_printf(out, "%s (", c->file);
		add_names(out, c);
		buf_printf(out, ") ends in %" PRId64 " days\n", days);
		return;
	case CERTIFICATE_EXPIRED:
		buf_printf(out, "%s (", c->file);
		add_names(out, c);
		buf_printf(out, ") has expired, %" PRId64 " days ago\n", -days);
		return;
	}
}

void certificates_dates(const struct io_credentials *credentials,
	uint64_t now_s, struct buf *warnings)
{
	const struct io_certificate *c;
	struct io_revocations r;
	size_t cursor = 0;

	while ((c = io_credentials_next(credentials, &cursor)))
		add_date(c, now_s, warnings);
	cursor = 0;
	while (io_credentials_next_revocations(credentials, &cursor, &r))
		if (r.next_update_s > 0 && r.next_update_s < now_s)
			buf_printf(warnings, "the revocation list of %s is "
				"overdue\n", r.issuer);
}

/* ---- the watch ---------------------------------------------------------- */

/* What has been said of a certificate. */
struct told {
	const char *file;         /* of the credentials */
	uint64_t expires_s;
	enum certificate_state state;
};

struct certificates {
	struct io_env *env;
	struct log *log;
	struct io_credentials *credentials; /* one reference, or NULL */
	struct told *told;        /* in the order of the credentials */
	size_t count;
	struct timer timer;
};

static void tell(struct certificates *w, const struct io_certificate *c,
	enum certificate_state state, uint64_t now_s)
{
	bool over = state == CERTIFICATE_EXPIRED;
	struct buf names;

	buf_init(&names, 4096, NULL);
	add_names(&names, c);
	log_event(w->log, over ? STOX_LOG_ERROR : STOX_LOG_WARN, "core", 0,
		over ? "certificate-expired" : "certificate-expires",
		"file=\"%s\" names=%.*s days=%" PRId64, c->file,
		STR_FMT(buf_str(&names)),
		certificate_days(c->expires_s, now_s));
	buf_free(&names);
}

/* Returns when something about it is to be told next, 0 for never. */
static uint64_t look(struct certificates *w, const struct io_certificate *c,
	struct told *told, uint64_t now_s)
{
	enum certificate_state state = certificate_state(c->expires_s, now_s);

	if (state > told->state) {
		told->state = state;
		tell(w, c, state, now_s);
	}
	switch (state) {
	case CERTIFICATE_GOOD:
		return c->expires_s - SOON_S;
	case CERTIFICATE_SOON:
		return c->expires_s - URGENT_S;
	case CERTIFICATE_URGENT:
		return c->expires_s;
	case CERTIFICATE_EXPIRED:
		break;
	}
	return 0;
}

/* The wall clock may jump, so it is looked at once a day at least. */
static void on_time(void *arg)
{
	struct certificates *w = arg;
	uint64_t now_s = io_wall_us(w->env) / 1000000, wait_s = DAY_S;
	const struct io_certificate *c;
	size_t cursor = 0;

	for (size_t i = 0; i < w->count; i++) {
		uint64_t next;

		c = io_credentials_next(w->credentials, &cursor);
		next = look(w, c, &w->told[i], now_s);
		if (next > 0 && next - now_s < wait_s)
			wait_s = next - now_s;
	}
	timer_start(io_timers(w->env), &w->timer, wait_s * 1000);
}

struct certificates *certificates_new(struct io_env *env, struct log *log)
{
	struct certificates *w = base_alloc0(sizeof(*w));

	w->env = env;
	w->log = log;
	timer_init(&w->timer, on_time, w);
	return w;
}

void certificates_free(struct certificates **c)
{
	struct certificates *w = *c;

	*c = NULL;
	if (!w)
		return;
	timer_stop(io_timers(w->env), &w->timer);
	io_credentials_unref(&w->credentials);
	free(w->told);
	free(w);
}

/* The same certificate, read again, is not told of again. */
static enum certificate_state told_of(const struct certificates *w,
	const struct io_certificate *c)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->told[i].expires_s == c->expires_s &&
			strcmp(w->told[i].file, c->file) == 0)
			return w->told[i].state;
	return CERTIFICATE_GOOD;
}

void certificates_watch(struct certificates *w,
	struct io_credentials *credentials)
{
	struct io_credentials *old = w->credentials;
	const struct io_certificate *c;
	struct told *told = NULL;
	size_t cursor = 0, n = 0;

	while (credentials && (c = io_credentials_next(credentials, &cursor))) {
		told = base_realloc(told, (n + 1) * sizeof(*told));
		told[n++] = (struct told){ c->file, c->expires_s,
			told_of(w, c) };
	}
	free(w->told);
	w->told = told;
	w->count = n;
	w->credentials = credentials ? io_credentials_ref(credentials) : NULL;
	io_credentials_unref(&old);
	on_time(w);
}
