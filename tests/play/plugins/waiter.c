/*
 * Waits in every way that a hook can, by the first word of the body:
 * "sleep" for half a second, "woken" until its own timer wakes it (and a
 * second wake finds nothing), "forever" until the core's deadline.
 */
#include <string.h>

#include "stox/plugin.h"

struct alarm {
	struct stox_host *host;
	uint64_t token;
};

static stox_verdict go_on(struct stox_exchange *x, enum stox_why why, void *arg)
{
	static const char *const names[] = { "woken", "timeout", "gone" };
	struct stox_host *host = arg;

	stox_log(host, STOX_LOG_INFO, x, "resumed", "why=%s", names[why]);
	return stox_next(x);
}

static void ring(void *arg)
{
	struct alarm *a = arg;
	int first = stox_wake(a->host, a->token);
	int second = stox_wake(a->host, a->token);

	stox_log(a->host, STOX_LOG_INFO, NULL, "rang", "first=%d second=%d",
		first, second);
}

static stox_verdict wait_here(void *state, struct stox_exchange *x)
{
	struct stox_host *host = state;
	const char *body = stox_element_child_text(stox_in_stanza(x), "body");
	stox_verdict v;
	struct alarm *a;

	if (!body)
		return stox_next(x);
	if (strncmp(body, "sleep", 5) == 0)
		return stox_wait(x, 500, go_on, host, NULL);
	if (strncmp(body, "forever", 7) == 0)
		return stox_wait(x, 600000, go_on, host, NULL);
	if (strncmp(body, "woken", 5) != 0)
		return stox_next(x);
	a = stox_alloc(x, sizeof(*a));
	a->host = host;
	v = stox_wait(x, 10000, go_on, host, &a->token);
	stox_timer(host, 100, ring, a);
	return v;
}

static int start(struct stox_host *host, void **ret_state)
{
	*ret_state = host;
	return 0;
}

static const struct stox_hook hooks[] = {
	{ STOX_ROUTE, STOX_XMPP, .name = "message", .run = wait_here },
	{ 0 }
};

STOX_PLUGIN(waiter, "Wait in every way.", .hooks = hooks, .init = start);
