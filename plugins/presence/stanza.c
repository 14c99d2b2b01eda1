/*
 * Presence stanzas: a device out of one, one out of a device.  RFC 6121, 4.7.
 */
#include <stdlib.h>
#include <string.h>

#include "presence.h"
#include "stox/service/date.h"

#define NS_DELAY "urn:xmpp:delay"
#define NS_NICK "http://jabber.org/protocol/nick"

/* A state that is older is told with its time. */
enum { DELAY_S = 60 };
enum { LANGUAGE_MAX = 35 }; /* RFC 5646, 4.4.1 */

static bool has_lang(const struct presence_device *d, const char *lang)
{
	for (size_t i = 0; i < d->note_count; i++) {
		const char *other = d->notes[i].lang;

		if (lang == other || (lang && other && strcmp(lang, other) == 0))
			return true;
	}
	return false;
}

const char *presence_note_cut(struct stox_exchange *x, const char *text)
{
	size_t len = strlen(text);

	if (len <= PRESENCE_NOTE_MAX)
		return text;
	len = PRESENCE_NOTE_MAX;
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return stox_printf(x, "%.*s", (int)len, text);
}

const char *presence_language(const char *tag)
{
	size_t n = tag ? strspn(tag, "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") : 0;

	return n > 0 && n <= LANGUAGE_MAX && !tag[n] ? tag : NULL;
}

static void read_status(struct stox_exchange *x, const struct stox_element *e,
	struct presence_device *d)
{
	const struct stox_element *s =
		stox_element_child(e, "status", STOX_NS_SERVER);

	for (; s && d->note_count < PRESENCE_NOTES;
		s = stox_element_next(s, "status", STOX_NS_SERVER)) {
		const char *text = stox_element_text(s);
		const char *lang = stox_element_lang(s);

		if (!*text || has_lang(d, lang))
			continue;
		d->notes[d->note_count++] = (struct presence_note){ lang,
			presence_note_cut(x, text) };
	}
}

static int read_priority(const char *text)
{
	long n = text ? strtol(text, NULL, 10) : 0;

	return n < -128 ? -128 : n > 127 ? 127 : (int)n;
}

void presence_stanza_read(struct stox_exchange *x, const char *resource,
	struct presence_device *ret)
{
	const struct stox_element *e = stox_in_stanza(x);
	const struct stox_element *delay =
		stox_element_child(e, "delay", NS_DELAY);
	const char *stamp = delay ? stox_element_attr(delay, "stamp") : NULL;

	memset(ret, 0, sizeof(*ret));
	ret->resource = resource;
	ret->open = stox_element_attr(e, "type") == NULL;
	ret->show = presence_show_read(stox_element_child_text(e, "show"));
	ret->priority = read_priority(stox_element_child_text(e, "priority"));
	ret->stamp_s = stamp ? stox_date_read(stamp)
			     : (int64_t)(stox_in_time_us(x) / 1000000);
	read_status(x, e, ret);
}

const char *presence_stanza_nick(const struct stox_element *e)
{
	const struct stox_element *nick = stox_element_child(e, "nick", NS_NICK);
	const char *text = nick ? stox_element_text(nick) : NULL;

	return text && *text && strlen(text) <= PRESENCE_NOTE_MAX ? text : NULL;
}

const char *presence_stanza_error(const struct stox_element *e)
{
	const struct stox_element *error =
		stox_element_child(e, "error", STOX_NS_SERVER);
	const struct stox_element *condition = error
		? stox_element_child(error, NULL, STOX_NS_STANZAS) : NULL;

	return condition ? stox_element_name(condition) : "";
}

void presence_stanza_set_nick(struct stox_element *e, const char *name)
{
	if (name)
		stox_element_add_child_text(e, "nick", NS_NICK, name);
}

void presence_stanza_write(struct stox_exchange *x, struct stox_element *e,
	const struct presence_device *d, bool notes, int64_t now_s)
{
	char stamp[STOX_DATE_SIZE];
	struct stox_element *delay;

	if (presence_show_word(d->show))
		stox_element_add_child_text(e, "show", NULL,
			presence_show_word(d->show));
	for (size_t i = 0; notes && i < d->note_count; i++)
		stox_element_set(stox_element_add_child_text(e, "status", NULL,
			d->notes[i].text), "xml:lang", d->notes[i].lang);
	if (d->priority != PRESENCE_NO_PRIORITY && d->priority != 0)
		stox_element_add_child_text(e, "priority", NULL,
			stox_printf(x, "%d", d->priority));
	if (d->stamp_s >= 0 && d->stamp_s + DELAY_S < now_s) {
		delay = stox_element_add(e, "delay", NS_DELAY);
		stox_element_set(delay, "stamp",
			stox_date_stamp(stamp, d->stamp_s));
	}
}
