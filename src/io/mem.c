/*
 * mem.c: worlds, their clocks and the environments in them.
 */
#include "io/mem_world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct io_watch {
	struct io_env *env;
	struct list node;
	int fd, events;
	void (*run)(void *arg, int events);
	void *arg;
};

struct io_bell {
	struct io_env *env;
	struct io_task task;
};

/* ---- worlds ------------------------------------------------------------- */

struct io_world *io_world_new(uint64_t wall_us, uint64_t seed)
{
	struct io_world *w = base_alloc0(sizeof(*w));

	w->now_ms = 1000;
	w->wall_us = wall_us;
	w->seed = seed;
	w->next_port = 49152;
	list_init(&w->envs);
	list_init(&w->zone);
	list_init(&w->zones_signed);
	list_init(&w->cuts);
	return w;
}

void io_world_free(struct io_world **w)
{
	if (!*w)
		return;
	list_each(it, tmp, &(*w)->envs) {
		struct io_env *env =
			&container_of(it, struct mem_env, node)->env;

		io_env_free(&env);
	}
	list_each(it, tmp, &(*w)->zone)
		free(container_of(it, struct mem_zone_record, node));
	list_each(it, tmp, &(*w)->zones_signed)
		free(container_of(it, struct mem_zone_signed, node));
	io_world_heal(*w);
	free(*w);
	*w = NULL;
}

struct mem_env *mem_env_at(struct io_world *w, struct mem_env *self,
	const char *address)
{
	union io_address a, b;

	if (!io_address_parse(address, 0, &a))
		return NULL;
	if (io_address_special(&a))
		return self;
	list_each(it, tmp, &w->envs) {
		struct mem_env *env = container_of(it, struct mem_env, node);

		if (!env->env.dead && io_address_parse(env->address, 0, &b) &&
			io_address_same(&a, &b))
			return env;
	}
	return NULL;
}

/* ---- one instant -------------------------------------------------------- */

/* Descriptors are of the real world; look at them without waiting. */
static size_t poll_watches(struct mem_env *env)
{
	size_t done = 0;

	list_each(it, tmp, &env->watches) {
		struct io_watch *w = container_of(it, struct io_watch, node);
		struct pollfd p = { .fd = w->fd };
		int events;

		p.events = (short)(((w->events & 1) ? POLLIN : 0) |
				   ((w->events & 2) ? POLLOUT : 0));
		if (poll(&p, 1, 0) <= 0)
			continue;
		events = ((p.revents & (POLLIN | POLLHUP | POLLERR)) ? 1 : 0) |
			 ((p.revents & POLLOUT) ? 2 : 0);
		/* The callback may end this watch and others: one per look. */
		w->run(w->arg, events & w->events);
		done++;
		break;
	}
	return done;
}

static size_t step_once(struct io_world *w)
{
	size_t done = 0;

	list_each(it, tmp, &w->envs) {
		struct mem_env *env = container_of(it, struct mem_env, node);

		if (env->env.dead)
			continue;
		if (timer_wheel_wait_ms(env->env.wheel) == 0) {
			timer_wheel_advance(env->env.wheel, w->now_ms);
			done++;
		}
		done += io_env_tasks(&env->env);
		done += io_env_slice(&env->env);
	}
	return done;
}

size_t io_world_step(struct io_world *w, size_t max)
{
	size_t done = 0, n;

	list_each(it, tmp, &w->envs)
		done += poll_watches(container_of(it, struct mem_env, node));
	do {
		n = step_once(w);
		done += n;
	} while (n > 0 && done < max);
	return done;
}

/* Milliseconds until the first timer of the world, at most @max. */
static uint64_t next_timer(const struct io_world *w, uint64_t max)
{
	list_each(it, tmp, &w->envs) {
		struct mem_env *env = container_of(it, struct mem_env, node);
		int64_t wait = timer_wheel_wait_ms(env->env.wheel);

		if (!env->env.dead && wait >= 0 && (uint64_t)wait < max)
			max = (uint64_t)wait;
	}
	return max ? max : 1;
}

static void advance_wheels(struct io_world *w)
{
	list_each(it, tmp, &w->envs) {
		struct io_env *env =
			&container_of(it, struct mem_env, node)->env;

		if (!env->dead)
			timer_wheel_advance(env->wheel, w->now_ms);
	}
}

void io_world_advance(struct io_world *w, uint64_t ms)
{
	const size_t enough = 10000000; /* things at one instant */

	io_world_step(w, enough);
	while (ms > 0) {
		uint64_t hop = next_timer(w, ms);

		ms -= hop;
		w->now_ms += hop;
		w->wall_us += hop * 1000;
		advance_wheels(w);
		io_world_step(w, enough);
	}
}

void io_world_wall(struct io_world *w, int64_t delta_us)
{
	w->wall_us += (uint64_t)delta_us;
}

void io_world_chop(struct io_world *w, size_t n)
{
	w->chop = n;
}

/* ---- cables ------------------------------------------------------------- */

static bool is_between(const char *x, const char *y, const char *a,
	const char *b)
{
	return (!strcmp(x, a) && !strcmp(y, b)) ||
	       (!strcmp(x, b) && !strcmp(y, a));
}

bool mem_is_cut(const struct io_world *w, const char *a, const char *b)
{
	list_each(it, tmp, &w->cuts) {
		struct mem_cut *c = container_of(it, struct mem_cut, node);

		if (is_between(a, b, c->a, c->b))
			return true;
	}
	return false;
}

void io_world_cut(struct io_world *w, const char *a, const char *b)
{
	struct mem_cut *cut = base_alloc0(sizeof(*cut));

	snprintf(cut->a, sizeof(cut->a), "%s", a);
	snprintf(cut->b, sizeof(cut->b), "%s", b);
	list_append(&w->cuts, &cut->node);
	list_each(e, e_tmp, &w->envs) {
		struct mem_env *env = container_of(e, struct mem_env, node);

		list_each(it, tmp, &env->env.streams) {
			struct io_stream *s =
				container_of(it, struct io_stream, node);

			if (is_between(env->address, s->peer_address, a, b))
				mem_stream_cut(s);
		}
	}
}

void io_world_heal(struct io_world *w)
{
	list_each(it, tmp, &w->cuts)
		free(container_of(it, struct mem_cut, node));
	list_init(&w->cuts);
}

/* ---- the environment ---------------------------------------------------- */

static uint64_t mem_now_ms(struct io_env *env)
{
	return mem_of(env)->world->now_ms;
}

/* It stands still within a step. */
static uint64_t mem_clock_us(struct io_env *env)
{
	return mem_of(env)->world->now_ms * 1000;
}

static uint64_t mem_wall_us(struct io_env *env)
{
	return mem_of(env)->world->wall_us;
}

static void mem_run(struct io_env *env)
{
	struct mem_env *m = mem_of(env);

	m->stop = false;
	while (!m->stop && step_once(m->world) > 0)
		;
}

static void mem_stop(struct io_env *env)
{
	mem_of(env)->stop = true;
}

/* Nobody sends signals in memory. */
static int mem_signal(struct io_env *env, int signum,
	void (*run)(void *arg, int signum), void *arg)
{
	(void)env;
	(void)signum;
	(void)run;
	(void)arg;
	return 0;
}

static struct io_watch *mem_watch(struct io_env *env, int fd, int events,
	void (*run)(void *arg, int events), void *arg)
{
	struct io_watch *w = base_alloc0(sizeof(*w));

	w->env = env;
	w->fd = fd;
	w->events = events;
	w->run = run;
	w->arg = arg;
	list_append(&mem_of(env)->watches, &w->node);
	return w;
}

static void mem_unwatch(struct io_watch *w)
{
	list_remove(&w->node);
	free(w);
}

static struct io_bell *mem_bell_new(struct io_env *env, void (*run)(void *arg),
	void *arg)
{
	struct io_bell *bell = base_alloc0(sizeof(*bell));

	bell->env = env;
	io_task_init(&bell->task, run, arg);
	return bell;
}

static void mem_bell_ring(struct io_bell *bell)
{
	io_defer(bell->env, &bell->task);
}

static void mem_bell_free(struct io_bell *bell)
{
	io_undefer(&bell->task);
	free(bell);
}

static void end_env(struct io_env *env, bool tell)
{
	struct mem_env *m = mem_of(env);

	env->dead = true;
	mem_streams_end(m, tell);
	io_locate_drop_all(env);
	io_dane_drop_all(env);
	mem_dns_drop_all(m);
	list_each(it, tmp, &m->listeners) {
		struct io_listener *l =
			container_of(it, struct io_listener, node);

		io_listener_close(&l);
	}
	list_each(it, tmp, &m->watches)
		mem_unwatch(container_of(it, struct io_watch, node));
	io_env_done(env);
	list_remove(&m->node);
	free(m);
}

static void mem_free(struct io_env *env)
{
	end_env(env, true);
}

void io_mem_crash(struct io_env *env)
{
	env->dead = true;
	list_each(it, tmp, &env->tasks)
		list_remove(it);
	list_each(s, s_tmp, &env->streams)
		mem_stream_cut(container_of(s, struct io_stream, node));
}

void io_mem_kill(struct io_env **env)
{
	if (*env)
		end_env(*env, false);
	*env = NULL;
}

static const struct io_ops ops = {
	.free = mem_free,
	.run = mem_run,
	.stop = mem_stop,
	.now_ms = mem_now_ms,
	.wall_us = mem_wall_us,
	.clock_us = mem_clock_us,
	.signal = mem_signal,
	.watch = mem_watch,
	.unwatch = mem_unwatch,
	.bell_new = mem_bell_new,
	.bell_ring = mem_bell_ring,
	.bell_free = mem_bell_free,
	.connect = mem_connect,
	.listen = mem_listen,
	.listen_unix = mem_listen_unix,
	.listener_close = mem_listener_close,
	.write = mem_write,
	.queued = mem_queued,
	.pause = mem_pause,
	.starttls = mem_starttls,
	.close = mem_close,
	.abort = mem_abort,
	.dns = mem_dns,
	.dns_cancel = mem_dns_cancel,
	.dane = mem_tls_dane,
};

struct io_env *io_mem_new(struct io_world *w, const char *address,
	const struct io_env_config *config)
{
	struct mem_env *m = base_alloc0(sizeof(*m));

	io_env_init(&m->env, &ops, config, w->now_ms);
	m->world = w;
	snprintf(m->address, sizeof(m->address), "%s", address);
	/* Each environment has its own sequence, so that what one draws does
	 * not depend on the others. */
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	m->seed = w->seed;
	m->env.rand = rand_seeded(&m->seed);
	list_init(&m->listeners);
	list_init(&m->queries);
	list_init(&m->watches);
	list_append(&w->envs, &m->node);
	return &m->env;
}
