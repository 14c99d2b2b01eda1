#include "core/host.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/node.h"

/* What a plugin registered, in one of its host's lists. */
struct host_timer {
	struct list node;
	struct timer timer;
	struct stox_host *host;
	uint64_t token;
	void (*run)(void *arg);
	void *arg;
};
struct host_task {
	struct list node;
	struct io_task task;
	void (*run)(void *arg);
	void *arg;
};
struct host_watch {
	struct list node;
	struct io_watch *watch;
	uint64_t token;
};

struct stox_host *host_new(struct node *n, const struct stox_plugin *plugin)
{
	struct stox_host *h = base_alloc0(sizeof(*h));

	h->node = n;
	h->plugin = plugin;
	list_init(&h->timers);
	list_init(&h->tasks);
	list_init(&h->watches);
	if (plugin->init && plugin->init(h, &h->state) < 0) {
		log_event(n->log, STOX_LOG_ERROR, "core", 0, "plugin-failed",
			"plugin=%s", plugin->name);
		h->plugin = NULL;
		host_free(&h);
	}
	return h;
}

static void timer_free(struct host_timer *t)
{
	timer_stop(io_timers(t->host->node->env), &t->timer);
	handles_remove(t->host->node->waits, t->token);
	list_remove(&t->node);
	free(t);
}

void host_free(struct stox_host **host)
{
	struct stox_host *h = *host;

	*host = NULL;
	if (!h)
		return;
	if (h->plugin && h->plugin->close)
		h->plugin->close(h->state);
	list_each (it, tmp, &h->timers)
		timer_free(container_of(it, struct host_timer, node));
	list_each (it, tmp, &h->tasks) {
		struct host_task *t = container_of(it, struct host_task, node);

		io_undefer(&t->task);
		free(t);
	}
	list_each (it, tmp, &h->watches) {
		struct host_watch *w = container_of(it, struct host_watch, node);

		handles_remove(h->node->waits, w->token);
		io_unwatch(&w->watch);
		free(w);
	}
	cache_free(&h->cache);
	free(h);
}

static void timer_ran(void *arg)
{
	struct host_timer *t = arg;
	void (*run_it)(void *) = t->run;
	void *run_arg = t->arg;

	timer_free(t);
	run_it(run_arg);
}

uint64_t stox_timer(struct stox_host *host, unsigned after_ms,
	void (*run)(void *arg), void *arg)
{
	struct host_timer *t = base_alloc0(sizeof(*t));

	t->host = host;
	t->run = run;
	t->arg = arg;
	t->token = handles_add(host->node->waits, t);
	timer_init(&t->timer, timer_ran, t);
	timer_start(io_timers(host->node->env), &t->timer, after_ms);
	list_append(&host->timers, &t->node);
	return t->token;
}

void stox_timer_stop(struct stox_host *host, uint64_t token)
{
	list_each (it, tmp, &host->timers) {
		struct host_timer *t = container_of(it, struct host_timer, node);

		if (t->token == token) {
			timer_free(t);
			return;
		}
	}
}

static void task_ran(void *arg)
{
	struct host_task *t = arg;
	void (*run_it)(void *) = t->run;
	void *run_arg = t->arg;

	list_remove(&t->node);
	free(t);
	run_it(run_arg);
}

int stox_defer(struct stox_host *host, void (*run)(void *arg), void *arg)
{
	struct host_task *t = base_alloc0(sizeof(*t));

	t->run = run;
	t->arg = arg;
	io_task_init(&t->task, task_ran, t);
	list_append(&host->tasks, &t->node);
	io_defer(host->node->env, &t->task);
	return 0;
}

uint64_t stox_watch_fd(struct stox_host *host, int fd, int events,
	void (*run)(void *arg, int events), void *arg)
{
	struct io_watch *watch = io_watch(host->node->env, fd, events, run, arg);
	struct host_watch *w;

	if (!watch)
		return 0;
	w = base_alloc0(sizeof(*w));
	w->watch = watch;
	w->token = handles_add(host->node->waits, w);
	list_append(&host->watches, &w->node);
	return w->token;
}

void stox_unwatch_fd(struct stox_host *host, uint64_t token)
{
	list_each (it, tmp, &host->watches) {
		struct host_watch *w = container_of(it, struct host_watch, node);

		if (w->token != token)
			continue;
		handles_remove(host->node->waits, token);
		list_remove(&w->node);
		io_unwatch(&w->watch);
		free(w);
		return;
	}
}

uint64_t stox_now_ms(struct stox_host *host)
{
	return io_now_ms(host->node->env);
}

uint64_t stox_wall_s(struct stox_host *host)
{
	return io_wall_us(host->node->env) / 1000000;
}

uint64_t stox_uptime_s(struct stox_host *host)
{
	return (io_now_ms(host->node->env) - host->node->started_ms) / 1000;
}

const char *stox_feature(struct stox_host *host, size_t index)
{
	const char **f = host->node->snapshot->features;

	for (size_t i = 0; f[i]; i++)
		if (i == index)
			return f[i];
	return NULL;
}

void stox_log(struct stox_host *host, enum stox_level level,
	const struct stox_exchange *x, const char *event, const char *format, ...)
{
	char text[512] = "";
	va_list ap;

	if (!log_wants(host->node->log, level))
		return;
	if (format) {
		va_start(ap, format);
		vsnprintf(text, sizeof(text), format, ap);
		va_end(ap);
	}
	log_event(host->node->log, level, host->plugin->name, x ? x->id : 0,
		event, "%s", text);
}
