#include "store/internal.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Of the many jobs in one batch: so long does a single one wait for them. */
enum { MANY = 64 };
/* Of them, until the loop may have the processor that both may share. */
enum { AT_ONCE = 32 };

/*
 * Jobs go round: store_queue() puts them into a queue, the worker takes a batch
 * of it, one transaction, and puts them into `finished`; the bell brings them to
 * the loop.  The worker is a thread, or a deferred call where the environment
 * has none: the same code.
 *
 * There are two queues: sessions and what goes with them, of which very many may
 * come at once, and the rest, which a message may wait for.
 */
struct store {
	struct io_env *env;
	struct log *log;
	struct io_bell *bell;
	struct io_task work;      /* without threads: run a batch */
	struct io_thread *thread; /* NULL without */
	struct list results;      /* being handed out; the loop's */
	bool handing_out, ended;  /* a result's callback may end us */

	struct database database; /* the worker's, once it runs */
	int version;              /* of its schema, when it was opened */

	pthread_mutex_t mutex;    /* guards the rest */
	pthread_cond_t changed;
	struct list few, many;    /* queued */
	struct list finished;
	bool stop;                /* end when nothing is queued */
	bool drop;                /* end now, commit nothing more */
	char failure[256];        /* not logged yet; "" is none */
	struct store_info info;
};

uint64_t store_now_s(struct store *s)
{
	return io_wall_us(s->env) / 1000000;
}

static void move_first(struct list *to, struct list *from)
{
	struct list *first = from->next;

	list_remove(first);
	list_append(to, first);
}

static void move_all(struct list *to, struct list *from)
{
	list_each(it, tmp, from) {
		list_remove(it);
		list_append(to, it);
	}
}

/* ---- the worker ---------------------------------------------------------- */

static bool dropped(struct store *s)
{
	bool drop;

	pthread_mutex_lock(&s->mutex);
	drop = s->drop;
	pthread_mutex_unlock(&s->mutex);
	return drop;
}

static bool writes(const struct list *jobs)
{
	list_each(it, tmp, jobs)
		if (job_writes(container_of(it, struct job, node)->kind))
			return true;
	return false;
}

/* What is at the head of the few and only reads.  The mutex is held. */
static void take_reads(struct store *s, struct list *reads)
{
	struct list *first;

	while (!list_empty(&s->few)) {
		first = s->few.next;
		if (job_writes(container_of(first, struct job, node)->kind))
			return;
		list_remove(first);
		list_append(reads, first);
	}
}

/* Back to the loop.  The mutex is held. */
static void hand_back(struct store *s, struct list *batch)
{
	list_each(it, tmp, batch) {
		struct job *j = container_of(it, struct job, node);

		s->info.jobs++;
		s->info.queued--;
		if (!j->waited_for)
			continue;
		j->waited_for = false;
		list_remove(it);
	}
	move_all(&s->finished, batch);
	pthread_cond_broadcast(&s->changed);
	io_bell_ring(s->bell);
}

/* A message waits for what it reads: that goes between two of the many, which
 * change nothing of it, and need not be committed. */
static bool serve_reads(struct store *s)
{
	struct list reads;
	bool good = true;

	list_init(&reads);
	pthread_mutex_lock(&s->mutex);
	take_reads(s, &reads);
	pthread_mutex_unlock(&s->mutex);
	if (list_empty(&reads))
		return true;
	list_each(it, tmp, &reads) {
		struct job *j = container_of(it, struct job, node);

		good = good && job_run(&s->database, j);
		if (!good)
			job_fail(j);
	}
	pthread_mutex_lock(&s->mutex);
	hand_back(s, &reads);
	pthread_mutex_unlock(&s->mutex);
	return good;
}

static bool run_all(struct store *s, struct list *jobs)
{
	int n = 0;

	list_each(it, tmp, jobs) {
		struct job *j = container_of(it, struct job, node);

		/* of the few, what is queued now may want to see this one */
		if ((job_is_one_of_many(j->kind) && !serve_reads(s)) ||
			!job_run(&s->database, j))
			return false;
		if (++n % AT_ONCE == 0)
			sched_yield();
	}
	return true;
}

/* The writes among the few, and what is queued behind them, come last: what is
 * read before is older than they are. */
static bool run_few(struct store *s, struct list *batch)
{
	struct list few;
	bool good = true;

	list_init(&few);
	pthread_mutex_lock(&s->mutex);
	move_all(&few, &s->few);
	pthread_mutex_unlock(&s->mutex);
	list_each(it, tmp, &few)
		good = good && job_run(&s->database,
			container_of(it, struct job, node));
	move_all(batch, &few);
	return good;
}

/* All jobs in one transaction: 1 committed, 0 dropped, -1 lost.  @write: the
 * few go with it. */
static int run_batch(struct store *s, struct list *batch, bool write)
{
	struct database *d = &s->database;

	if (database_run(d, write ? STATEMENT_BEGIN_WRITE : STATEMENT_BEGIN) !=
			SQLITE_OK ||
		!run_all(s, batch) || (write && !run_few(s, batch)))
		return -1;
	if (dropped(s)) {
		database_run(d, STATEMENT_ROLLBACK);
		return 0;
	}
	return database_run(d, STATEMENT_COMMIT) == SQLITE_OK ? 1 : -1;
}

static void note_failure(struct store *s, const char *text)
{
	pthread_mutex_lock(&s->mutex);
	s->info.failures++;
	if (!s->failure[0])
		memcpy(s->failure, text, str_utf8_cut(str_from(text),
			sizeof(s->failure) - 1));
	pthread_mutex_unlock(&s->mutex);
}

static bool reopen(struct store *s)
{
	struct buf why;
	int error;

	buf_init(&why, 1024, NULL);
	error = database_reopen(&s->database, &why);
	if (error)
		note_failure(s, buf_text(&why));
	buf_free(&why);
	return error == 0;
}

/* Whether a failed commit reached the disk nobody knows, and SQLite's caches
 * know least: everybody hears of a failure, and the file is opened anew. */
static bool work_on(struct store *s, struct list *batch, bool write)
{
	int result = -1;

	if (s->database.db || reopen(s)) {
		result = run_batch(s, batch, write);
		if (result < 0) {
			note_failure(s, sqlite3_errmsg(s->database.db));
			reopen(s);
		}
	}
	if (result < 0)
		list_each(it, tmp, batch)
			job_fail(container_of(it, struct job, node));
	return result > 0;
}

static bool has_work(const struct store *s)
{
	return !list_empty(&s->few) || !list_empty(&s->many);
}

/* Take what is queued, do it, hand it back.  The mutex is held. */
static void work_once(struct store *s)
{
	struct list batch;
	bool write, committed;

	list_init(&batch);
	take_reads(s, &batch);
	if (list_empty(&batch))
		for (int i = 0; i < MANY && !list_empty(&s->many); i++)
			move_first(&batch, &s->many);
	if (list_empty(&batch))
		move_all(&batch, &s->few);
	write = writes(&batch);
	pthread_mutex_unlock(&s->mutex);
	committed = work_on(s, &batch, write);
	pthread_mutex_lock(&s->mutex);
	s->info.commits += committed;
	hand_back(s, &batch);
}

static void work_in_thread(void *arg)
{
	struct store *s = arg;

	pthread_mutex_lock(&s->mutex);
	while (!s->drop) {
		if (has_work(s))
			work_once(s);
		else if (s->stop)
			break;
		else
			pthread_cond_wait(&s->changed, &s->mutex);
	}
	pthread_mutex_unlock(&s->mutex);
}

static void work_in_line(void *arg)
{
	struct store *s = arg;

	pthread_mutex_lock(&s->mutex);
	while (has_work(s))
		work_once(s);
	pthread_mutex_unlock(&s->mutex);
}

/* ---- the loop's side ----------------------------------------------------- */

static void hand_out(struct job *j)
{
	for (size_t i = 0; i < j->row_count && j->row; i++)
		j->row(j->arg, &j->rows[i]);
	if (j->found)
		j->found(j->arg, j->error, j->value);
	if (j->done)
		j->done(j->arg, j->error);
}

static void log_failure(struct store *s)
{
	char quoted[300], failure[sizeof(s->failure)];

	pthread_mutex_lock(&s->mutex);
	memcpy(failure, s->failure, sizeof(failure));
	s->failure[0] = '\0';
	pthread_mutex_unlock(&s->mutex);
	if (failure[0])
		log_event(s->log, STOX_LOG_ERROR, "store", 0, "failed",
			"why=%s", log_text(str_from(failure), quoted,
				sizeof(quoted)));
}

static void free_jobs(struct list *jobs)
{
	list_each(it, tmp, jobs)
		job_free(container_of(it, struct job, node));
	list_init(jobs);
}

static void release(struct store *s)
{
	free_jobs(&s->few);
	free_jobs(&s->many);
	free_jobs(&s->finished);
	free_jobs(&s->results);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

static void on_bell(void *arg)
{
	struct store *s = arg;

	log_failure(s);
	pthread_mutex_lock(&s->mutex);
	move_all(&s->results, &s->finished);
	pthread_mutex_unlock(&s->mutex);
	s->handing_out = true;
	while (!s->ended && !list_empty(&s->results)) {
		struct job *j = container_of(s->results.next, struct job, node);

		list_remove(&j->node);
		hand_out(j);
		job_free(j);
	}
	s->handing_out = false;
	if (s->ended)
		release(s);
}

void store_queue(struct store *s, struct job *j)
{
	pthread_mutex_lock(&s->mutex);
	list_append(job_is_one_of_many(j->kind) ? &s->many : &s->few, &j->node);
	s->info.queued++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
	if (!s->thread)
		io_defer(s->env, &s->work);
}

void store_wait(struct store *s, struct job *j)
{
	j->waited_for = true;
	store_queue(s, j);
	if (!s->thread)
		work_in_line(s);
	pthread_mutex_lock(&s->mutex);
	while (j->waited_for)
		pthread_cond_wait(&s->changed, &s->mutex);
	pthread_mutex_unlock(&s->mutex);
}

static void log_opened(struct store *s)
{
	const struct database *d = &s->database;

	if (d->mode_fixed)
		log_event(s->log, STOX_LOG_WARN, "store", 0, "mode-fixed",
			"file=%s mode=0600", d->path);
	if (d->version_found != d->version)
		log_event(s->log, STOX_LOG_INFO, "store", 0, "migrated",
			"file=%s from=%d to=%d", d->path, d->version_found,
			d->version);
}

struct store *store_open(struct io_env *env, struct log *log,
	const struct store_config *config, struct buf *why)
{
	struct store *s = base_alloc0(sizeof(*s));

	s->env = env;
	s->log = log;
	if (database_open(&s->database, config, why) < 0) {
		free(s);
		return NULL;
	}
	s->version = s->database.version;
	log_opened(s);
	list_init(&s->few);
	list_init(&s->many);
	list_init(&s->finished);
	list_init(&s->results);
	io_task_init(&s->work, work_in_line, s);
	stox_require(pthread_mutex_init(&s->mutex, NULL) == 0);
	stox_require(pthread_cond_init(&s->changed, NULL) == 0);
	s->bell = io_bell_new(env, on_bell, s);
	if (io_has_threads(env))
		s->thread = io_thread_start(env, work_in_thread, s);
	if (!s->bell || (io_has_threads(env) && !s->thread)) {
		buf_add_text(why, "cannot start the thread of the store");
		store_close(&s);
	}
	return s;
}

static void end(struct store *s, bool drop)
{
	pthread_mutex_lock(&s->mutex);
	s->stop = true;
	s->drop = drop;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
	io_undefer(&s->work);
	if (s->thread)
		io_thread_join(&s->thread);
	else if (!drop)
		work_in_line(s);
	io_bell_free(&s->bell);
	if (drop)
		database_drop(&s->database);
	else
		database_close(&s->database);
	log_failure(s);
	s->ended = true;
	if (!s->handing_out)
		release(s);
}

void store_close(struct store **s)
{
	if (*s)
		end(*s, false);
	*s = NULL;
}

void store_drop(struct store **s)
{
	if (*s)
		end(*s, true);
	*s = NULL;
}

int store_version(const struct store *s)
{
	return s->version;
}

static uint64_t file_size(const char *path, const char *suffix)
{
	struct stat st;
	struct buf name;
	uint64_t size = 0;

	buf_init(&name, 8192, NULL);
	buf_printf(&name, "%s%s", path, suffix);
	if (stat(buf_text(&name), &st) == 0)
		size = (uint64_t)st.st_size;
	buf_free(&name);
	return size;
}

void store_info(const struct store *s, struct store_info *ret)
{
	struct store *unlocked = (struct store *)s;

	pthread_mutex_lock(&unlocked->mutex);
	*ret = s->info;
	pthread_mutex_unlock(&unlocked->mutex);
	ret->file_bytes = file_size(s->database.path, "") +
		file_size(s->database.path, "-wal");
}
