/*
 * The dialogs of a conversation.
 */
#include <string.h>

#include "talk.h"

/* ---- which ------------------------------------------------------------------ */

void talk_dialog_drop(struct talk_dialog *d)
{
	stox_memory_free(d->bytes);
	stox_memory_free(d->thread);
	stox_memory_free(d->first);
	memset(d, 0, sizeof(*d));
}

struct talk_dialog *talk_dialog_new(struct talk *t)
{
	struct talk_dialog *d = &t->dialogs[0];

	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		struct talk_dialog *other = &t->dialogs[i];

		if (other->state == TALK_NONE) {
			d = other;
			break;
		}
		if (other->number < d->number)
			d = other;
	}
	if (d->state != TALK_NONE)
		talk_dialog_bye(t, d);
	d->number = ++t->numbers;
	return d;
}

void talk_dialog_keep(struct talk_dialog *d, const struct stox_dialog *bytes)
{
	stox_memory_free(d->bytes);
	d->bytes = stox_memory_copy(bytes->bytes, bytes->len);
	d->len = bytes->len;
}

struct stox_dialog talk_dialog_bytes(const struct talk_dialog *d)
{
	return (struct stox_dialog){ d->bytes, d->len };
}

struct talk_dialog *talk_dialog_best(struct talk *t)
{
	struct talk_dialog *best = NULL;

	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		struct talk_dialog *d = &t->dialogs[i];

		if (d->state == TALK_OPEN &&
			(!best || d->opened > best->opened))
			best = d;
	}
	return best;
}

struct talk_dialog *talk_dialog_tagged(struct talk *t, const char *tag)
{
	for (size_t i = 0; i < TALK_DIALOGS; i++)
		if (t->dialogs[i].state != TALK_NONE &&
			strcmp(t->dialogs[i].tag, tag) == 0)
			return &t->dialogs[i];
	return NULL;
}

struct talk_dialog *talk_dialog_numbered(struct talk *t, unsigned number)
{
	for (size_t i = 0; i < TALK_DIALOGS; i++)
		if (t->dialogs[i].state != TALK_NONE &&
			t->dialogs[i].number == number)
			return &t->dialogs[i];
	return NULL;
}

/* A client that asks anew has forgotten the old one.  Two that crossed are both
 * kept: the one asked for later was not there when the other was.  lync.md 3.6 */
void talk_dialog_open(struct talk *t, struct talk_dialog *d)
{
	d->state = TALK_OPEN;
	d->opened = ++t->numbers;
	for (size_t i = 0; i < TALK_DIALOGS; i++) {
		struct talk_dialog *other = &t->dialogs[i];

		if (other->state == TALK_OPEN && other != d &&
			other->opened < d->number)
			talk_dialog_bye(t, other);
	}
}

/* ---- requests in them ------------------------------------------------------- */

struct stox_exchange *talk_dialog_begin(struct talk *t, struct talk_dialog *d,
	const char *method, unsigned tag)
{
	const struct stox_begin b = { .from = t->xmpp, .to = t->sip, .tag = tag,
		.cseq = d->cseq + 1, .dialog = talk_dialog_bytes(d) };
	struct stox_exchange *x = stox_begin(t->session, &b);

	if (!x)
		return NULL;
	d->cseq++;
	stox_out_sip(x, method);
	return x;
}

void talk_dialog_bye(struct talk *t, struct talk_dialog *d)
{
	struct stox_exchange *x = talk_dialog_begin(t, d, "BYE", TALK_LAST);

	if (x)
		stox_begin_send(x);
	if (d->first_ms) /* its ACK has come */
		talk_first_last(t, d);
	talk_dialog_drop(d);
}
