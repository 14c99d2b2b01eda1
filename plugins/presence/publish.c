/*
 * A publication: its row, what pairs tell it, and time.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish.h"
#include "stox/service/policy.h"

/* What a pair says: whether the SIP user is let in, who that is, and, if so, a
 * packed pair in which only the XMPP user's side matters. */
enum { SAYS_STATE = 'S', SAYS_END = 'E' };

enum { TOLD_MAX = PAIR_ROW_MAX + 2100, ROW_MAX = PAIR_ROW_MAX + 65536 };

/* ---- pairs ------------------------------------------------------------------ */

static struct stox_session *publication_of(const struct pair *p)
{
	PRESENCE_SCRATCH char key[PAIR_KEY_MAX];
	const char *at = strchr(p->sip, '@');

	snprintf(key, sizeof(key), "%s %s", p->xmpp, at ? at + 1 : p->sip);
	return stox_session_open(p->host, &publish_kind, key);
}

/* What the XMPP user is, of what is known for sure: who is asked answers. */
static void pick(const struct pair *p, struct pair *ret)
{
	const struct pair_grant *from = &p->grant;
	struct pair_grant *to = &ret->grant;

	ret->trouble = NULL;
	ret->trouble_s = ret->trouble_status = 0;
	memset(&ret->watch, 0, offsetof(struct pair_watch, devices));
	memset(to, 0, offsetof(struct pair_grant, legs));
	to->display = from->display;
	for (size_t i = 0; i < from->count; i++)
		if (!from->devices[i].stale)
			to->devices[to->count++] = (struct pair_device){
				.d = from->devices[i].d };
}

static void tell(struct pair *p, char what)
{
	PRESENCE_SCRATCH char told[TOLD_MAX];
	PRESENCE_SCRATCH struct pair said;
	size_t len = (size_t)snprintf(told, 2100, "%c%s", what, p->sip) + 1;

	if (what == SAYS_STATE) {
		pick(p, &said);
		if (said.grant.count > 0)
			len += pair_pack(&said, told + len);
	}
	stox_session_tell(publication_of(p), told, len);
}

/* Presence that says where the XMPP user is. */
static bool is_state(const struct stox_event *e)
{
	const char *type;

	if (e->type != STOX_EVENT_REQUEST || stox_in_method(e->exchange))
		return false;
	type = stox_element_attr(stox_in_stanza(e->exchange), "type");
	return !type || strcmp(type, "unavailable") == 0;
}

static bool is_news(const struct stox_event *e)
{
	return is_state(e) || e->type == STOX_EVENT_WAKE ||
	       e->type == STOX_EVENT_PEER ||
	       (e->type == STOX_EVENT_ANSWER &&
		       (e->tag & TAG_MASK) == TAG_PROBE &&
		       stox_answer_error(e->exchange, NULL));
}

bool publish_tell(struct pair *p, const struct stox_event *e)
{
	struct pair_grant *g = &p->grant;
	bool before = g->published;

	if (is_state(e) && g->auth == AUTH_YES)
		g->published = stox_policy_shows(e->exchange) &&
			stox_option_bool(e->exchange,
				&presence_options[OPTION_PUBLISH]);
	g->published = g->published && g->auth == AUTH_YES;
	if (g->published && is_news(e))
		tell(p, SAYS_STATE);
	else if (before && !g->published)
		tell(p, SAYS_END);
	return before != g->published;
}

void publish_asked(struct pair *p)
{
	if (p->grant.published)
		grant_probe(p);
	else
		tell(p, SAYS_END);
}

/* ---- the row ---------------------------------------------------------------- */

/* Rows of version 1 tell no trouble. */
enum { VERSION = 2 };

/* Numbers as one line of text, then texts, then the state. */
static size_t pack(const struct publication *p, char *row)
{
	size_t len = (size_t)snprintf(row, 300, "%d %u %llu %llu %llu %u %u %llu "
		"%llu %zu %u %llu", VERSION, p->owed | p->refresh << 1 | p->flying << 2 |
			p->removing << 3 | p->question << 4,
		(unsigned long long)p->expires_s, (unsigned long long)p->next_s,
		(unsigned long long)p->hold_s, p->ask_s, p->tries,
		(unsigned long long)p->sent_ms,
		(unsigned long long)p->changed_ms, p->pair_count,
		p->trouble_status, (unsigned long long)p->trouble_s) + 1;

	len += (size_t)snprintf(row + len, PAIR_TROUBLE_MAX + 1, "%s",
		p->trouble ? p->trouble : "") + 1;
	len += (size_t)snprintf(row + len, 1100, "%s", p->etag) + 1;
	len += (size_t)snprintf(row + len, 2100, "%s", p->last) + 1;
	for (size_t i = 0; i < p->pair_count; i++)
		len += (size_t)snprintf(row + len, 2100, "%s", p->pairs[i]) + 1;
	memcpy(row + len, p->state, p->state_len);
	return len + p->state_len;
}

static const char *next_text(const char **at, const char *end)
{
	const char *text = *at;
	const char *nul = text ? memchr(text, 0, (size_t)(end - text)) : NULL;

	*at = nul ? nul + 1 : NULL;
	return nul ? text : "";
}

static uint64_t next_number(char **at)
{
	return strtoull(*at, at, 10);
}

/* Returns its version, 0: unreadable. */
static uint64_t unpack_line(struct publication *p, const char *line)
{
	char *at = (char *)line;
	uint64_t version = next_number(&at);
	unsigned flags;

	if (version < 1 || version > VERSION)
		return 0;
	flags = (unsigned)next_number(&at);
	p->owed = flags & 1;
	p->refresh = flags >> 1 & 1;
	p->flying = flags >> 2 & 1;
	p->removing = flags >> 3 & 1;
	p->question = flags >> 4 & 1;
	p->expires_s = next_number(&at);
	p->next_s = next_number(&at);
	p->hold_s = next_number(&at);
	p->ask_s = (uint32_t)next_number(&at);
	p->tries = (unsigned)next_number(&at);
	p->sent_ms = next_number(&at);
	p->changed_ms = next_number(&at);
	p->pair_count = (size_t)next_number(&at);
	if (p->pair_count > PUBLISH_PAIRS)
		p->pair_count = 0;
	p->trouble_status = (unsigned)next_number(&at);
	p->trouble_s = next_number(&at);
	return version;
}

void publish_read(struct publication *p, struct stox_host *host, const char *key,
	const void *row, size_t len)
{
	const char *at = row, *end = at + len;
	uint64_t version;
	char *space;

	memset(p, 0, offsetof(struct publication, pairs));
	p->host = host;
	p->now_s = stox_wall_s(p->host);
	p->now_ms = stox_now_ms(p->host);
	snprintf(p->key, sizeof(p->key), "%s", key);
	space = strchr(p->key, ' ');
	if (space)
		*space++ = '\0';
	p->xmpp = p->key;
	p->domain = space ? space : "";
	p->etag = p->last = p->state = "";
	if (!len)
		return;
	version = unpack_line(p, next_text(&at, end));
	if (version > 1)
		p->trouble = next_text(&at, end);
	if (p->trouble && !*p->trouble)
		p->trouble = NULL;
	p->etag = next_text(&at, end);
	p->last = next_text(&at, end);
	for (size_t i = 0; i < p->pair_count; i++)
		p->pairs[i] = next_text(&at, end);
	p->state = at ? at : "";
	p->state_len = at ? (size_t)(end - at) : 0;
}

static void load(struct publication *p, struct stox_session *s)
{
	size_t len;
	const void *row = stox_session_row(s, &len);

	publish_read(p, stox_session_host(s), stox_session_key(s), row, len);
	p->session = s;
}

static uint64_t due(const struct publication *p)
{
	return p->hold_s > p->now_s && (p->owed || p->refresh) &&
			(!p->next_s || p->hold_s < p->next_s)
		? p->hold_s : p->next_s;
}

/* ---- what pairs tell -------------------------------------------------------- */

static void drop(struct publication *p, const char *sip)
{
	for (size_t i = 0; i < p->pair_count; i++) {
		if (strcmp(p->pairs[i], sip) != 0)
			continue;
		p->pair_count--;
		memmove(&p->pairs[i], &p->pairs[i + 1],
			(p->pair_count - i) * sizeof(*p->pairs));
		/* the next one may know better what the user is */
		p->question = p->question || (i == 0 && p->pair_count > 0);
		return;
	}
}

static void remember(struct publication *p, const char *sip)
{
	for (size_t i = 0; i < p->pair_count; i++)
		if (strcmp(p->pairs[i], sip) == 0)
			return;
	if (p->pair_count < PUBLISH_PAIRS)
		p->pairs[p->pair_count++] = sip;
}

/* When it was said makes no difference, nor in which order. */
static bool is_same(struct publication *p, const char *state, size_t len)
{
	PRESENCE_SCRATCH struct pair was, is;
	const struct pair_device *d;

	if (!len || !p->state_len)
		return len == p->state_len;
	pair_read(&was, p->host, p->key, p->state, p->state_len);
	pair_read(&is, p->host, p->key, state, len);
	if (was.grant.count != is.grant.count ||
		!was.grant.display != !is.grant.display ||
		(is.grant.display && strcmp(is.grant.display,
			was.grant.display) != 0))
		return false;
	for (size_t i = 0; i < is.grant.count; i++) {
		d = pair_device(was.grant.devices, was.grant.count,
			is.grant.devices[i].d.resource);
		if (!d || !pair_device_same(&d->d, &is.grant.devices[i].d))
			return false;
	}
	return true;
}

static void become(struct publication *p, const char *state, size_t len)
{
	if (is_same(p, state, len))
		return;
	p->state = state;
	p->state_len = len;
	p->owed = true;
	p->changed_ms = p->now_ms;
}

static void told(struct publication *p, const char *bytes, size_t len)
{
	const char *end = bytes + len, *at = bytes;
	const char *sip = next_text(&at, end);

	if (!*sip || !at)
		return;
	if (*sip++ == SAYS_END) {
		drop(p, sip);
		if (p->pair_count == 0)
			become(p, "", 0);
		return;
	}
	remember(p, sip);
	if (p->pair_count == 0 || strcmp(p->pairs[0], sip) != 0)
		return;
	p->last = sip;
	become(p, at, (size_t)(end - at));
}

/* ---- time ------------------------------------------------------------------- */

static void forget_old(struct publication *p)
{
	if (!p->expires_s || p->expires_s > p->now_s)
		return;
	p->expires_s = 0;
	p->etag = "";
	p->owed = p->owed || p->state_len > 0;
}

static void restored(struct publication *p)
{
	/* what was under way has come to an end, or not: told again it is right */
	p->owed = p->owed || p->flying;
	p->flying = p->removing = false;
	p->sent_ms = p->changed_ms = 0;
	p->question = p->pair_count > 0;
	forget_old(p);
}

static void time_has_come(struct publication *p)
{
	forget_old(p);
	if (p->next_s && p->next_s <= p->now_s) {
		p->next_s = 0;
		p->refresh = *p->etag && p->state_len > 0;
	}
}

/* Servers on SIP that have come back may know nothing any more; on XMPP, the
 * user may be another. */
static void peer(struct publication *p, const struct stox_event *e)
{
	if (e->peer == STOX_XMPP) {
		p->question = p->pair_count > 0;
	} else if (!e->lost) {
		p->hold_s = 0;
		p->tries = 0;
		p->refresh = *p->etag && p->state_len > 0;
	}
}

static bool is_over(const struct publication *p)
{
	return p->pair_count == 0 && p->state_len == 0 && !*p->etag &&
	       !p->flying;
}

static void do_acts(struct publication *p)
{
	PRESENCE_SCRATCH char row[ROW_MAX];

	publish_act(p);
	stox_session_note(p->session, row, pack(p, row));
}

static void event(void *state, struct stox_session *s, const struct stox_event *e)
{
	PRESENCE_SCRATCH struct publication p;
	PRESENCE_SCRATCH char row[ROW_MAX];
	bool save = true;

	(void)state;
	load(&p, s);
	if (e->type == STOX_EVENT_TOLD) {
		told(&p, e->told, e->told_len);
		save = p.next_s == 0; /* until the server knows */
		if (save)
			p.next_s = p.now_s + PAIR_TRANSACTION_S;
	} else if (e->type == STOX_EVENT_ANSWER) {
		publish_answered(&p, e->exchange);
	} else if (e->type == STOX_EVENT_RESTORED) {
		restored(&p);
	} else if (e->type == STOX_EVENT_PEER) {
		peer(&p, e);
	} else {
		time_has_come(&p);
	}
	if (is_over(&p))
		stox_session_end(s);
	else if (save)
		stox_session_set(s, row, pack(&p, row), due(&p));
	else
		do_acts(&p);
}

static void act(void *state, struct stox_session *s)
{
	PRESENCE_SCRATCH struct publication p;

	(void)state;
	load(&p, s);
	do_acts(&p);
}

static bool known(void *state, const char *key, const void *row, size_t len)
{
	PRESENCE_SCRATCH struct publication p;

	publish_read(&p, state, key, row, len);
	return *p.etag && p.state_len > 0;
}

const struct stox_session_kind publish_kind = { .name = "publication",
	.event = event, .act = act, .describe = publish_describe,
	.pairs = true, .known = known, .bulk = true };
