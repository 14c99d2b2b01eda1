/*
 * uv_gate.c: how many handshakes are under way, and how much of a turn they
 * may take.
 *
 * A step costs up to some milliseconds, the time of dozens of messages, so a
 * turn takes a few only.  Whoever wants to step needs a place; a holder that
 * hears nothing from its peer gives its place to one who waits, so that silent
 * connections cannot lock others out: after a second, and at once when not even
 * a hello has come whole, which costs its sender nothing.
 */
#include "io/uv_stream.h"

#define STEPS 2        /* in one turn */
#define IDLE_MS 1000   /* a silent holder may lose its place */
#define ROTATE_MS 250

static void take_place(struct uv_env *env, struct uv_tls *tls)
{
	tls->has_place = true;
	tls->moved_ms = uv_now(&env->loop);
	env->gate.active++;
	list_append(&env->gate.holders, &tls->place);
}

static void leave_place(struct uv_env *env, struct uv_tls *tls)
{
	if (!tls->has_place)
		return;
	tls->has_place = false;
	env->gate.active--;
	list_remove(&tls->place);
}

static size_t places(const struct uv_env *env)
{
	size_t n = (size_t)limit_get(env->env.limits, LIMIT_TLS_HANDSHAKES);

	return n ? n : 1;
}

/* Those who wait take the places that are free. */
static void admit(struct uv_env *env)
{
	struct uv_gate *g = &env->gate;

	while (!list_empty(&g->waiting) && g->active < places(env)) {
		struct uv_tls *tls =
			container_of(g->waiting.next, struct uv_tls, turn);

		list_remove(&tls->turn);
		take_place(env, tls);
		list_append(&g->ready, &tls->turn);
	}
}

static void on_rotate(void *arg)
{
	struct uv_env *env = arg;
	struct uv_gate *g = &env->gate;
	uint64_t now = uv_now(&env->loop);

	list_each(it, tmp, &g->holders) {
		struct uv_tls *tls = container_of(it, struct uv_tls, place);

		if (list_empty(&g->waiting) || tls->moved_ms + IDLE_MS > now)
			break;
		if (!list_empty(&tls->turn))
			continue; /* about to step */
		leave_place(env, tls);
		admit(env);
	}
	if (!list_empty(&g->waiting))
		timer_start(env->env.wheel, &g->rotate, ROTATE_MS);
}

void uv_gate_init(struct uv_env *env)
{
	list_init(&env->gate.holders);
	list_init(&env->gate.ready);
	list_init(&env->gate.waiting);
	timer_init(&env->gate.rotate, on_rotate, env);
}

void uv_gate_want(struct uv_stream *s)
{
	struct uv_env *env = uv_stream_env(s);
	struct uv_tls *tls = s->tls;

	if (!list_empty(&tls->turn))
		return;
	if (!tls->has_place && env->gate.active < places(env))
		take_place(env, tls);
	if (tls->has_place) {
		list_append(&env->gate.ready, &tls->turn);
		return;
	}
	limit_hit(env->env.limits, LIMIT_TLS_HANDSHAKES);
	list_append(&env->gate.waiting, &tls->turn);
	if (!timer_running(&env->gate.rotate))
		timer_start(env->env.wheel, &env->gate.rotate, ROTATE_MS);
}

void uv_gate_leave(struct uv_stream *s)
{
	struct uv_env *env = uv_stream_env(s);

	if (!s->tls)
		return;
	list_remove(&s->tls->turn);
	leave_place(env, s->tls);
	admit(env);
	if (list_empty(&env->gate.waiting))
		timer_stop(env->env.wheel, &env->gate.rotate);
}

void uv_gate_stalled(struct uv_stream *s)
{
	struct uv_env *env = uv_stream_env(s);

	if (s->tls->answered || list_empty(&env->gate.waiting))
		return;
	leave_place(env, s->tls);
	admit(env);
}

bool uv_gate_turn(struct uv_env *env)
{
	struct uv_gate *g = &env->gate;

	for (int i = 0; i < STEPS && !list_empty(&g->ready); i++) {
		struct uv_tls *tls =
			container_of(g->ready.next, struct uv_tls, turn);

		list_remove(&tls->turn);
		tls->moved_ms = uv_now(&env->loop);
		list_remove(&tls->place);
		list_append(&g->holders, &tls->place);
		uv_tls_step(tls->stream);
	}
	return !list_empty(&g->ready);
}
