/*
 * uv_thread.c: threads and bells; signals and watched descriptors.
 */
#include "io/uv_env.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* ---- signals ------------------------------------------------------------ */

struct uv_signal {
	uv_signal_t handle;
	struct list node;
	void (*run)(void *arg, int signum);
	void *arg;
};

static void on_signal(uv_signal_t *handle, int signum)
{
	struct uv_signal *s = handle->data;

	uv_env_enter(handle->loop->data);
	s->run(s->arg, signum);
}

int uv_env_signal(struct io_env *e, int signum,
	void (*run)(void *arg, int signum), void *arg)
{
	struct uv_env *env = uv_env_of(e);
	struct uv_signal *s = base_alloc0(sizeof(*s));

	s->run = run;
	s->arg = arg;
	s->handle.data = s;
	uv_signal_init(&env->loop, &s->handle);
	list_append(&env->signals, &s->node);
	if (uv_signal_start(&s->handle, on_signal, signum) < 0)
		return -STOX_EINVAL;
	uv_unref((uv_handle_t *)&s->handle);
	return 0;
}

static void on_signal_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void uv_env_signals_close(struct uv_env *env)
{
	list_each(it, tmp, &env->signals) {
		struct uv_signal *s = container_of(it, struct uv_signal, node);

		list_remove(&s->node);
		uv_close((uv_handle_t *)&s->handle, on_signal_closed);
	}
}

/* ---- descriptors of others ---------------------------------------------- */

struct io_watch {
	struct io_env *env;
	uv_poll_t handle;
	int events;
	void (*run)(void *arg, int events);
	void *arg;
};

static int to_uv(int events)
{
	return ((events & 1) ? UV_READABLE : 0) |
	       ((events & 2) ? UV_WRITABLE : 0);
}

static void on_watch(uv_poll_t *handle, int status, int events)
{
	struct io_watch *w = handle->data;
	int seen = ((events & UV_READABLE) ? 1 : 0) |
		   ((events & UV_WRITABLE) ? 2 : 0);

	uv_env_enter(uv_env_of(w->env));
	if (uv_is_closing((uv_handle_t *)handle))
		return;
	if (status < 0) {
		/* An error shows itself when the owner reads or writes. */
		seen = w->events;
		uv_poll_start(handle, to_uv(w->events), on_watch);
	}
	w->run(w->arg, seen);
}

struct io_watch *uv_env_watch(struct io_env *env, int fd, int events,
	void (*run)(void *arg, int events), void *arg)
{
	struct io_watch *w = base_alloc0(sizeof(*w));

	w->env = env;
	w->events = events;
	w->run = run;
	w->arg = arg;
	w->handle.data = w;
	if (uv_poll_init(&uv_env_of(env)->loop, &w->handle, fd) < 0) {
		free(w);
		return NULL;
	}
	uv_poll_start(&w->handle, to_uv(events), on_watch);
	return w;
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void uv_env_unwatch(struct io_watch *w)
{
	uv_close((uv_handle_t *)&w->handle, on_watch_closed);
}

/* ---- threads ------------------------------------------------------------ */

struct io_thread {
	struct io_env *env;
	uv_thread_t id;
	void (*run)(void *arg);
	void *arg;
};

static void thread_main(void *arg)
{
	struct io_thread *t = arg;

	t->run(t->arg);
}

struct io_thread *uv_env_thread(struct io_env *env, void (*run)(void *arg),
	void *arg)
{
	struct io_thread *t = base_alloc0(sizeof(*t));
	sigset_t all, old;
	int rc;

	t->env = env;
	t->run = run;
	t->arg = arg;
	/* Signals belong to the loop; a disk write is not to be interrupted. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = uv_thread_create(&t->id, thread_main, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc < 0) {
		free(t);
		return NULL;
	}
	return t;
}

void uv_env_join(struct io_thread *t)
{
	uv_thread_join(&t->id);
	free(t);
}

/* ---- bells -------------------------------------------------------------- */

struct io_bell {
	struct io_env *env;
	uv_async_t handle;
	void (*run)(void *arg);
	void *arg;
};

static void on_bell(uv_async_t *handle)
{
	struct io_bell *bell = handle->data;

	uv_env_enter(uv_env_of(bell->env));
	if (!uv_is_closing((uv_handle_t *)handle))
		bell->run(bell->arg);
}

struct io_bell *uv_bell_new(struct io_env *env, void (*run)(void *arg),
	void *arg)
{
	struct io_bell *bell = base_alloc0(sizeof(*bell));

	bell->env = env;
	bell->run = run;
	bell->arg = arg;
	bell->handle.data = bell;
	if (uv_async_init(&uv_env_of(env)->loop, &bell->handle, on_bell) < 0) {
		free(bell);
		return NULL;
	}
	return bell;
}

void uv_bell_ring(struct io_bell *bell)
{
	uv_async_send(&bell->handle);
}

static void on_bell_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void uv_bell_free(struct io_bell *bell)
{
	uv_close((uv_handle_t *)&bell->handle, on_bell_closed);
}
