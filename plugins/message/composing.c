/*
 * application/im-iscomposing+xml.  RFC 3994; stox.md 4.9.
 */
#include <stdlib.h>
#include <string.h>

#include "message.h"

static const char NS_COMPOSING[] = "urn:ietf:params:xml:ns:im-iscomposing";
/* A refresh beyond an hour is nobody's. */
enum { REFRESH_MAX_S = 3600 };

const char *message_composing(struct stox_exchange *x, bool types)
{
	struct stox_element *root =
		stox_document_new(x, "isComposing", NS_COMPOSING);
	size_t len;

	stox_element_add_child_text(root, "state", NS_COMPOSING,
		types ? "active" : "idle");
	stox_element_add_child_text(root, "contenttype", NS_COMPOSING,
		"text/plain");
	if (types)
		stox_element_add_child_text(root, "refresh", NS_COMPOSING, "90");
	return stox_document_text(x, root, &len);
}

bool message_is_composing(struct stox_exchange *x, unsigned *ret_refresh_s)
{
	size_t len;
	const void *body = stox_in_body(x, &len);
	const struct stox_element *root = stox_document_read(x, body, len);
	const char *state, *refresh;
	unsigned long s;

	*ret_refresh_s = 0;
	if (!stox_element_is(root, "isComposing", NS_COMPOSING))
		return false;
	state = stox_element_child_text(root, "state");
	refresh = stox_element_child_text(root, "refresh");
	s = refresh ? strtoul(refresh, NULL, 10) : 0;
	*ret_refresh_s = s > REFRESH_MAX_S ? REFRESH_MAX_S : (unsigned)s;
	return state && strcmp(state, "active") == 0;
}
