/*
 * Juliet, who has two devices, and her server, which keeps her roster as RFC 6121
 * wants it.
 */
#include "world.h"

int all_of(const enum show show[DEVICES])
{
	return (int)show[BALCONY] + SHOWS * (int)show[ORCHARD];
}

static void send_presence(struct truth *t, const char *device, const char *type,
	enum show show)
{
	char text[512];

	snprintf(text, sizeof(text), "<presence from='juliet@example.org%s' "
		"to='romeo@contoso.com'%s%s%s>%s</presence>", device,
		type ? " type='" : "", type ? type : "", type ? "'" : "",
		show == AWAY ? "<show>away</show>" : "");
	peer_send(t->xmpp, "contoso.com", str_from(text));
}

void say(struct truth *t, const char *type)
{
	send_presence(t, "", type, HERE);
}

void show_device(struct truth *t, enum device d)
{
	if (t->from == YES)
		send_presence(t, d == BALCONY ? "/balcony" : "/orchard",
			t->juliet[d] == GONE ? "unavailable" : NULL,
			t->juliet[d]);
}

void show_juliet(struct truth *t)
{
	for (size_t i = 0; i < DEVICES; i++)
		if (t->juliet[i] != GONE || (i == 0 && !all_of(t->juliet)))
			show_device(t, (enum device)i);
}

static void see_romeo(struct truth *t, const char *from, enum show show)
{
	const char *resource = strchr(from, '/') ? strchr(from, '/') + 1 : "";
	size_t i = 0;

	while (i < t->views && strcmp(t->view[i].resource, resource) != 0)
		i++;
	if (i == t->views && show != GONE) {
		assert_true(t->views < RESOURCES);
		snprintf(t->view[t->views++].resource,
			sizeof(t->view[0].resource), "%s", resource);
	}
	if (i < t->views)
		t->view[i].show = show;
}

static void got_presence(struct truth *t, const struct stox_element *e)
{
	const char *type = stox_element_attr(e, "type");
	const char *from = stox_element_attr(e, "from");

	if (!type || strcmp(type, "unavailable") == 0) {
		if (t->to == YES && all_of(t->juliet))
			see_romeo(t, from, type ? GONE
				: stox_element_child(e, "show", NULL)
				? AWAY : HERE);
	} else if (strcmp(type, "subscribed") == 0) {
		if (t->to == ASKED)
			t->to = YES;
	} else if (strcmp(type, "unsubscribed") == 0) {
		t->to = NONE;
		t->wanted = false;
		t->views = 0;
	} else if (strcmp(type, "subscribe") == 0) {
		if (t->allows || t->from == YES) {
			t->from = YES;
			say(t, "subscribed");
			show_juliet(t);
		} else {
			t->from = ASKED;
		}
	} else if (strcmp(type, "unsubscribe") == 0) {
		t->from = NONE;
	} else if (strcmp(type, "probe") == 0) {
		if (t->from == YES)
			show_juliet(t);
		else
			say(t, "unsubscribed");
	}
}

void xmpp_turn(struct truth *t)
{
	peer_answer_pings(t->xmpp);
	list_each (it, tmp, &t->xmpp->inbox) {
		struct peer_item *item = container_of(it, struct peer_item, node);

		list_remove(&item->node);
		if (strcmp(stox_element_name(item->stanza), "presence") == 0)
			got_presence(t, item->stanza);
		peer_item_free(item);
	}
}
