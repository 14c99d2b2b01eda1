/*
 * help.h: a folder, an environment in memory and a store in it, for the tests
 * of this folder.
 */
#ifndef TESTS_STORE_HELP_H
#define TESTS_STORE_HELP_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/mem.h"
#include "store/store.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

enum { NOW_S = 1700000000 };

struct room {
	char folder[64], path[96];
	struct io_world *world;
	struct io_env *env;
	struct limits limits;
	struct budget budget;
	struct log log;
	char logged[1024];   /* the last line */
	struct store *store; /* NULL: refused, then why says so */
	struct buf why;
};

static inline void keep_line(void *arg, enum stox_level level, const char *line)
{
	struct room *r = arg;

	(void)level;
	snprintf(r->logged, sizeof(r->logged), "%s", line);
}

static inline void room_world(struct room *r)
{
	const struct io_env_config c = { .log = &r->log, .limits = &r->limits,
		.budget = &r->budget };

	r->world = io_world_new(NOW_S * UINT64_C(1000000), 1);
	r->env = io_mem_new(r->world, "192.0.2.1", &c);
	assert_non_null(r->env);
}

/* A fresh folder, nothing in it. */
static inline void room_init(struct room *r)
{
	memset(r, 0, sizeof(*r));
	limits_init(&r->limits);
	r->log = (struct log){ .level = STOX_LOG_INFO, .sink = keep_line,
		.sink_arg = r };
	buf_init(&r->why, 4096, NULL);
	snprintf(r->folder, sizeof(r->folder), "store-XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	snprintf(r->path, sizeof(r->path), "%s/db", r->folder);
	room_world(r);
}

static inline bool room_try(struct room *r, bool create)
{
	const struct store_config c = { r->path, create };

	buf_clear(&r->why);
	r->store = store_open(r->env, &r->log, &c, &r->why);
	assert_true(r->store || r->why.len > 0);
	return r->store != NULL;
}

static inline void room_open(struct room *r)
{
	if (!room_try(r, true))
		fail_msg("%s", buf_text(&r->why));
}

static inline void room_step(struct room *r)
{
	assert_true(io_world_step(r->world, 1000000) < 1000000);
}

/* Remove a folder that holds only files. */
static inline void remove_folder(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;
	char name[400];

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		snprintf(name, sizeof(name), "%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.')
			unlink(name);
	}
	closedir(dir);
	rmdir(folder);
}

static inline void room_free(struct room *r)
{
	store_close(&r->store);
	io_env_free(&r->env);
	io_world_free(&r->world);
	buf_free(&r->why);
	remove_folder(r->folder);
}

/* What a call has answered. */
struct answer {
	int calls, error;
	size_t len;
	char *text; /* owned; NULL: none */
};

static inline void answer_free(struct answer *a)
{
	free(a->text);
	*a = (struct answer){ 0 };
}

static inline void on_done(void *arg, int error)
{
	struct answer *a = arg;

	a->calls++;
	a->error = error;
}

static inline void on_found(void *arg, int error, struct str value)
{
	struct answer *a = arg;

	a->calls++;
	a->error = error;
	free(a->text);
	a->text = NULL;
	a->len = value.len;
	if (value.p) {
		a->text = malloc(value.len + 1);
		memcpy(a->text, value.p, value.len);
		a->text[value.len] = '\0';
	}
}

/* Ask and wait; the answer is freed by the caller. */
static inline struct answer get_value(struct room *r, const char *plugin,
	struct str key)
{
	struct answer a = { 0 };

	store_value_get(r->store, plugin, key, on_found, &a);
	room_step(r);
	assert_int_equal(a.calls, 1);
	return a;
}

static inline int put_value(struct room *r, const char *plugin, struct str key,
	struct str value, uint64_t expires_s)
{
	struct answer a = { 0 };

	store_value_put(r->store, plugin, key, value, expires_s, on_done, &a);
	room_step(r);
	assert_int_equal(a.calls, 1);
	return a.error;
}

#endif
