/*
 * PIDF to a state.  RFC 3863, RFC 4479, RFC 4480; stox.md 3.7, lync.md 4.2.
 */
#include <string.h>

#include "presence.h"
#include "stox/service/address.h"
#include "stox/service/date.h"

static const char NS_CLIENT[] = "jabber:client";

struct reader {
	struct stox_exchange *x;
	struct presence_state *state;
	const char *lang;                  /* of notes that tell none, NULL */
	const char *ids[PRESENCE_DEVICES]; /* seen so far */
	size_t id_count;
	bool shown[PRESENCE_DEVICES];      /* the device has a show of its own */
	/* what made it; NULL: <show/>, or nothing */
	const struct presence_doing *doing[PRESENCE_DEVICES];
};

/* ---- activities ------------------------------------------------------------ */

/* <activities/> of both kinds: a child named by the activity, or <activity/>
 * with its name as text. */
static const struct presence_doing *read_activities(
	const struct stox_element *list)
{
	const struct presence_doing *doing = NULL;
	const struct stox_element *e = stox_element_child(list, NULL, NULL);

	for (; e; e = stox_element_next(e, NULL, NULL))
		doing = presence_doing_later(doing, presence_doing_read(
			stox_element_is(e, "activity", NULL)
				? stox_element_text(e)
				: stox_element_name(e)));
	return doing;
}

static const struct presence_doing *activities_in(
	const struct stox_element *parent)
{
	static const char *const kinds[] = { PRESENCE_NS_RPID,
		PRESENCE_NS_RPID_OLD };
	const struct presence_doing *doing = NULL;

	for (size_t i = 0; parent && i < 2; i++) {
		const struct stox_element *e = stox_element_child(parent,
			"activities", kinds[i]);

		if (e)
			doing = presence_doing_later(doing, read_activities(e));
	}
	return doing;
}

static const struct presence_doing *person_activities(
	const struct stox_element *root)
{
	const struct stox_element *e = stox_element_child(root, "person",
		PRESENCE_NS_DATA_MODEL);
	const struct presence_doing *doing = NULL;

	for (; e; e = stox_element_next(e, "person", PRESENCE_NS_DATA_MODEL))
		doing = presence_doing_later(doing, activities_in(e));
	return doing;
}

/* ---- notes ----------------------------------------------------------------- */

static bool same_lang(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static void add_note(struct reader *r, struct presence_device *d,
	const struct stox_element *e)
{
	const char *own = stox_element_lang(e);
	const char *lang = own ? own : r->lang;

	if (!*stox_element_text(e) || d->note_count == PRESENCE_NOTES)
		return;
	for (size_t i = 0; i < d->note_count; i++)
		if (same_lang(d->notes[i].lang, lang))
			return; /* the first one stays */
	d->notes[d->note_count++] = (struct presence_note){ lang,
		presence_note_cut(r->x, stox_element_text(e)) };
}

static void read_notes(struct reader *r, struct presence_device *d,
	const struct stox_element *parent)
{
	const struct stox_element *e =
		stox_element_child(parent, "note", PRESENCE_NS_PIDF);

	for (; e; e = stox_element_next(e, "note", PRESENCE_NS_PIDF))
		add_note(r, d, e);
}

/* Who says nothing, is doing something all the same. */
static void add_phrase(struct presence_device *d,
	const struct presence_doing *doing)
{
	if (doing && doing->phrase && d->open && d->note_count == 0)
		d->notes[d->note_count++] = (struct presence_note){ "en",
			doing->phrase };
}

/* ---- tuples ---------------------------------------------------------------- */

static bool is_known(const struct stox_element *e)
{
	const char *ns = stox_element_ns(e);

	return strcmp(ns, PRESENCE_NS_PIDF) == 0 ||
		strcmp(ns, PRESENCE_NS_RPID) == 0 ||
		strcmp(ns, PRESENCE_NS_RPID_OLD) == 0 ||
		strcmp(ns, NS_CLIENT) == 0;
}

/* Is there something in <status/> that one must understand and we do not?
 * RFC 3863, 4.2.4. */
static bool is_beyond_us(const struct stox_element *status)
{
	const struct stox_element *e = stox_element_child(status, NULL, NULL);

	for (; e; e = stox_element_next(e, NULL, NULL)) {
		const char *must = stox_element_attr_ns(e, "mustUnderstand",
			PRESENCE_NS_PIDF);

		if (must && !is_known(e) && (strcmp(must, "true") == 0 ||
			strcmp(must, "1") == 0))
			return true;
	}
	return false;
}

static const char *resource_of(struct stox_exchange *x, const char *id,
	const char *contact)
{
	const char *jid = contact ? stox_address_jid(x, contact) : NULL;
	const char *slash = jid ? strchr(jid, '/') : NULL;
	const char *resource = slash
		? slash + 1
		: stox_address_resource(x, presence_tuple_resource(x, id));

	return resource ? resource : "";
}

/* Without <basic/> a contact says that there is somebody. */
static bool read_basic(const struct stox_element *status,
	const struct stox_element *contact, bool *ret_open)
{
	const char *basic = status ? stox_element_child_text(status, "basic")
				   : NULL;

	*ret_open = !basic || strcmp(basic, "open") == 0;
	return basic ? *ret_open || strcmp(basic, "closed") == 0
		     : contact != NULL;
}

/* A new one of these sees only what later ones may replace. */
static bool is_better(const struct presence_device *a,
	const struct presence_device *b)
{
	if (a->open != b->open)
		return a->open;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->stamp_s > b->stamp_s;
}

static void add_device(struct reader *r, const struct presence_device *d,
	bool shown, const struct presence_doing *doing)
{
	struct presence_state *s = r->state;

	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(s->devices[i].resource, d->resource) != 0)
			continue;
		if (is_better(d, &s->devices[i])) {
			s->devices[i] = *d;
			r->shown[i] = shown;
			r->doing[i] = doing;
		}
		return;
	}
	r->shown[s->count] = shown;
	r->doing[s->count] = doing;
	s->devices[s->count++] = *d;
}

static bool id_is_new(struct reader *r, const char *id)
{
	for (size_t i = 0; i < r->id_count; i++)
		if (strcmp(r->ids[i], id) == 0)
			return false;
	r->ids[r->id_count++] = id;
	return true;
}

static const char *text_of(const struct stox_element *e)
{
	return e ? stox_element_text(e) : NULL;
}

static void read_tuple(struct reader *r, const struct stox_element *t)
{
	const char *id = stox_element_attr(t, "id");
	const struct stox_element *status =
		stox_element_child(t, "status", PRESENCE_NS_PIDF);
	const struct stox_element *contact =
		stox_element_child(t, "contact", PRESENCE_NS_PIDF);
	const char *show = text_of(status
		? stox_element_child(status, "show", NS_CLIENT) : NULL);
	const char *stamp = text_of(
		stox_element_child(t, "timestamp", PRESENCE_NS_PIDF));
	const struct presence_doing *doing = NULL;
	struct presence_device d = { .stamp_s = -1 };

	if (!id || !id_is_new(r, id) || (status && is_beyond_us(status)) ||
		!read_basic(status, contact, &d.open))
		return;
	d.resource = resource_of(r->x, id, text_of(contact));
	d.priority = presence_priority_read(
		contact ? stox_element_attr(contact, "priority") : NULL);
	if (!show)
		doing = presence_doing_later(activities_in(status),
			activities_in(t));
	d.show = doing ? doing->show : presence_show_read(show);
	if (stamp)
		d.stamp_s = stox_date_read(stamp);
	read_notes(r, &d, t);
	add_device(r, &d, show || doing, doing);
}

/* ---- the document ---------------------------------------------------------- */

/* "pres:user@host" where nothing is escaped on either side is its own JID. */
static bool is_spelled_as(const char *entity, const char *jid)
{
	return strncmp(entity, "pres:", 5) == 0 &&
		strcmp(entity + 5, jid) == 0 && !strpbrk(jid, "\\%");
}

/* Does it speak of @jid?  Anything else is a mistake or a lie. */
static bool is_about(struct stox_exchange *x, const char *entity,
	const char *jid)
{
	const char *told;

	if (!entity)
		return false;
	if (is_spelled_as(entity, jid))
		return true;
	told = stox_address_jid(x, entity);
	return told && strcmp(told, jid) == 0;
}

/* What is said of the person holds for devices that say nothing themselves. */
static void apply_person(struct reader *r, const struct stox_element *root)
{
	const struct presence_doing *doing = person_activities(root);
	struct presence_state *s = r->state;

	for (size_t i = 0; i < s->count; i++) {
		if (!r->shown[i] && doing) {
			s->devices[i].show = doing->show;
			r->doing[i] = doing;
		}
		if (s->devices[i].note_count == 0)
			read_notes(r, &s->devices[i], root);
		add_phrase(&s->devices[i], r->doing[i]);
	}
}

static size_t count_tuples(const struct stox_element *root)
{
	const struct stox_element *t =
		stox_element_child(root, "tuple", PRESENCE_NS_PIDF);
	size_t count = 0;

	for (; t && count < PRESENCE_DEVICES;
		t = stox_element_next(t, "tuple", PRESENCE_NS_PIDF))
		count++;
	return count;
}

int presence_pidf_read(struct stox_exchange *x, const void *body, size_t len,
	const char *jid, const char *lang, struct presence_state *ret,
	const char **why)
{
	struct presence_state state = { .count = 0 };
	struct reader r = { .x = x, .state = &state,
		.lang = presence_language(lang) };
	const struct stox_element *root, *t;

	*why = "Not A Presence Document";
	if (len > PRESENCE_DOCUMENT_MAX)
		return -STOX_EPROTO;
	root = stox_document_read(x, body, len);
	if (!stox_element_is(root, "presence", PRESENCE_NS_PIDF))
		return -STOX_EPROTO;
	*why = "Presence Of Somebody Else";
	if (!is_about(x, stox_element_attr(root, "entity"), jid))
		return -STOX_EPROTO;
	state.devices = stox_alloc(x,
		(count_tuples(root) + 1) * sizeof(*state.devices));
	t = stox_element_child(root, "tuple", PRESENCE_NS_PIDF);
	for (; t && r.id_count < PRESENCE_DEVICES;
		t = stox_element_next(t, "tuple", PRESENCE_NS_PIDF))
		read_tuple(&r, t);
	apply_person(&r, root);
	state.display = text_of(stox_element_child(root, "display-name",
		PRESENCE_NS_CIPID));
	*ret = state;
	return 0;
}
