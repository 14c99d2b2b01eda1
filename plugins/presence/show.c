/*
 * <show/> and the activities of RPID.  stox.md 3.8.
 */
#include <string.h>

#include "presence.h"

static const char *const words[] = {
	[PRESENCE_CHAT] = "chat",
	[PRESENCE_AWAY] = "away",
	[PRESENCE_XA] = "xa",
	[PRESENCE_DND] = "dnd",
};

const char *presence_show_word(enum presence_show show)
{
	return words[show];
}

enum presence_show presence_show_read(const char *word)
{
	for (size_t i = PRESENCE_CHAT; word && i <= PRESENCE_DND; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum presence_show)i;
	return PRESENCE_PLAIN;
}

/* What is further down wins: by show, and what says more than its show over what
 * does not.  The last ones of each are not RPID's, but Lync's.  lync.md 4.4. */
static const struct presence_doing activities[] = {
	{ "away", PRESENCE_AWAY, NULL },
	{ "appointment", PRESENCE_AWAY, "At an appointment" },
	{ "in-transit", PRESENCE_AWAY, "On the way" },
	{ "playing", PRESENCE_AWAY, "Playing" },
	{ "shopping", PRESENCE_AWAY, "Shopping" },
	{ "spectator", PRESENCE_AWAY, "Watching a game or a show" },
	{ "travel", PRESENCE_AWAY, "Travelling" },
	{ "tv", PRESENCE_AWAY, "Watching television" },
	{ "meal", PRESENCE_AWAY, "At a meal" },
	{ "breakfast", PRESENCE_AWAY, "At breakfast" },
	{ "lunch", PRESENCE_AWAY, "At lunch" },
	{ "dinner", PRESENCE_AWAY, "At dinner" },
	{ "steering", PRESENCE_AWAY, "Driving" },
	{ "be-right-back", PRESENCE_AWAY, "Be right back" },
	{ "permanent-absence", PRESENCE_XA, "Gone for good" },
	{ "holiday", PRESENCE_XA, "On holiday" },
	{ "vacation", PRESENCE_XA, "On vacation" },
	{ "sleeping", PRESENCE_XA, "Sleeping" },
	{ "worship", PRESENCE_XA, "At worship" },
	{ "off-work", PRESENCE_XA, "Off work" },
	{ "out-of-office", PRESENCE_XA, "Out of the office" },
	{ "busy", PRESENCE_DND, "Busy" },
	{ "performance", PRESENCE_DND, "At a performance" },
	{ "meeting", PRESENCE_DND, "In a meeting" },
	{ "presentation", PRESENCE_DND, "In a presentation" },
	{ "on-the-phone", PRESENCE_DND, "On the phone" },
	{ "in-a-meeting", PRESENCE_DND, "In a meeting" },
	{ "in-a-conference", PRESENCE_DND, "In a conference" },
	{ "in-presentation", PRESENCE_DND, "In a presentation" },
	{ "urgent-interruptions-only", PRESENCE_DND,
		"Urgent interruptions only" },
};

const struct presence_doing *presence_doing_read(const char *name)
{
	for (size_t i = 0; i < sizeof activities / sizeof *activities; i++)
		if (strcmp(name, activities[i].name) == 0)
			return &activities[i];
	return NULL;
}

const struct presence_doing *presence_doing_later(
	const struct presence_doing *a, const struct presence_doing *b)
{
	return !a || (b && b > a) ? b : a;
}

const char *presence_activity(enum presence_show show)
{
	switch (show) {
	case PRESENCE_PLAIN:
	case PRESENCE_CHAT:
		return NULL;
	case PRESENCE_AWAY:
	case PRESENCE_XA:
		return "away";
	case PRESENCE_DND:
		return "busy";
	}
	return NULL;
}
