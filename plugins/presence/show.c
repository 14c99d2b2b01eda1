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

static const struct {
	const char *name;
	enum presence_show show;
} activities[] = {
	{ "appointment", PRESENCE_AWAY },
	{ "away", PRESENCE_AWAY },
	{ "breakfast", PRESENCE_AWAY },
	{ "busy", PRESENCE_DND },
	{ "dinner", PRESENCE_AWAY },
	{ "holiday", PRESENCE_XA },
	{ "in-transit", PRESENCE_AWAY },
	{ "lunch", PRESENCE_AWAY },
	{ "meal", PRESENCE_AWAY },
	{ "meeting", PRESENCE_DND },
	{ "on-the-phone", PRESENCE_DND },
	{ "performance", PRESENCE_DND },
	{ "permanent-absence", PRESENCE_XA },
	{ "playing", PRESENCE_AWAY },
	{ "presentation", PRESENCE_DND },
	{ "shopping", PRESENCE_AWAY },
	{ "sleeping", PRESENCE_XA },
	{ "spectator", PRESENCE_AWAY },
	{ "steering", PRESENCE_AWAY },
	{ "travel", PRESENCE_AWAY },
	{ "tv", PRESENCE_AWAY },
	{ "vacation", PRESENCE_XA },
	{ "worship", PRESENCE_XA },
};

enum presence_show presence_activity_read(const char *name)
{
	for (size_t i = 0; i < sizeof activities / sizeof *activities; i++)
		if (strcmp(name, activities[i].name) == 0)
			return activities[i].show;
	return PRESENCE_PLAIN;
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
