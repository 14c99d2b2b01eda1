/*
 * A state to PIDF.  RFC 3863, RFC 4479, RFC 4480; stox.md 3.8, lync.md 4.2.
 *
 * The order of the elements is that of the schema.
 */
#include <stdlib.h>
#include <string.h>

#include "presence.h"
#include "stox/service/address.h"
#include "stox/service/date.h"

const struct presence_style presence_style_simple = {
	.scheme = "pres",
	.rpid = true,
	.show = true,
	.notes = true,
	.display = true,
};
const struct presence_style presence_style_lync = {
	.scheme = "sip",
	.one_tuple = true,
	.old_rpid = true,
	.display = true,
};

/* ---- which devices --------------------------------------------------------- */

static int priority_of(const struct presence_device *d)
{
	return d->priority == PRESENCE_NO_PRIORITY ? 0 : d->priority;
}

/* Higher priority first, then the later change. */
static int compare(const void *a, const void *b)
{
	const struct presence_device *one =
		*(const struct presence_device *const *)a;
	const struct presence_device *two =
		*(const struct presence_device *const *)b;

	if (priority_of(one) != priority_of(two))
		return priority_of(one) < priority_of(two) ? 1 : -1;
	if (one->stamp_s != two->stamp_s)
		return one->stamp_s < two->stamp_s ? 1 : -1;
	return strcmp(one->resource, two->resource);
}

/* Those that are available, the best first. */
static const struct presence_device **available(struct stox_exchange *x,
	const struct presence_state *state, size_t *ret_count)
{
	const struct presence_device **list =
		stox_alloc(x, (state->count + 1) * sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < state->count; i++)
		if (state->devices[i].open)
			list[n++] = &state->devices[i];
	qsort(list, n, sizeof(*list), compare);
	*ret_count = n;
	return list;
}

/* ---- parts ----------------------------------------------------------------- */

static void put_old_activity(struct stox_element *status,
	enum presence_show show)
{
	const char *activity = presence_activity(show);

	if (activity)
		stox_element_add_child_text(stox_element_add(status,
			"activities", PRESENCE_NS_RPID_OLD), "activity", NULL,
			activity);
}

static void put_status(struct stox_element *tuple,
	const struct presence_device *d, const struct presence_style *style)
{
	struct stox_element *status = stox_element_add(tuple, "status", NULL);

	stox_element_add_child_text(status, "basic", NULL,
		d->open ? "open" : "closed");
	if (d->open && style->show && presence_show_word(d->show))
		stox_element_add_child_text(status, "show", "jabber:client",
			presence_show_word(d->show));
	if (d->open && style->old_rpid)
		put_old_activity(status, d->show);
}

/* A negative priority says "not to me": then there is no contact to use. */
static void put_contact(struct stox_exchange *x, struct stox_element *tuple,
	const struct presence_device *d, const char *uri)
{
	struct stox_element *e;

	if (!d->open ||
		(d->priority < 0 && d->priority != PRESENCE_NO_PRIORITY))
		return;
	if (*d->resource)
		uri = stox_address_device(x, uri, d->resource);
	e = stox_element_add_child_text(tuple, "contact", NULL, uri);
	stox_element_set(e, "priority", presence_priority_text(x,
		priority_of(d)));
}

static void put_notes(struct stox_element *tuple,
	const struct presence_device *d)
{
	for (size_t i = 0; i < d->note_count; i++)
		stox_element_set(stox_element_add_child_text(tuple, "note",
			NULL, d->notes[i].text), "xml:lang", d->notes[i].lang);
}

static void put_tuple(struct stox_exchange *x, struct stox_element *root,
	const struct presence_device *d, const char *uri,
	const struct presence_style *style, int64_t now_s)
{
	struct stox_element *tuple = stox_element_add(root, "tuple", NULL);
	char stamp[STOX_DATE_SIZE];

	stox_element_set(tuple, "id", style->one_tuple
		? "ID-0" : presence_tuple_id(x, d->resource));
	put_status(tuple, d, style);
	if (style->one_tuple)
		return;
	put_contact(x, tuple, d, uri);
	if (style->notes)
		put_notes(tuple, d);
	stox_element_add_child_text(tuple, "timestamp", NULL,
		stox_date_stamp(stamp, d->stamp_s < 0 ? now_s : d->stamp_s));
}

/* What the person is doing is what the best device says. */
static void put_person(struct stox_element *root, enum presence_show show)
{
	const char *activity = presence_activity(show);
	struct stox_element *person;

	if (!activity)
		return;
	person = stox_element_add(root, "person", PRESENCE_NS_DATA_MODEL);
	stox_element_set(person, "id", "p1");
	stox_element_add(stox_element_add(person, "activities",
		PRESENCE_NS_RPID), activity, NULL);
}

/* The language of all notes, or NULL. */
static const char *language_of(const struct presence_device *const *devices,
	size_t count)
{
	const char *lang = NULL;

	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < devices[i]->note_count; k++) {
			const char *other = devices[i]->notes[k].lang;

			if (!other || (lang && strcmp(lang, other) != 0))
				return NULL;
			lang = other;
		}
	}
	return presence_language(lang);
}

/* ---- the document ---------------------------------------------------------- */

const char *presence_pidf_write(struct stox_exchange *x,
	const struct presence_state *state, const char *jid,
	const struct presence_style *style, int64_t now_s, size_t *ret_len,
	const char **ret_lang)
{
	static const struct presence_device nobody = { .resource = "",
		.priority = PRESENCE_NO_PRIORITY, .stamp_s = -1 };
	struct stox_element *root =
		stox_document_new(x, "presence", PRESENCE_NS_PIDF);
	const struct presence_device **devices;
	const char *uri = stox_address_uri(x, jid);
	size_t count;

	if (!uri)
		return NULL;
	stox_element_set(root, "entity", stox_printf(x, "%s:%s", style->scheme,
		strchr(uri, ':') + 1));
	devices = available(x, state, &count);
	if (count == 0) {
		devices[0] = &nobody;
		count = 1;
	}
	if (count > PRESENCE_DEVICES)
		count = PRESENCE_DEVICES;
	for (size_t i = 0; i < (style->one_tuple ? 1 : count); i++)
		put_tuple(x, root, devices[i], uri, style, now_s);
	if (style->rpid)
		put_person(root, devices[0]->show);
	if (style->display && state->display)
		stox_element_add_child_text(root, "display-name",
			PRESENCE_NS_CIPID, state->display);
	*ret_lang = style->notes ? language_of(devices, count) : NULL;
	return stox_document_text(x, root, ret_len);
}

void presence_pidf_put(struct stox_exchange *x,
	const struct presence_state *state, const char *jid,
	const struct presence_style *style, int64_t now_s)
{
	const char *lang;
	size_t len;
	const char *text = presence_pidf_write(x, state, jid, style, now_s,
		&len, &lang);

	if (!text)
		return;
	stox_out_body(x, PRESENCE_TYPE, text, len);
	if (lang)
		stox_out_header(x, "Content-Language", lang);
}
