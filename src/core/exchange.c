#include "core/exchange.h"

#include "core/node.h"

/* The memory budget above which no new exchange begins. */
enum { BUSY_PERCENT = 80 };
/* How long a refusal waits for a domain that has had too many. */
enum { SLOW_MS = 5000 };

static const char *state_name(enum exchange_state s)
{
	switch (s) {
	case EXCHANGE_NEW:
		return "new";
	case EXCHANGE_QUEUED:
		return "queued";
	case EXCHANGE_RUNNING:
		return "running";
	case EXCHANGE_WAITING:
		return "waiting";
	case EXCHANGE_SENT:
		return "sent";
	case EXCHANGE_TAKEN:
		return "taken";
	case EXCHANGE_ENDED:
		return "ended";
	}
	return "?";
}

static void set_state(struct stox_exchange *x, enum exchange_state to,
	const char *why)
{
	if (log_wants(x->node->log, STOX_LOG_DEBUG))
		log_event(x->node->log, STOX_LOG_DEBUG, "core", x->id,
			"exchange", "from=%s to=%s why=%s",
			state_name(x->state), state_name(to), why);
	x->state = to;
}

static void admit(struct stox_exchange *x);
static void deadline_passed(void *arg);
static void run(struct stox_exchange *x);

static bool has_room(struct node *n)
{
	if (handles_count(n->exchanges) >= limit_get(n->limits, LIMIT_EXCHANGES)) {
		limit_hit(n->limits, LIMIT_EXCHANGES);
		return false;
	}
	if (budget_percent(n->budget) >= BUSY_PERCENT) {
		limit_hit(n->limits, LIMIT_MEMORY);
		return false;
	}
	return true;
}

struct stox_exchange *exchange_new(struct node *node, struct pool *pool,
	enum stox_side side)
{
	return node->stopping ? NULL : exchange_new_late(node, pool, side);
}

struct stox_exchange *exchange_new_late(struct node *node, struct pool *pool,
	enum stox_side side)
{
	struct stox_exchange *x;
	enum limit_id limit = side == STOX_XMPP ? LIMIT_EXCHANGE_X2S
						: LIMIT_EXCHANGE_S2X;

	if (!has_room(node))
		return NULL;
	x = pool_alloc0(pool, sizeof(*x));
	x->node = node;
	x->pool = pool;
	x->side = side;
	x->snapshot = snapshot_ref(node->snapshot);
	x->began_us = io_wall_us(node->env);
	x->id = handles_add(node->exchanges, x);
	list_init(&x->lane_node);
	wait_init(x);
	timer_init(&x->deadline, deadline_passed, x);
	timer_start(io_timers(node->env), &x->deadline,
		limit_get(node->limits, limit) * 1000);
	return x;
}

/** Take it out of every table; its memory goes with its pool. */
static void destroy(struct stox_exchange *x)
{
	struct node *n = x->node;
	struct pool *pool = x->pool;

	timer_stop(io_timers(n->env), &x->deadline);
	timer_stop(io_timers(n->env), &x->wait_timer);
	io_undefer(&x->resume);
	if (x->wait_token)
		handles_remove(n->waits, x->wait_token);
	if (x->tracked)
		table_remove(n->by_stanza_id, str_from(x->out_id));
	lane_leave(x);
	crowd_leave(&x->place);
	handles_remove(n->exchanges, x->id);
	snapshot_unref(&x->snapshot);
	pool_free(&pool);
	node_exchange_gone(n);
}

static bool is_refused(const struct stox_exchange *x)
{
	return x->reject || (x->answer_condition && !x->reply_sip) ||
	       (x->reply_sip && x->reply_sip->status >= 300) ||
	       (x->reply_stanza &&
		       stox_element_child(x->reply_stanza, "error", NULL));
}

static void count_end(struct stox_exchange *x)
{
	struct node_counts *c = &x->node->counts;

	if (is_refused(x))
		c->refused++;
	else
		c->answered++;
}

/** What a session began ends by an event to it. */
static void tell_session(struct stox_exchange *x)
{
	const struct stox_event e = { .type = STOX_EVENT_ANSWER,
		.exchange = x, .tag = x->tag };

	if (x->begin->failures_only && !x->reject && !x->answer_condition) {
		set_state(x, EXCHANGE_ENDED, "went well");
		session_went_well(x->node, x->session);
		destroy(x);
		return;
	}
	if (x->reject) {
		x->answer = ANSWER_FAILED;
		x->answer_condition = x->reject;
		x->answer_text = x->reject_text;
	}
	timer_stop(io_timers(x->node->env), &x->deadline);
	if (x->over) {
		x->over(x);
		exchange_replied(x);
		return;
	}
	set_state(x, EXCHANGE_TAKEN, "session");
	core_deliver(x->node, x->session, &e);
}

/** Who tries addresses in turn hears the answer late.  trust.md P02. */
static bool slow_down(struct stox_exchange *x)
{
	if (x->slowed || !is_refused(x) || !partner_refused(x) ||
		x->node->stopping)
		return false;
	x->slowed = true;
	if (x->answer_sip)
		exchange_keep_answer(x);
	exchange_park(x);
	timer_start(io_timers(x->node->env), &x->wait_timer, SLOW_MS);
	return true;
}

/** The one way to end: observers look, the reply goes out. */
static void end(struct stox_exchange *x, const char *why)
{
	const struct hook_entry *e;

	if (x->originating) {
		tell_session(x);
		return;
	}
	if (slow_down(x))
		return;
	count_end(x);
	set_state(x, EXCHANGE_RUNNING, "observe");
	x->phase = STOX_OBSERVE;
	x->position = 0;
	while ((e = hook_next(x)))
		e->hook->run(e->host->state, x);
	route_reply(x);
	set_state(x, EXCHANGE_ENDED, why);
	destroy(x);
}

static void reject(struct stox_exchange *x, enum stox_condition condition,
	const char *text, const char *why)
{
	x->reject = condition;
	x->reject_text = text;
	end(x, why);
}

void exchange_reject(struct stox_exchange *x, enum stox_condition condition,
	const char *text)
{
	reject(x, condition, text, "refused");
}

/** Some plugin serves the namespace of the request, but not this of it. */
static bool serves_in_part(const struct stox_exchange *x)
{
	const struct stox_element *child =
		stox_element_child(x->in_stanza, NULL, NULL);
	const char **f = x->snapshot->features;

	while (*f && strcmp(*f, stox_element_ns(child)) != 0)
		f++;
	return *f;
}

static void refuse_iq(struct stox_exchange *x)
{
	if (serves_in_part(x))
		reject(x, STOX_FEATURE_NOT_IMPLEMENTED,
			"That can be asked for here, not set.", "unserved");
	else
		reject(x, STOX_SERVICE_UNAVAILABLE,
			"This address does not offer that service.", "unserved");
}

/** No plugin carries presence of that address: whoever believes in a
 *  subscription hears that there is none; what waits for no answer gets none.
 *  RFC 6121, 3.2, 3.3 and 4.3.2. */
static void refuse_presence(struct stox_exchange *x)
{
	const char *type = stox_element_attr(x->in_stanza, "type");

	if (type && (strcmp(type, "probe") == 0 ||
			strcmp(type, "unsubscribe") == 0)) {
		stox_reply_stanza(x, "unsubscribed");
		end(x, "unserved");
	} else {
		reject(x, STOX_SERVICE_UNAVAILABLE,
			"There is no presence of this address here.", "unserved");
	}
}

/** Nothing settled it: say so as the protocol wants it. */
static void refuse_unserved(struct stox_exchange *x)
{
	enum stanza_kind kind = x->in_stanza ? stanza_kind(x->in_stanza)
					     : STANZA_NONE;

	if (kind == STANZA_IQ)
		refuse_iq(x);
	else if (kind == STANZA_PRESENCE)
		refuse_presence(x);
	else
		reject(x, STOX_SERVICE_UNAVAILABLE,
			"No feature of this gateway serves that request.",
			"unserved");
}

static void begin_phase(struct stox_exchange *x, enum stox_phase phase)
{
	x->phase = phase;
	x->position = 0;
}

/** Its time begins with its turn. */
static void wait_turn(struct stox_exchange *x, unsigned wait_ms)
{
	struct node *n = x->node;
	uint64_t time_ms = limit_get(n->limits, x->side == STOX_XMPP
		? LIMIT_EXCHANGE_X2S : LIMIT_EXCHANGE_S2X) * 1000;

	if (x->begin && x->begin->timeout_ms)
		time_ms = x->begin->timeout_ms;
	exchange_park(x);
	timer_start(io_timers(n->env), &x->wait_timer, wait_ms);
	timer_start(io_timers(n->env), &x->deadline, wait_ms + time_ms);
}

/** A discovered domain is not hurried.  Returns true when @x may go now. */
static bool has_turn(struct stox_exchange *x)
{
	int64_t wait_ms;

	if (x->paced)
		return true;
	x->paced = true;
	wait_ms = partner_slot(x);
	if (wait_ms < 0)
		reject(x, STOX_RESOURCE_CONSTRAINT,
			"Too much is waiting for that domain already; try "
			"again in a minute.", "pace");
	else if (wait_ms > 0)
		wait_turn(x, (unsigned)wait_ms);
	return wait_ms == 0;
}

/** Errors never cross, so telling its sender does not feed the loop. */
static void refuse_loop(struct stox_exchange *x)
{
	if (x->in_sip) {
		stox_reply_sip(x, 482, NULL);
		end(x, "loop");
	} else {
		reject(x, STOX_NOT_ACCEPTABLE,
			"The message came back to the gateway in a loop.",
			"loop");
	}
}

static void send_out(struct stox_exchange *x)
{
	if (!x->out_sip && !x->out_stanza) {
		log_event(x->node->log, STOX_LOG_ERROR, "core", x->id,
			"no-out", "phase=adjust");
		reject(x, STOX_INTERNAL_SERVER_ERROR, NULL, "no out");
		return;
	}
	if (x->out_sip && x->gateway && x->sip_domain == &x->gateway->self) {
		reject(x, STOX_SERVICE_UNAVAILABLE,
			"Nobody reads what is sent to the gateway itself.",
			"to the gateway");
		return;
	}
	/* a dialog knows where it goes */
	if (x->out_sip && !x->spelled && !x->dialog) {
		x->spelled = true;
		if (!spelling_find(x))
			return; /* resumed here, when the store has answered */
	}
	if (!has_turn(x))
		return; /* refused, or resumed here */
	if (loop_found(x)) {
		refuse_loop(x);
		return;
	}
	set_state(x, EXCHANGE_SENT, "out");
	x->node->counts.crossed++;
	route_send(x);
}

/** A pair's requests go one after the other from here on; IQs do not. */
static void enter_lane(struct stox_exchange *x)
{
	int turn;

	if (x->in_stanza && stanza_kind(x->in_stanza) == STANZA_IQ) {
		run(x);
		return;
	}
	turn = lane_enter(x);
	if (turn < 0) {
		limit_hit(x->node->limits, LIMIT_LANE);
		reject(x, STOX_RESOURCE_CONSTRAINT,
			"Too many messages to this contact are waiting already.",
			"lane full");
	} else if (turn == 0) {
		set_state(x, EXCHANGE_QUEUED, "lane");
	} else {
		run(x);
	}
}

/** All hooks of the phase have had their say. */
static void phase_over(struct stox_exchange *x, bool settled)
{
	switch (x->phase) {
	case STOX_ACCEPT:
		begin_phase(x, STOX_ROUTE);
		enter_lane(x);
		break;
	case STOX_ROUTE:
		begin_phase(x, STOX_TRANSLATE);
		run(x);
		break;
	case STOX_TRANSLATE:
		if (!settled) {
			refuse_unserved(x);
			break;
		}
		begin_phase(x, STOX_ADJUST);
		run(x);
		break;
	case STOX_ADJUST:
		send_out(x);
		break;
	case STOX_REPLY:
		end(x, "answered");
		break;
	case STOX_OBSERVE:
		break;
	}
}

enum verdict {
	VERDICT_NEXT = 1,
	VERDICT_DONE,
	VERDICT_ANSWERED,
	VERDICT_TAKEN,
	VERDICT_REJECT,
	VERDICT_WAIT,
};

static void wait_cancel(struct stox_exchange *x)
{
	handles_remove(x->node->waits, x->wait_token);
	x->wait_token = 0;
	x->then = NULL;
	timer_stop(io_timers(x->node->env), &x->wait_timer);
	io_undefer(&x->resume);
}

/** Act on a verdict.  Returns true when the next hook is to run. */
static bool obey(struct stox_exchange *x, stox_verdict v)
{
	if (x->wait_token && v.code != VERDICT_WAIT)
		wait_cancel(x); /* it asked to wait and then thought better */
	switch ((enum verdict)v.code) {
	case VERDICT_NEXT:
		return true;
	case VERDICT_DONE:
		phase_over(x, true);
		return false;
	case VERDICT_ANSWERED:
		end(x, "answered here");
		return false;
	case VERDICT_TAKEN:
		set_state(x, EXCHANGE_TAKEN, "session");
		return false;
	case VERDICT_REJECT:
		reject(x, x->reject, x->reject_text, "refused");
		return false;
	case VERDICT_WAIT:
		return false;
	}
	log_event(x->node->log, STOX_LOG_ERROR, "core", x->id, "bad-verdict",
		"code=%d", v.code);
	reject(x, STOX_INTERNAL_SERVER_ERROR, NULL, "bad verdict");
	return false;
}

/** Run hooks from where it is. */
static void run(struct stox_exchange *x)
{
	const struct hook_entry *e;

	set_state(x, EXCHANGE_RUNNING, "hooks");
	do {
		e = hook_next(x);
		if (!e) {
			phase_over(x, false);
			return;
		}
		x->waiting_for = e->host;
	} while (obey(x, e->hook->run(e->host->state, x)));
}

/** The first step of every request that came in, also when it is looked at
 *  again because the store had to be asked. */
static void admit(struct stox_exchange *x)
{
	switch (policy_check(x)) {
	case POLICY_YES:
		begin_phase(x, STOX_ACCEPT);
		run(x);
		return;
	case POLICY_NO:
		end(x, "policy");
		return;
	case POLICY_LATER:
		return;
	}
}

void exchange_start(struct stox_exchange *x)
{
	const char *why = partner_enter(x);

	if (why)
		exchange_reject(x, STOX_RESOURCE_CONSTRAINT, why);
	else
		admit(x);
}

void exchange_turn(struct stox_exchange *x)
{
	run(x);
}

void exchange_originate(struct stox_exchange *x)
{
	begin_phase(x, STOX_ADJUST);
	run(x);
}

void exchange_answered(struct stox_exchange *x)
{
	route_forget(x);
	lane_leave(x);
	begin_phase(x, STOX_REPLY);
	run(x);
}

void exchange_sent(struct stox_exchange *x)
{
	x->answer = ANSWER_SENT;
	exchange_answered(x);
}

void exchange_failed(struct stox_exchange *x, enum stox_condition condition,
	const char *text)
{
	x->answer = ANSWER_FAILED;
	x->answer_condition = condition;
	x->answer_text = text ? pool_strdup(x->pool, text) : NULL;
	exchange_answered(x);
}

void exchange_replied(struct stox_exchange *x)
{
	if (x->originating) {
		set_state(x, EXCHANGE_ENDED, "session knows");
		destroy(x);
		return;
	}
	end(x, "session replied");
}

static const char stopping_text[] =
	"The gateway is being restarted; send it again in a minute.";

/** The core's own time is over: whatever state it is in, it ends now. */
static void deadline_passed(void *arg)
{
	struct stox_exchange *x = arg;

	x->node->counts.timed_out++;
	switch (x->state) {
	case EXCHANGE_SENT:
		if (route_forget(x)) {
			exchange_sent(x);
			return;
		}
		reach_failed(x->node->reach, x);
		exchange_failed(x, STOX_REMOTE_SERVER_TIMEOUT,
			x->node->stopping
				? stopping_text
			: x->side == STOX_XMPP
				? "The SIP side did not answer in time."
				: "The XMPP side could not be reached in time.");
		return;
	case EXCHANGE_WAITING:
		wait_end(x, STOX_WAIT_GONE);
		return;
	case EXCHANGE_NEW:
	case EXCHANGE_QUEUED:
	case EXCHANGE_RUNNING:
	case EXCHANGE_TAKEN:
		reject(x, STOX_REMOTE_SERVER_TIMEOUT,
			x->node->stopping
				? stopping_text
				: "The gateway could not finish this in time.",
			"deadline");
		return;
	case EXCHANGE_ENDED:
		return;
	}
}

/* ---- waits ---------------------------------------------------------------- */

static void wait_timed_out(void *arg)
{
	wait_end(arg, STOX_WAIT_TIMEOUT);
}

/** On a fresh stack: the continuation speaks. */
static void resume(void *arg)
{
	struct stox_exchange *x = arg;
	stox_then *then = x->then;
	stox_verdict v;

	x->then = NULL;
	if (x->slowed) {
		end(x, "slowed");
		return;
	}
	if (!then && x->why != STOX_WAIT_GONE) { /* the core's own wait */
		if (x->phase)
			run(x);
		else
			admit(x);
		return;
	}
	set_state(x, EXCHANGE_RUNNING, "resumed");
	v = then ? then(x, x->why, x->then_arg) : stox_next(x);
	if (x->why == STOX_WAIT_GONE) {
		reject(x, STOX_REMOTE_SERVER_TIMEOUT,
			"The gateway could not finish this in time.", "gone");
		return;
	}
	if (obey(x, v))
		run(x);
}

void wait_init(struct stox_exchange *x)
{
	timer_init(&x->wait_timer, wait_timed_out, x);
	io_task_init(&x->resume, resume, x);
}

int wait_end(struct stox_exchange *x, enum stox_why why)
{
	struct node *n = x->node;

	if (x->state != EXCHANGE_WAITING || !x->wait_token)
		return -STOX_EGONE;
	handles_remove(n->waits, x->wait_token);
	x->wait_token = 0;
	timer_stop(io_timers(n->env), &x->wait_timer);
	x->why = why;
	io_defer(n->env, &x->resume);
	return 0;
}

void exchange_park(struct stox_exchange *x)
{
	set_state(x, EXCHANGE_WAITING, "core");
	x->then = NULL;
	x->wait_token = handles_add(x->node->waits, x);
}

static uint64_t wait_begin(struct stox_exchange *x, unsigned timeout_ms,
	stox_then *then, void *arg)
{
	x->then = then;
	x->then_arg = arg;
	x->wait_token = handles_add(x->node->waits, x);
	set_state(x, EXCHANGE_WAITING, "hook");
	timer_start(io_timers(x->node->env), &x->wait_timer, timeout_ms);
	if (x->answer_sip)
		exchange_keep_answer(x);
	return x->wait_token;
}

void exchange_unload(struct node *node, struct stox_host *host)
{
	size_t cursor = 0;
	struct stox_exchange *x;

	while ((x = handles_next(node->exchanges, &cursor))) {
		stox_then *then = x->then;

		if (x->waiting_for != host || !then)
			continue;
		/* The plugin goes away now: its continuation cannot wait for
		 * a fresh stack. */
		x->then = NULL;
		wait_end(x, STOX_WAIT_GONE);
		io_undefer(&x->resume);
		then(x, STOX_WAIT_GONE, x->then_arg);
		reject(x, STOX_SERVICE_UNAVAILABLE,
			"The gateway is being reconfigured; try again.",
			"unload");
	}
}

/** Begun by a session that goes on where it was when the node is back. */
static bool is_of_row(struct stox_exchange *x)
{
	return x->originating && session_has_row(x->node, x->session);
}

void exchange_hurry_all(struct node *node)
{
	size_t cursor = 0;
	struct stox_exchange *x;

	while ((x = handles_next(node->exchanges, &cursor)))
		if (!is_of_row(x) && x->state != EXCHANGE_ENDED)
			timer_start(io_timers(node->env), &x->deadline, 1);
}

void exchange_end_all(struct node *node)
{
	size_t cursor = 0;
	struct stox_exchange *x;

	while ((x = handles_next(node->exchanges, &cursor))) {
		if (x->then)
			x->then(x, STOX_WAIT_GONE, x->then_arg);
		destroy(x);
	}
}

/* ---- verdicts, as plugins give them ----------------------------------------- */

stox_verdict stox_next(struct stox_exchange *x)
{
	(void)x;
	return (stox_verdict){ VERDICT_NEXT };
}

stox_verdict stox_done(struct stox_exchange *x)
{
	(void)x;
	return (stox_verdict){ VERDICT_DONE };
}

stox_verdict stox_answered(struct stox_exchange *x)
{
	(void)x;
	return (stox_verdict){ VERDICT_ANSWERED };
}

stox_verdict stox_taken(struct stox_exchange *x)
{
	(void)x;
	return (stox_verdict){ VERDICT_TAKEN };
}

stox_verdict stox_reject(struct stox_exchange *x, enum stox_condition condition,
	const char *text)
{
	x->reject = condition ? condition : STOX_UNDEFINED_CONDITION;
	x->reject_text = text ? pool_strdup(x->pool, text) : NULL;
	return (stox_verdict){ VERDICT_REJECT };
}

stox_verdict stox_wait(struct stox_exchange *x, unsigned timeout_ms,
	stox_then *then, void *arg, uint64_t *ret_token)
{
	uint64_t token = wait_begin(x, timeout_ms, then, arg);

	if (ret_token)
		*ret_token = token;
	return (stox_verdict){ VERDICT_WAIT };
}

int stox_wake(struct stox_host *host, uint64_t token)
{
	struct stox_exchange *x = handles_get(host->node->waits, token);

	/* A token may be used before the hook that got it has returned. */
	return x && x->then ? wait_end(x, STOX_WAIT_WOKEN) : -STOX_EGONE;
}
