/*
 * uv.c: the real environment: its loop, clocks and the turn.
 */
#include "io/uv_env.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 16 /* of deferred calls and flushes in one turn */

void uv_env_enter(struct uv_env *env)
{
	uint64_t now = uv_now(&env->loop);

	if (now > timer_wheel_now(env->env.wheel))
		timer_wheel_advance(env->env.wheel, now);
}

/* ---- the turn ----------------------------------------------------------- */

static void on_timer(uv_timer_t *timer)
{
	struct uv_env *env = timer->data;

	env->timer_due_ms = 0;
	uv_env_enter(env);
}

static void on_idle(uv_idle_t *idle)
{
	(void)idle; /* it only keeps the loop from waiting */
}

/* One libuv timer stands for all of the wheel's. */
static void arm_timer(struct uv_env *env)
{
	int64_t wait = timer_wheel_wait_ms(env->env.wheel);
	uint64_t due;

	if (wait < 0) {
		if (env->timer_due_ms)
			uv_timer_stop(&env->timer);
		env->timer_due_ms = 0;
		return;
	}
	due = timer_wheel_now(env->env.wheel) + (uint64_t)wait;
	if (due == env->timer_due_ms)
		return;
	env->timer_due_ms = due;
	uv_timer_start(&env->timer, on_timer,
		due > uv_now(&env->loop) ? due - uv_now(&env->loop) : 0, 0);
}

/* Deferred calls, and what they wrote.  Returns whether more is to do. */
static bool settle(struct uv_env *env)
{
	for (int i = 0; i < ROUNDS; i++) {
		size_t n = io_env_tasks(&env->env);

		n += uv_streams_flush(env);
		if (n == 0)
			return false;
	}
	return true;
}

/* What came in a moment ago goes out before the bulk of work has its share. */
static bool work(struct uv_env *env)
{
	bool more = uv_gate_turn(env);

	more |= settle(env);
	env->turn++;
	if (!uv_streams_more(env) && fair_empty(&env->env.slices))
		return more;
	io_env_slice(&env->env);
	more |= settle(env);
	return more || uv_streams_wait(env) || !fair_empty(&env->env.slices);
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct uv_env *env = prepare->data;

	uv_env_enter(env);
	if (work(env))
		uv_idle_start(&env->idle, on_idle);
	else
		uv_idle_stop(&env->idle);
	arm_timer(env);
}

static void env_run(struct io_env *e)
{
	struct uv_env *env = uv_env_of(e);

	env->stop = false;
	uv_update_time(&env->loop);
	while (!env->stop) {
		/* before the first wait, and when only deferred calls or slices
		 * are left, libuv would think that there is nothing to do */
		on_prepare(&env->prepare);
		if (env->stop || (!uv_loop_alive(&env->loop) &&
					 fair_empty(&env->env.slices)))
			break;
		uv_run(&env->loop, UV_RUN_DEFAULT);
	}
}

static void env_stop(struct io_env *e)
{
	uv_env_of(e)->stop = true;
	uv_stop(&uv_env_of(e)->loop);
}

/* ---- clocks ------------------------------------------------------------- */

static uint64_t env_now_ms(struct io_env *e)
{
	return uv_now(&uv_env_of(e)->loop);
}

static uint64_t env_wall_us(struct io_env *e)
{
	struct timespec t;

	(void)e;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t env_clock_us(struct io_env *e)
{
	struct timespec t;

	(void)e;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- birth and death ---------------------------------------------------- */

static void close_all(struct uv_env *env)
{
	uv_streams_end(env);
	list_each(it, tmp, &env->listeners) {
		struct io_listener *l =
			container_of(it, struct io_listener, node);

		io_listener_close(&l);
	}
	io_locate_drop_all(&env->env);
	io_dane_drop_all(&env->env);
	uv_dns_close(env);
	uv_env_signals_close(env);
	uv_close((uv_handle_t *)&env->prepare, NULL);
	uv_close((uv_handle_t *)&env->idle, NULL);
	uv_close((uv_handle_t *)&env->timer, NULL);
}

static void free_strings(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static void env_free(struct io_env *e)
{
	struct uv_env *env = uv_env_of(e);

	e->dead = true;
	close_all(env);
	for (int i = 0; i < ROUNDS && uv_loop_alive(&env->loop); i++)
		uv_run(&env->loop, UV_RUN_NOWAIT);
	/* fails only when an owner has forgotten a watch or a bell */
	stox_require(uv_loop_close(&env->loop) == 0);
	uv_dns_free(&env->dns);
	uv_tls_shared_free(&env->tls);
	for (size_t i = 0; i < env->spare_count; i++)
		buf_free(&env->spares[i]);
	buf_free(&env->wire);
	free(env->read_buf);
	free(env->plain_buf);
	free_strings(env->dns_servers);
	free(env->dns_trust_anchor);
	io_env_done(e);
	free(env);
}

static const struct io_ops ops = {
	.free = env_free,
	.run = env_run,
	.stop = env_stop,
	.now_ms = env_now_ms,
	.wall_us = env_wall_us,
	.clock_us = env_clock_us,
	.signal = uv_env_signal,
	.watch = uv_env_watch,
	.unwatch = uv_env_unwatch,
	.thread_start = uv_env_thread,
	.thread_join = uv_env_join,
	.bell_new = uv_bell_new,
	.bell_ring = uv_bell_ring,
	.bell_free = uv_bell_free,
	.connect = uv_env_connect,
	.listen = uv_env_listen,
	.listen_unix = uv_env_listen_unix,
	.listener_close = uv_listener_close,
	.write = uv_stream_write,
	.queued = uv_stream_queued,
	.pause = uv_stream_pause,
	.starttls = uv_stream_starttls,
	.close = uv_stream_close,
	.abort = uv_stream_abort,
	.dns = uv_dns_ask,
	.dns_cancel = uv_dns_cancel,
	.dane = uv_tls_dane,
};

static char **copy_strings(const char *const *list)
{
	size_t n = 0;
	char **copy;

	while (list && list[n])
		n++;
	if (n == 0)
		return NULL;
	copy = base_alloc0((n + 1) * sizeof(char *));
	for (size_t i = 0; i < n; i++)
		copy[i] = base_strdup(list[i]);
	return copy;
}

/* Handles of the loop itself; they alone do not keep it running. */
static void init_handles(struct uv_env *env)
{
	env->loop.data = env;
	uv_prepare_init(&env->loop, &env->prepare);
	uv_idle_init(&env->loop, &env->idle);
	uv_timer_init(&env->loop, &env->timer);
	env->prepare.data = env->idle.data = env->timer.data = env;
	uv_prepare_start(&env->prepare, on_prepare);
	uv_unref((uv_handle_t *)&env->prepare);
	uv_unref((uv_handle_t *)&env->idle);
}

struct io_env *io_uv_new(const struct io_env_config *config)
{
	struct uv_env *env = base_alloc0(sizeof(*env));
	int rc = uv_loop_init(&env->loop);

	if (rc < 0) {
		log_event(config ? config->log : NULL, STOX_LOG_ERROR, "io", 0,
			"loop", "error=\"%s\"", uv_strerror(rc));
		free(env);
		return NULL;
	}
	io_env_init(&env->env, &ops, config, uv_now(&env->loop));
	env->env.rand = rand_kernel();
	list_init(&env->listeners);
	list_init(&env->signals);
	list_init(&env->dirty);
	list_init(&env->more);
	buf_init(&env->wire, SIZE_MAX / 4, env->env.budget);
	init_handles(env);
	uv_gate_init(env);
	uv_accept_init(env);
	env->read_buf = base_alloc(UV_READ_SIZE);
	env->plain_buf = base_alloc(UV_PLAIN_SIZE);
	if (config) {
		env->dns_servers = copy_strings(config->dns_servers);
		if (config->dns_trust_anchor)
			env->dns_trust_anchor =
				base_strdup(config->dns_trust_anchor);
	}
	return &env->env;
}
