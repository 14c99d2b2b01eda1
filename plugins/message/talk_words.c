/*
 * What a refusal on SIP means to somebody who has written a message.  lync.md
 * 2.8, stox.md 2.3.
 */
#include <string.h>

#include "talk.h"

static const struct {
	unsigned status;
	enum stox_condition condition;
	const char *text;
} words[] = {
	{ 403, STOX_FORBIDDEN, "The SIP side does not allow this conversation: "
		"its rules, or those of this contact, forbid it." },
	{ 404, STOX_ITEM_NOT_FOUND, "There is no such contact on SIP." },
	{ 604, STOX_ITEM_NOT_FOUND, "There is no such contact on SIP." },
	{ 408, STOX_RECIPIENT_UNAVAILABLE, "The contact did not answer." },
	{ 487, STOX_RECIPIENT_UNAVAILABLE, "The contact did not answer." },
	{ 430, STOX_RECIPIENT_UNAVAILABLE,
		"The contact has lost the connection; try again later." },
	{ 481, STOX_RECIPIENT_UNAVAILABLE,
		"The contact has left the conversation; try again later." },
	{ 480, STOX_RECIPIENT_UNAVAILABLE,
		"The contact cannot be reached now; try again later." },
	{ 486, STOX_RECIPIENT_UNAVAILABLE, "The contact is busy: do not disturb." },
	{ 600, STOX_RECIPIENT_UNAVAILABLE, "The contact is busy: do not disturb." },
	{ 415, STOX_FEATURE_NOT_IMPLEMENTED,
		"The contact's client does not take plain text messages." },
	{ 488, STOX_FEATURE_NOT_IMPLEMENTED,
		"The contact's client does not take text messages." },
	{ 500, STOX_REMOTE_SERVER_TIMEOUT,
		"The SIP server of the contact has failed; try again later." },
	{ 503, STOX_REMOTE_SERVER_TIMEOUT,
		"The SIP server of the contact has failed; try again later." },
	{ 504, STOX_REMOTE_SERVER_TIMEOUT, "The SIP server of the contact could "
		"not be reached, or does not know this gateway." },
	{ 603, STOX_NOT_ACCEPTABLE, "The contact has declined the conversation." },
	{ 606, STOX_POLICY_VIOLATION, "A filter on the SIP side has refused the "
		"message: links and files are often not allowed." },
	{ 0, STOX_NO_ERROR, NULL }
};

/* Warning 391 stands for "do not disturb" with Lync. */
static bool is_busy(const struct stox_exchange *x)
{
	const char *warning = stox_answer_header(x, "Warning");

	return warning && strncmp(warning, "391", 3) == 0;
}

enum stox_condition talk_words(struct talk *t, struct stox_exchange *x,
	const char **ret_text)
{
	unsigned status = stox_answer_status(x);
	enum stox_condition condition = stox_answer_error(x, ret_text);

	(void)t;
	if (status == 480 && is_busy(x))
		status = 486;
	/* the Lync side says more than its status, and the core reads it */
	if (stox_answer_header(x, "ms-diagnostics") ||
		stox_answer_header(x, "ms-diagnostics-public"))
		return condition;
	for (size_t i = 0; words[i].status && status; i++)
		if (words[i].status == status) {
			*ret_text = words[i].text;
			return words[i].condition;
		}
	if (status >= 200 && status < 300) { /* without a usable Contact */
		*ret_text = "The SIP side has answered with something that "
			    "makes no conversation.";
		return STOX_UNDEFINED_CONDITION;
	}
	return condition ? condition : STOX_REMOTE_SERVER_TIMEOUT;
}

bool talk_is_gone(const struct stox_exchange *x)
{
	switch (stox_answer_status(x)) {
	case 408:
	case 430:
	case 480:
	case 481:
		return true;
	default:
		return false;
	}
}
