/*
 * The row: numbers of 7 bits a byte, texts with their NUL.  It begins with its
 * version; one with another version is not read.
 */
#include <stddef.h>
#include <string.h>

#include "pair.h"

enum { VERSION = 1, AUTH_BITS = 2, STATUS_BITS = 10 };

/* ---- writing ---------------------------------------------------------------- */

enum { NUMBER_MAX = 10 }; /* bytes of the largest */

struct writer {
	char *at, *end;
	bool full;
};

static inline void put(struct writer *w, uint64_t n)
{
	if (w->end - w->at < NUMBER_MAX) {
		w->full = true;
		return;
	}
	for (; n >= 128; n >>= 7)
		*w->at++ = (char)((n & 127) | 128);
	*w->at++ = (char)n;
}

static void put_bytes(struct writer *w, const void *p, size_t len)
{
	if (len > (size_t)(w->end - w->at)) {
		w->full = true;
		return;
	}
	if (len)
		memcpy(w->at, p, len);
	w->at += len;
}

/* NULL is put as "", which most of them are. */
static inline void put_text(struct writer *w, const char *text)
{
	if (text && *text)
		put_bytes(w, text, strlen(text) + 1);
	else
		put(w, 0);
}

static inline uint64_t flag(bool set, unsigned place)
{
	return (uint64_t)set << place;
}

static void put_dialog(struct writer *w, const struct stox_dialog *d)
{
	put(w, d->len);
	put_bytes(w, d->bytes, d->len);
}

static void put_devices(struct writer *w, const struct pair_device *list,
	size_t count, bool notes)
{
	put(w, count);
	for (size_t i = 0; i < count; i++) {
		const struct presence_device *d = &list[i].d;

		put(w, flag(d->open, 0) | flag(list[i].owed, 1) |
			flag(list[i].stale, 2));
		put_text(w, d->resource);
		put(w, d->show);
		put(w, (uint64_t)(d->priority + 2000));
		put(w, (uint64_t)(d->stamp_s + 1));
		put(w, notes ? d->note_count : 0);
		for (size_t k = 0; notes && k < d->note_count; k++) {
			put_text(w, d->notes[k].lang);
			put_text(w, d->notes[k].text);
		}
	}
}

/* The tag stands for notes too. */
static bool has_etag(const struct pair_watch *v, bool notes)
{
	return notes && v->etag && *v->etag;
}

static void put_watch(struct writer *w, const struct pair_watch *v, bool notes)
{
	put(w, v->auth | v->counted << AUTH_BITS);
	put(w, v->since_s);
	put(w, v->seen_s);
	put(w, flag(v->online, 0) | flag(v->notes, 1) | flag(v->send, 2) |
		flag(v->flying, 3) | flag(v->owe_subscribed, 4) |
		flag(v->owe_error, 5) | flag(v->owe_unsubscribed, 6) |
		flag(v->retell, 7) | flag(v->suppress, 8) |
		flag(has_etag(v, notes), 9) | flag(v->blocked, 10) |
		flag(v->bidden, 11));
	put(w, v->state);
	if (v->state != WATCH_IDLE) {
		put_text(w, v->call_id);
		put_text(w, v->tag);
		put_dialog(w, &v->dialog);
		put(w, v->cseq);
		put(w, v->expires_s);
	}
	if (has_etag(v, notes))
		put_text(w, v->etag);
	put(w, v->expires_ask_s);
	put(w, v->next_s);
	put(w, v->tries);
	put(w, v->told_tries);
	put(w, v->quiet_s);
	put(w, v->told_s);
	put_text(w, v->display);
	put_devices(w, v->devices, v->count, notes);
}

static void put_grant(struct writer *w, const struct pair_grant *g, bool notes)
{
	put(w, g->auth | g->counted << AUTH_BITS |
		g->published << (AUTH_BITS + 1));
	put(w, g->since_s);
	put(w, g->asked_s);
	put(w, flag(g->blocked, 0) | flag(g->owe_ask, 1) |
		flag(g->owe_probe, 2) | flag(g->owe_gone, 3) |
		flag(g->known, 4) | flag(g->owe_end, 5) |
		flag(g->probing, 6));
	put(w, g->probed_s);
	put(w, g->numbers);
	put(w, g->leg_count);
	for (size_t i = 0; i < g->leg_count; i++) {
		const struct pair_leg *l = &g->legs[i];

		put(w, l->state);
		put(w, l->number);
		put(w, flag(l->owed, 0) | flag(l->flying, 1) |
			flag(*l->has != '\0', 2) | flag(l->until_s > 0, 3));
		put_text(w, l->reason);
		put_dialog(w, &l->dialog);
		put(w, l->cseq);
		put(w, l->expires_s);
		if (l->until_s)
			put(w, l->until_s);
		put(w, l->sent_ms);
		put(w, l->tries);
		put_text(w, l->event_id);
		if (*l->has)
			put_text(w, l->has);
	}
	put_text(w, g->display);
	put_text(w, g->sip_display);
	put_devices(w, g->devices, g->count, notes);
}

static size_t pack(const struct pair *p, char *row, size_t max, bool notes)
{
	struct writer w = { .at = row, .end = row + max };

	put(&w, VERSION);
	put(&w, p->trouble_status | (uint64_t)p->trouble_s2x << STATUS_BITS);
	put(&w, p->trouble_s);
	put_text(&w, p->trouble);
	put_watch(&w, &p->watch, notes);
	put_grant(&w, &p->grant, notes);
	return w.full ? 0 : (size_t)(w.at - row);
}

/* ---- reading ---------------------------------------------------------------- */

struct reader {
	const char *p, *end;
	bool damaged;         /* then p is end */
};

static void damage(struct reader *r)
{
	r->damaged = true;
	r->p = r->end;
}

static uint64_t get_long(struct reader *r)
{
	uint64_t n = 0;

	for (unsigned shift = 0; r->p < r->end && shift < 64; shift += 7) {
		unsigned char c = (unsigned char)*r->p++;

		n |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			return n;
	}
	damage(r);
	return 0;
}

/* Most are small. */
static inline uint64_t get(struct reader *r)
{
	if (r->p < r->end && (unsigned char)*r->p < 128)
		return (unsigned char)*r->p++;
	return get_long(r);
}

static const char *get_text(struct reader *r)
{
	const char *text = r->p, *nul;

	if (text < r->end && !*text) {
		r->p++;
		return text;
	}
	nul = memchr(text, 0, (size_t)(r->end - text));
	if (!nul) {
		damage(r);
		return "";
	}
	r->p = nul + 1;
	return text;
}

/* For texts that may be absent. */
static const char *get_optional(struct reader *r)
{
	const char *text = get_text(r);

	return *text ? text : NULL;
}

static size_t get_count(struct reader *r, size_t max)
{
	uint64_t n = get(r);

	if (n > max) {
		damage(r);
		return 0;
	}
	return (size_t)n;
}

static struct stox_dialog get_dialog(struct reader *r)
{
	size_t len = get_count(r, PAIR_ROW_MAX);
	struct stox_dialog d = { r->p, len };

	if (len > (size_t)(r->end - r->p)) {
		damage(r);
		return (struct stox_dialog){ NULL, 0 };
	}
	r->p += len;
	return d;
}

static inline bool is_set(uint64_t flags, unsigned place)
{
	return flags >> place & 1;
}

static size_t get_devices(struct reader *r, struct pair_device *list)
{
	size_t count = get_count(r, PAIR_DEVICES);

	for (size_t i = 0; i < count; i++) {
		struct presence_device *d = &list[i].d;
		uint64_t flags = get(r);

		d->open = is_set(flags, 0);
		list[i].owed = is_set(flags, 1);
		list[i].stale = is_set(flags, 2);
		d->resource = get_text(r);
		d->show = (enum presence_show)get_count(r, PRESENCE_DND);
		d->priority = (int)get_count(r, 4000) - 2000;
		d->stamp_s = (int64_t)get(r) - 1;
		d->note_count = get_count(r, PRESENCE_NOTES);
		for (size_t k = 0; k < d->note_count; k++) {
			d->notes[k].lang = get_optional(r);
			d->notes[k].text = get_text(r);
		}
	}
	return count;
}

static enum pair_auth get_auth(struct reader *r, bool *ret_counted,
	bool *ret_published)
{
	size_t n = get_count(r, 3 << AUTH_BITS | AUTH_YES);

	*ret_counted = n >> AUTH_BITS & 1;
	*ret_published = n >> (AUTH_BITS + 1);
	n &= (1 << AUTH_BITS) - 1;
	if (n > AUTH_YES)
		damage(r);
	return (enum pair_auth)n;
}

static void get_watch(struct reader *r, struct pair_watch *v)
{
	uint64_t flags;
	bool never;

	v->auth = get_auth(r, &v->counted, &never);
	v->since_s = get(r);
	v->seen_s = get(r);
	flags = get(r);
	v->online = is_set(flags, 0);
	v->notes = is_set(flags, 1);
	v->send = is_set(flags, 2);
	v->flying = is_set(flags, 3);
	v->owe_subscribed = is_set(flags, 4);
	v->owe_error = is_set(flags, 5);
	v->owe_unsubscribed = is_set(flags, 6);
	v->retell = is_set(flags, 7);
	v->suppress = is_set(flags, 8);
	v->blocked = is_set(flags, 10);
	v->bidden = is_set(flags, 11);
	v->state = (enum watch_state)get_count(r, WATCH_LEAVING);
	if (v->state != WATCH_IDLE) {
		v->call_id = get_text(r);
		v->tag = get_text(r);
		v->dialog = get_dialog(r);
		v->cseq = (uint32_t)get(r);
		v->expires_s = get(r);
	}
	v->etag = is_set(flags, 9) ? get_text(r) : "";
	v->expires_ask_s = (uint32_t)get(r);
	v->next_s = get(r);
	v->tries = (unsigned)get(r);
	v->told_tries = (unsigned)get(r);
	v->quiet_s = get(r);
	v->told_s = get(r);
	v->display = get_optional(r);
	v->count = get_devices(r, v->devices);
}

static void get_leg(struct reader *r, struct pair_leg *l)
{
	uint64_t flags;

	l->state = (enum leg_state)get_count(r, LEG_ENDING);
	l->number = (unsigned)get(r);
	flags = get(r);
	l->owed = is_set(flags, 0);
	l->flying = is_set(flags, 1);
	l->reason = get_text(r);
	l->dialog = get_dialog(r);
	l->cseq = (uint32_t)get(r);
	l->expires_s = get(r);
	l->until_s = is_set(flags, 3) ? get(r) : 0;
	l->sent_ms = get(r);
	l->tries = (unsigned)get(r);
	l->event_id = get_text(r);
	l->has = is_set(flags, 2) ? get_text(r) : "";
}

static void get_grant(struct reader *r, struct pair_grant *g)
{
	uint64_t flags;

	g->auth = get_auth(r, &g->counted, &g->published);
	g->since_s = get(r);
	g->asked_s = get(r);
	flags = get(r);
	g->blocked = is_set(flags, 0);
	g->owe_ask = is_set(flags, 1);
	g->owe_probe = is_set(flags, 2);
	g->owe_gone = is_set(flags, 3);
	g->known = is_set(flags, 4);
	g->owe_end = is_set(flags, 5);
	g->probing = is_set(flags, 6);
	g->probed_s = get(r);
	g->numbers = (unsigned)get(r);
	g->leg_count = get_count(r, PAIR_LEGS);
	for (size_t i = 0; i < g->leg_count; i++)
		get_leg(r, &g->legs[i]);
	g->display = get_optional(r);
	g->sip_display = get_optional(r);
	g->count = get_devices(r, g->devices);
}

static bool unpack(struct pair *p, const char *row, size_t len)
{
	struct reader r = { row, row + len, false };
	uint64_t status;

	if (get(&r) != VERSION)
		return false;
	status = get(&r);
	p->trouble_status = status & ((1 << STATUS_BITS) - 1);
	p->trouble_s2x = status >> STATUS_BITS;
	p->trouble_s = get(&r);
	p->trouble = get_optional(&r);
	get_watch(&r, &p->watch);
	get_grant(&r, &p->grant);
	return r.p == r.end && !r.damaged;
}

/* The lists are as long as their counts say. */
static void clear(struct pair *p)
{
	memset(&p->watch, 0, offsetof(struct pair_watch, devices));
	memset(&p->grant, 0, offsetof(struct pair_grant, legs));
	p->watch.etag = "";
	p->trouble = NULL;
	p->trouble_status = 0;
	p->trouble_s = 0;
	p->trouble_s2x = false;
	p->wait_ms = 0;
}

void pair_read(struct pair *p, struct stox_host *host, const char *key,
	const void *row, size_t len)
{
	size_t key_len = strlen(key);
	char *space;

	if (key_len >= sizeof(p->key)) /* cannot be: see there */
		key_len = sizeof(p->key) - 1;
	clear(p);
	p->session = NULL;
	p->host = host;
	p->now_s = stox_wall_s(p->host);
	p->now_ms = stox_now_ms(p->host);
	memcpy(p->key, key, key_len);
	p->key[key_len] = '\0';
	space = memchr(p->key, ' ', key_len);
	if (space)
		*space++ = '\0';
	p->xmpp = p->key;
	p->sip = space ? space : "";
	if (!len || unpack(p, row, len))
		return;
	stox_log(p->host, STOX_LOG_ERROR, NULL, "row-unreadable", "bytes=%zu",
		len);
	clear(p);
}

void pair_load(struct pair *p, struct stox_session *s)
{
	size_t len;
	const void *row = stox_session_row(s, &len);

	pair_read(p, stox_session_host(s), stox_session_key(s), row, len);
	p->session = s;
}

/* ---- due times -------------------------------------------------------------- */

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a && (!b || a < b) ? a : b;
}

/* How long a refusal is remembered, for those who ask why. */
enum { TROUBLE_S = 7 * 86400 };

/* A leg that lapses is told a little later: a refresh may be on its way. */
enum { GRACE_S = 5 };

bool pair_may_return(const struct pair *p)
{
	const struct pair_watch *w = &p->watch;

	return w->auth == AUTH_YES && w->state == WATCH_IDLE &&
	       p->grant.auth == AUTH_YES &&
	       w->seen_s + PAIR_UNSURE_S > p->now_s;
}

static uint64_t due(const struct pair *p)
{
	uint64_t at = p->watch.next_s;

	if (pair_may_return(p)) /* until then it is one that a restart wakes */
		at = sooner(p->watch.seen_s + PAIR_UNSURE_S, at);
	if (p->trouble)
		at = sooner(p->trouble_s + TROUBLE_S, at);
	for (size_t i = 0; i < p->grant.leg_count; i++)
		at = sooner(p->grant.legs[i].expires_s + GRACE_S, at);
	return at;
}

bool pair_is_empty(const struct pair *p)
{
	const struct pair_watch *w = &p->watch;
	const struct pair_grant *g = &p->grant;

	return w->auth == AUTH_NONE && w->state == WATCH_IDLE && w->count == 0 &&
	       !w->owe_error && !w->owe_unsubscribed && !w->owe_subscribed &&
	       g->auth == AUTH_NONE && g->leg_count == 0 && !g->owe_ask &&
	       !g->owe_gone && !g->owe_end && !p->trouble;
}

size_t pair_pack(const struct pair *p, char *row)
{
	size_t len = pack(p, row, PAIR_ROW_MAX, true);

	return len ? len : pack(p, row, PAIR_ROW_MAX, false);
}

void pair_save(struct pair *p)
{
	PRESENCE_SCRATCH char row[PAIR_ROW_MAX];
	size_t len = pair_pack(p, row);

	stox_session_set(p->session, row, len, due(p));
}

void pair_note(struct pair *p)
{
	PRESENCE_SCRATCH char row[PAIR_ROW_MAX];
	size_t len = pair_pack(p, row);

	stox_session_note(p->session, row, len);
}

void pair_wait(struct pair *p, uint64_t ms)
{
	if (ms > 3600000)
		ms = 3600000;
	if (!p->wait_ms || ms < p->wait_ms)
		p->wait_ms = ms ? (unsigned)ms : 1;
}

void pair_again(struct pair *p)
{
	uint64_t n = p->now_ms;

	for (const char *c = p->sip; *c; c++)
		n = n * 31 + (unsigned char)*c;
	for (const char *c = p->xmpp; *c; c++)
		n = n * 31 + (unsigned char)*c;
	pair_wait(p, 1000 + n % 29000);
}

void pair_forget(struct pair *p)
{
	if (p->trouble && p->trouble_s + TROUBLE_S <= p->now_s)
		pair_fine(p, p->trouble_s2x);
}

void pair_trouble(struct pair *p, unsigned status, const char *text)
{
	p->trouble = text;
	p->trouble_status = status;
	p->trouble_s = p->now_s;
	p->trouble_s2x = false;
}

void pair_trouble_s2x(struct pair *p, const char *text)
{
	pair_trouble(p, 0, text);
	p->trouble_s2x = true;
}

bool pair_fine(struct pair *p, bool s2x)
{
	if (!p->trouble || p->trouble_s2x != s2x)
		return false;
	p->trouble = NULL;
	p->trouble_status = 0;
	p->trouble_s = 0;
	p->trouble_s2x = false;
	return true;
}

/* ---- devices ---------------------------------------------------------------- */

struct pair_device *pair_device(struct pair_device *list, size_t count,
	const char *resource)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].d.resource, resource) == 0)
			return &list[i];
	return NULL;
}

void pair_device_remove(struct pair_device *list, size_t *count,
	struct pair_device *d)
{
	size_t i = (size_t)(d - list);

	memmove(d, d + 1, (*count - i - 1) * sizeof(*d));
	--*count;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool pair_device_same(const struct presence_device *a,
	const struct presence_device *b)
{
	if (a->open != b->open || a->show != b->show ||
		a->priority != b->priority || a->note_count != b->note_count)
		return false;
	for (size_t i = 0; i < a->note_count; i++)
		if (!same_text(a->notes[i].lang, b->notes[i].lang) ||
			!same_text(a->notes[i].text, b->notes[i].text))
			return false;
	return true;
}
