#include "xmpp/dialback.h"

#include <stdlib.h>

#include "xmpp/route.h"
#include "xmpp/s2s.h"

/* The verdict must come within this time, stox.md 8.5. */
enum { VERIFY_MS = 30000 };

void xmpp_dialback_hash(const char *secret, char out[65])
{
	uint8_t digest[32];

	io_sha256(str_from(secret), digest);
	str_hex(digest, sizeof(digest), out);
}

void xmpp_dialback_key(const char hash[65], const char *receiving,
	const char *originating, const char *id, char out[65])
{
	uint8_t digest[32];
	struct buf text;

	buf_init(&text, 65536, NULL);
	buf_add_text(&text, receiving);
	buf_add_char(&text, ' ');
	buf_add_text(&text, originating);
	buf_add_char(&text, ' ');
	buf_add_text(&text, id);
	io_hmac_sha256((struct str){ hash, 64 }, buf_str(&text), digest);
	buf_free(&text);
	str_hex(digest, sizeof(digest), out);
}

/* ---- elements ------------------------------------------------------------ */

static void attribute(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	buf_add_char(b, ' ');
	buf_add_text(b, name);
	buf_add_text(b, "='");
	xml_escape(b, str_from(value));
	buf_add_char(b, '\'');
}

/* Default type of the conditions that XEP-0220, 2.5 names. */
static const char *error_type(const char *condition)
{
	enum stox_condition c = stanza_condition_from(condition);

	return stanza_condition_type(c);
}

void xmpp_db_write(struct xmpp_stream *s, const struct xmpp_db *db)
{
	struct buf *b = &s->x->line;

	buf_clear(b);
	buf_add_text(b, "<db:");
	buf_add_text(b, db->name);
	attribute(b, "from", db->from);
	attribute(b, "to", db->to);
	attribute(b, "id", db->id);
	attribute(b, "type", db->type);
	if (db->key) {
		buf_add_char(b, '>');
		xml_escape(b, str_from(db->key));
	} else if (db->condition) {
		buf_add_text(b, "><error type='");
		buf_add_text(b, error_type(db->condition));
		buf_add_text(b, "'><");
		buf_add_text(b, db->condition);
		buf_add_text(b, " xmlns='" STOX_NS_STANZAS "'/></error>");
	} else {
		buf_add_text(b, "/>");
		(void)xmpp_stream_write(s, buf_str(b));
		return;
	}
	buf_add_text(b, "</db:");
	buf_add_text(b, db->name);
	buf_add_char(b, '>');
	(void)xmpp_stream_write(s, buf_str(b));
}

const char *xmpp_db_condition(const struct stox_element *e)
{
	const struct stox_element *error = stox_element_child(e, "error", NULL);
	const struct stox_element *c =
		error ? stox_element_child(error, NULL, STOX_NS_STANZAS) : NULL;

	return c ? stox_element_name(c) : "";
}

/* ---- checks -------------------------------------------------------------- */

static void too_late(void *arg)
{
	xmpp_check_end(arg, XMPP_UNDECIDED, "remote-server-timeout");
}

int xmpp_check_start(struct xmpp_stream *in, struct xmpp_route *r,
	const char *id, const char *key)
{
	struct xmpp *x = in->x;
	struct xmpp_check *c;

	if (x->dialback_pending >=
		limit_get(x->limits, LIMIT_DIALBACK_PENDING)) {
		limit_hit(x->limits, LIMIT_DIALBACK_PENDING);
		return -STOX_ETOOBIG;
	}
	c = base_alloc0(sizeof(*c));
	x->dialback_pending++;
	list_init(&c->node);
	c->x = x;
	c->in = in->handle;
	c->local = base_strdup(r->local);
	c->remote = base_strdup(r->remote);
	c->id = base_strdup(id);
	c->key = base_strdup(key);
	timer_init(&c->timer, too_late, c);
	timer_start(io_timers(x->env), &c->timer, VERIFY_MS);
	xmpp_out_verify(r, c);
	return 0;
}

void xmpp_check_free(struct xmpp_check *c)
{
	timer_stop(io_timers(c->x->env), &c->timer);
	list_remove(&c->node);
	c->x->dialback_pending--;
	free(c->local);
	free(c->remote);
	free(c->id);
	free(c->key);
	free(c);
}

void xmpp_check_end(struct xmpp_check *c, enum xmpp_verdict verdict,
	const char *condition)
{
	struct xmpp_stream *in = handles_get(c->x->handles, c->in);

	list_remove(&c->node);
	if (in && !in->left)
		xmpp_in_checked(in, c->local, c->remote, verdict, condition);
	xmpp_check_free(c);
}

void xmpp_checks_fail(struct list *checks, const char *condition)
{
	while (!list_empty(checks))
		xmpp_check_end(
			container_of(checks->next, struct xmpp_check, node),
			XMPP_UNDECIDED, condition);
}

void xmpp_checks_send(struct list *checks, struct xmpp_stream *s)
{
	list_each(n, next, checks) {
		struct xmpp_check *c =
			container_of(n, struct xmpp_check, node);

		if (c->sent)
			continue;
		c->sent = true;
		xmpp_db_write(s, &(struct xmpp_db){ .name = "verify",
			.from = c->local, .to = c->remote, .id = c->id,
			.key = c->key });
	}
}

/* The condition for the stream that waits, XEP-0220, 2.5. */
static const char *passed_on(const char *condition)
{
	if (strcmp(condition, "item-not-found") == 0 ||
		strcmp(condition, "host-unknown") == 0)
		return "remote-server-not-found";
	return "remote-server-timeout";
}

static void decide(struct xmpp_check *c, const struct stox_element *e)
{
	const char *type = stox_element_attr(e, "type");

	if (type && strcmp(type, "valid") == 0)
		xmpp_check_end(c, XMPP_VALID, NULL);
	else if (type && strcmp(type, "invalid") == 0)
		xmpp_check_end(c, XMPP_INVALID, NULL);
	else
		xmpp_check_end(c, XMPP_UNDECIDED,
			passed_on(xmpp_db_condition(e)));
}

bool xmpp_check_answer(struct list *checks, const struct stox_element *e)
{
	const char *id = stox_element_attr(e, "id");
	char from[1024], to[1024];

	if (!id || xmpp_domain(stox_element_attr(e, "from"), from) ||
		xmpp_domain(stox_element_attr(e, "to"), to))
		return false;
	list_each(n, next, checks) {
		struct xmpp_check *c =
			container_of(n, struct xmpp_check, node);

		if (c->sent && strcmp(c->id, id) == 0 &&
			strcmp(c->remote, from) == 0 &&
			strcmp(c->local, to) == 0) {
			decide(c, e);
			return true;
		}
	}
	return false;
}

/* ---- the authoritative side ---------------------------------------------- */

static bool too_many(struct xmpp *x)
{
	uint64_t now = io_now_ms(x->env);

	if (now >= x->verify_second_ms + 1000) {
		x->verify_second_ms = now;
		x->verify_count = 0;
	}
	return x->verify_count++ >= limit_get(x->limits, LIMIT_DIALBACK_VERIFY);
}

static bool tls_missing(struct xmpp_stream *s, const char *remote)
{
	struct xmpp_ways w =
		xmpp_ways_of(xmpp_partner_of(s->x, str_from(remote)));

	return !s->secure && !xmpp_ways_dialback(&w, XMPP_CHANNEL_PLAIN);
}

void xmpp_dialback_answer(struct xmpp_stream *s, const struct stox_element *e)
{
	const char *id = stox_element_attr(e, "id");
	char from[1024], to[1024], key[65];
	struct xmpp_db answer = { .name = "verify", .from = to, .to = from,
		.id = id, .type = "error" };
	struct str shown = str_trim(str_from(stox_element_text(e)));

	if (too_many(s->x)) {
		limit_hit(s->x->limits, LIMIT_DIALBACK_VERIFY);
		xmpp_stream_error(s, "policy-violation",
			"too many dialback keys to check");
		return;
	}
	if (!id || xmpp_domain(stox_element_attr(e, "from"), from) ||
		xmpp_domain(stox_element_attr(e, "to"), to)) {
		xmpp_stream_error(s, "improper-addressing",
			"db:verify needs from, to and id");
		return;
	}
	if (!xmpp_local(s->x, str_from(to))) {
		answer.condition = "item-not-found";
	} else if (tls_missing(s, from)) {
		answer.condition = "policy-violation";
	} else {
		xmpp_dialback_key(s->x->dialback_hash, from, to, id, key);
		answer.type = str_eq_secret(shown, str_from(key)) ? "valid"
								  : "invalid";
	}
	s->consulted = true;
	xmpp_db_write(s, &answer);
}
