/*
 * Truth: an XMPP server and a SIP server that behave, stox between them, and a
 * node that dies at any step of anything the two people do.  A minute after it
 * is back, each side believes what the other one is.
 */
#include "world.h"

static const char ANSWERING[] = "host = 'gw.example.net'\n"
	"SipDomain 'contoso.com'\n\tfront_end = 'fe.contoso.com'\n"
	"\tsip_dialog = 'answer'\nXmppDomain 'example.org'\n";

/* ---- time ------------------------------------------------------------------- */

static void turn(struct truth *t)
{
	xmpp_turn(t);
	sip_turn(t);
}

/* How long nobody need look.  The first second after anything is looked at
 * closely, and whatever is left of the time. */
static uint64_t pause_ms(const struct truth *t, uint64_t done, uint64_t left)
{
	return sip_is_idle(t) && done >= IDLE_MS && left >= IDLE_MS
		? IDLE_MS : TICK_MS;
}

static void run(struct truth *t, uint64_t ms)
{
	uint64_t step;

	for (uint64_t i = 0; i < ms; i += step) {
		stage_settle(&t->stage);
		turn(t);
		stage_settle(&t->stage);
		step = pause_ms(t, i, ms - i);
		io_world_advance(t->stage.world, step);
		t->now_ms += step;
	}
	turn(t);
	stage_settle(&t->stage);
}

/* ---- what they do ----------------------------------------------------------- */

static void arrive(struct truth *t, enum device d)
{
	t->juliet[d] = HERE;
	show_device(t, d);
	if (t->to == YES)
		say(t, "probe");
	if (t->to == ASKED)
		say(t, "subscribe");
}

static void leave(struct truth *t, enum device d)
{
	t->juliet[d] = GONE;
	if (!all_of(t->juliet))
		t->views = 0;
	show_device(t, d);
}

static void become(struct truth *t, enum device d, enum show show)
{
	t->juliet[d] = show;
	show_device(t, d);
}

static void act_arrive(struct truth *t)
{
	arrive(t, BALCONY);
}

/** Her other device. */
static void act_second(struct truth *t)
{
	arrive(t, ORCHARD);
}

static void act_second_away(struct truth *t)
{
	become(t, ORCHARD, AWAY);
}

static void act_second_gone(struct truth *t)
{
	leave(t, ORCHARD);
}

static void act_ask(struct truth *t)
{
	t->wanted = true;
	t->to = ASKED;
	say(t, "subscribe");
}

/** The first SUBSCRIBE asks for too little. */
static void act_ask_briefly(struct truth *t)
{
	t->least_s = 7200;
	act_ask(t);
}

/** It pends for too long. */
static void act_giveup(struct truth *t)
{
	romeo_ends(t, "giveup;retry-after=30");
	t->patience_ms = MINUTE_MS;
}

/** He moves to another server of his, which takes any time. */
static void act_deactivate(struct truth *t)
{
	t->least_s = 0;
	romeo_ends(t, "deactivated");
}

static void act_probation(struct truth *t)
{
	romeo_ends(t, "probation;retry-after=30");
	t->patience_ms = MINUTE_MS;
}

/** He is no more. */
static void act_remove(struct truth *t)
{
	t->policy = MISSING;
	romeo_changes(t);
}

/** His server has forgotten everything, and says so when it is asked. */
static void act_forget(struct truth *t)
{
	memset(t->subs, 0, sizeof(t->subs));
}

static void act_let_in(struct truth *t)
{
	t->policy = ALLOWED;
	romeo_changes(t);
}

static void act_romeo_away(struct truth *t)
{
	t->romeo = AWAY;
	romeo_changes(t);
}

static void act_romeo_here(struct truth *t)
{
	t->romeo = HERE;
	romeo_changes(t);
}

static void act_romeo_gone(struct truth *t)
{
	t->romeo = GONE;
	romeo_changes(t);
}

static void act_watch(struct truth *t)
{
	t->watches = true;
	subscribe(t, EXPIRES_S);
}

static void act_approve(struct truth *t)
{
	t->allows = true;
	if (t->from != ASKED)
		return;
	t->from = YES;
	say(t, "subscribed");
	show_juliet(t);
}

static void act_juliet_away(struct truth *t)
{
	become(t, BALCONY, AWAY);
}

/** He asks once, whatever else he has asked for. */
static void act_poll(struct truth *t)
{
	ask_once(t);
}

/** Refreshes come and are written down. */
static void act_wait(struct truth *t)
{
	run(t, 11 * MINUTE_MS);
}

static void act_juliet_here(struct truth *t)
{
	become(t, BALCONY, HERE);
}

static void act_leave(struct truth *t)
{
	leave(t, BALCONY);
}

static void act_stop_watch(struct truth *t)
{
	t->watches = false;
	if (t->dialog)
		subscribe(t, 0);
}

static void act_revoke(struct truth *t)
{
	t->allows = false;
	t->from = NONE;
	say(t, "unsubscribed");
}

static void act_unsubscribe(struct truth *t)
{
	t->wanted = false;
	t->to = NONE;
	t->views = 0;
	say(t, "unsubscribe");
}

static void act_deny(struct truth *t)
{
	t->policy = DENIED;
	romeo_changes(t);
}

typedef void act(struct truth *t);

static act *const friends[] = { act_arrive, act_ask, act_let_in, act_wait,
	act_romeo_away, act_romeo_here, act_watch, act_approve, act_juliet_away,
	act_juliet_here, act_romeo_gone, act_romeo_here, act_leave,
	act_romeo_away, act_arrive, act_stop_watch, act_juliet_away, act_watch,
	act_leave, act_arrive, act_revoke, act_unsubscribe };
/* Whatever a SIP server may do to a subscription, two devices, and questions
 * that are asked once. */
static act *const troubled[] = { act_arrive, act_ask_briefly, act_giveup,
	act_let_in, act_poll, act_watch, act_approve, act_second,
	act_deactivate, act_romeo_away, act_second_away, act_leave, act_poll,
	act_probation, act_romeo_here, act_forget, act_wait, act_romeo_away,
	act_second_gone, act_poll, act_arrive, act_remove, act_stop_watch,
	act_second, act_poll, act_let_in, act_ask, act_revoke, act_poll };
/* She alone watches, and loses the dialog again and again. */
static act *const onesided[] = { act_arrive, act_ask, act_let_in, act_wait,
	act_deactivate, act_romeo_away, act_forget, act_wait, act_romeo_gone,
	act_probation, act_romeo_here, act_leave, act_romeo_away, act_arrive,
	act_unsubscribe };
static act *const strangers[] = { act_arrive, act_watch, act_ask, act_deny,
	act_approve, act_juliet_away, act_revoke };

/* ---- the truth -------------------------------------------------------------- */

static enum show seen(const struct truth *t)
{
	enum show best = GONE;

	for (size_t i = 0; i < t->views; i++)
		if (t->view[i].show != GONE)
			best = t->view[i].show;
	return best;
}

/** NULL, or what is not true. */
static const char *lie(const struct truth *t)
{
	if (t->wanted && t->policy == ALLOWED && t->to != YES)
		return "juliet was let in and does not know";
	if (t->policy == DENIED && t->to == YES)
		return "juliet was refused and does not know";
	if (t->policy == MISSING && t->to != NONE)
		return "romeo is no more and juliet does not know";
	if (all_of(t->juliet) && t->to == YES && seen(t) != t->romeo)
		return "juliet does not see what romeo is";
	if (t->watches && t->from == YES && t->sees != all_of(t->juliet))
		return "romeo does not see what juliet is";
	if (t->poll == POLL_ASKED)
		return "romeo asked once and was told nothing";
	if (t->poll && t->from == YES && t->poll_sees != all_of(t->juliet))
		return "romeo asked once and was told something else";
	if (t->from != YES && (t->sees > 0 || (t->poll && t->poll_sees > 0)))
		return "romeo sees what he may not";
	return NULL;
}

/* The user does again what was under way when the connection broke: their
 * server has told them so. */
static void again(struct truth *t)
{
	if (t->to == ASKED)
		say(t, "subscribe");
	if (!t->wanted)
		say(t, "unsubscribe");
}

static void open_stage(struct truth *t, const struct play *play,
	const struct play_options *options)
{
	struct buf why;

	memset(t, 0, sizeof(*t));
	buf_init(&why, 4096, NULL);
	if (!stage_open(&t->stage, play, options, true, &why))
		fail_msg("%.*s", STR_FMT(buf_str(&why)));
	buf_free(&why);
	t->xmpp = stage_peer(&t->stage, "example.org");
	t->sip = stage_peer(&t->stage, "contoso.com");
	t->romeo = HERE;
	t->sees = -1;
}

static void kill_node(struct truth *t)
{
	struct buf why;

	buf_init(&why, 4096, NULL);
	if (!stage_restart(&t->stage, &why))
		fail_msg("%.*s", STR_FMT(buf_str(&why)));
	buf_free(&why);
}

/** Where the node dies: after that action, and that many things that happened
 *  since, or that time. */
struct death {
	size_t action;
	unsigned things;
	uint64_t ms;
};

/** False when everything had happened before it came to die. */
static bool die(struct truth *t, const struct death *d)
{
	bool late = false;

	for (unsigned i = 0; i < d->things && !late; i++) {
		late = io_world_step(t->stage.world, 1) == 0;
		turn(t);
		late = late && io_world_step(t->stage.world, 1) == 0;
	}
	if (d->ms)
		run(t, d->ms);
	kill_node(t);
	again(t);
	return !late;
}

/* The truth after that act, which may be the one in which the node dies. */
static bool play_act(struct truth *t, act *what, size_t i,
	const struct death *d)
{
	bool more = true;

	t->patience_ms = 20000;
	t->poll = NO_POLL;
	what(t);
	if (i == d->action) {
		more = die(t, d);
		run(t, MINUTE_MS);
		/* what was told before all was known, is history */
		if (t->poll == POLL_TOLD)
			ask_once(t);
		t->patience_ms = 3000;
	}
	run(t, t->patience_ms);
	if (lie(t))
		fail_msg("%s, after action %zu; died in action %zu after %u "
			"things and %llu ms", lie(t), i, d->action, d->things,
			(unsigned long long)d->ms);
	return more;
}

static bool perform(act *const *acts, size_t count, enum dialect dialect,
	const struct death *d)
{
	const char *const path[] = { PLUGINS, NULL };
	const struct play play = { .file = "truth", .plugins = "presence",
		.config = dialect == ANSWERS ? ANSWERING : NULL };
	const struct play_options options = { .plugin_path = path, .seed = 1 };
	struct truth t;
	bool more = true;

	open_stage(&t, &play, &options);
	t.dialect = dialect;
	for (size_t i = 0; i < count; i++)
		more = play_act(&t, acts[i], i, d) && more;
	stage_close(&t.stage);
	assert_true(dialect != CONDITIONAL || t.spared > 0);
	assert_true(acts != troubled || t.brief > 0);
	/* nothing but what was forgotten is asked for in vain */
	if (d->action == SIZE_MAX)
		assert_int_equal(t.lost, acts == troubled || acts == onesided);
	return more;
}

static void walk(act *const *acts, size_t count, enum dialect dialect)
{
	static const uint64_t times[] = { 300, 4000, 7000, 12000 };
	struct death d = { .action = SIZE_MAX };

	perform(acts, count, dialect, &d);
	for (size_t i = 0; i < count; i++) {
		d = (struct death){ .action = i };
		while (perform(acts, count, dialect, &d))
			d.things += d.things < 12 ? 1 : d.things / 4;
		d.things = 0;
		for (size_t k = 0; k < sizeof(times) / sizeof(*times); k++) {
			d.ms = times[k];
			perform(acts, count, dialect, &d);
		}
	}
}

static void test_friends(void **state)
{
	(void)state;
	walk(friends, sizeof(friends) / sizeof(*friends), PLAIN);
}

/* What is known is not sent again, and the truth is known all the same. */
static void test_conditional(void **state)
{
	(void)state;
	walk(friends, sizeof(friends) / sizeof(*friends), CONDITIONAL);
}

static void test_troubled(void **state)
{
	(void)state;
	walk(troubled, sizeof(troubled) / sizeof(*troubled), PLAIN);
}

static void test_onesided(void **state)
{
	(void)state;
	walk(onesided, sizeof(onesided) / sizeof(*onesided), ANSWERS);
}

static void test_strangers(void **state)
{
	(void)state;
	walk(strangers, sizeof(strangers) / sizeof(*strangers), PLAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_friends),
		cmocka_unit_test(test_conditional),
		cmocka_unit_test(test_troubled),
		cmocka_unit_test(test_onesided),
		cmocka_unit_test(test_strangers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
