/*
 * env.c: the environment's public face; each call goes to the twin in use.
 */
#include "io/internal.h"

#include <stdlib.h>

void io_env_init(struct io_env *env, const struct io_ops *ops,
	const struct io_env_config *config, uint64_t now_ms)
{
	env->ops = ops;
	limits_init(&env->own_limits);
	env->log = config ? config->log : NULL;
	env->budget = config ? config->budget : NULL;
	env->limits = config && config->limits ? config->limits
					       : &env->own_limits;
	env->wheel = timer_wheel_new(now_ms);
	list_init(&env->tasks);
	fair_init(&env->slices);
	list_init(&env->streams);
	list_init(&env->locates);
	list_init(&env->danes);
}

void io_env_done(struct io_env *env)
{
	list_each(it, tmp, &env->tasks)
		list_remove(it);
	fair_clear(&env->slices);
	timer_wheel_free(&env->wheel);
}

void io_env_free(struct io_env **env)
{
	if (!*env)
		return;
	(*env)->ops->free(*env);
	*env = NULL;
}

void io_run(struct io_env *env)
{
	env->ops->run(env);
}

void io_stop(struct io_env *env)
{
	env->ops->stop(env);
}

uint64_t io_now_ms(struct io_env *env)
{
	return env->ops->now_ms(env);
}

uint64_t io_wall_us(struct io_env *env)
{
	return env->ops->wall_us(env);
}

struct rand_source *io_rand(struct io_env *env)
{
	return &env->rand;
}

struct timer_wheel *io_timers(struct io_env *env)
{
	return env->wheel;
}

/* ---- deferred calls ----------------------------------------------------- */

void io_task_init(struct io_task *task, void (*run)(void *arg), void *arg)
{
	list_init(&task->node);
	task->run = run;
	task->arg = arg;
}

void io_defer(struct io_env *env, struct io_task *task)
{
	if (list_empty(&task->node) && !env->dead)
		list_append(&env->tasks, &task->node);
}

void io_undefer(struct io_task *task)
{
	list_remove(&task->node);
}

size_t io_env_tasks(struct io_env *env)
{
	struct list batch;
	size_t done = 0;

	if (list_empty(&env->tasks))
		return 0;
	/* The batch gets a head of its own, so that what these defer waits for
	 * the next round and one that is taken back leaves the right list. */
	batch = env->tasks;
	batch.next->prev = batch.prev->next = &batch;
	list_init(&env->tasks);
	while (!list_empty(&batch)) {
		struct io_task *task =
			container_of(batch.next, struct io_task, node);

		list_remove(&task->node);
		task->run(task->arg);
		done++;
	}
	return done;
}

/* ---- signals, descriptors, threads -------------------------------------- */

int io_signal(struct io_env *env, int signum,
	void (*run)(void *arg, int signum), void *arg)
{
	return env->ops->signal(env, signum, run, arg);
}

struct io_watch *io_watch(struct io_env *env, int fd, int events,
	void (*run)(void *arg, int events), void *arg)
{
	return env->ops->watch(env, fd, events, run, arg);
}

/* Every watch, thread and bell begins with a pointer to its environment. */
static struct io_env *env_of(void *object)
{
	return *(struct io_env **)object;
}

void io_unwatch(struct io_watch **watch)
{
	if (*watch)
		env_of(*watch)->ops->unwatch(*watch);
	*watch = NULL;
}

bool io_has_threads(const struct io_env *env)
{
	return env->ops->thread_start != NULL;
}

struct io_thread *io_thread_start(struct io_env *env, void (*run)(void *arg),
	void *arg)
{
	if (!io_has_threads(env))
		return NULL;
	return env->ops->thread_start(env, run, arg);
}

void io_thread_join(struct io_thread **thread)
{
	if (*thread)
		env_of(*thread)->ops->thread_join(*thread);
	*thread = NULL;
}

struct io_bell *io_bell_new(struct io_env *env, void (*run)(void *arg),
	void *arg)
{
	return env->ops->bell_new(env, run, arg);
}

void io_bell_ring(struct io_bell *bell)
{
	env_of(bell)->ops->bell_ring(bell);
}

void io_bell_free(struct io_bell **bell)
{
	if (*bell)
		env_of(*bell)->ops->bell_free(*bell);
	*bell = NULL;
}

/* ---- questions ---------------------------------------------------------- */

struct io_query *io_dns(struct io_env *env, const char *name,
	enum io_dns_type type,
	void (*done)(void *arg, const struct io_dns_result *r), void *arg)
{
	return env->ops->dns(env, name, type, done, arg);
}

void io_dns_cancel(struct io_query **q)
{
	if (*q)
		(*q)->env->ops->dns_cancel(*q);
	*q = NULL;
}
