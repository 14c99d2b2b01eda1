#include "help.h"

#include "fault_vfs.h"

/* A number of values, each with what its owner was told. */
enum { MOST = 3000 };

struct ledger {
	struct room *room;
	struct fault_vfs *vfs;
	int made, told, failed;
	struct entry {
		struct ledger *ledger;
		int number, calls, error;
		bool told_before_cut;
		int found; /* what look_at_all() has found: 0, or an error */
	} entries[MOST];
};

static void told(void *arg, int error)
{
	struct entry *e = arg;

	e->calls++;
	e->error = error;
	e->ledger->told++;
	e->ledger->failed += error != 0;
	e->told_before_cut = !fault_vfs_was_cut(e->ledger->vfs);
}

static size_t value_of(int number, char *text)
{
	size_t len = 1 + (size_t)number * 7919 % 6000;

	memset(text, 'a' + number % 26, len);
	return len;
}

static void put_one(struct ledger *l)
{
	struct entry *e = &l->entries[l->made];
	char key[16], text[6000];

	assert_true(l->made < MOST);
	e->ledger = l;
	e->number = l->made++;
	snprintf(key, sizeof(key), "%d", e->number);
	store_value_put(l->room->store, "p", str_from(key),
		(struct str){ text, value_of(e->number, text) }, 0, told, e);
}

static void looked(void *arg, int error, struct str value)
{
	struct entry *e = arg;
	char text[6000];
	size_t len = value_of(e->number, text);

	e->found = error;
	if (error)
		return;
	assert_int_equal(value.len, len);
	assert_memory_equal(value.p, text, len);
}

/* Ask @room for every value; whole ones only are found. */
static void look_at_all(struct ledger *l, struct room *room)
{
	char key[16];

	for (int i = 0; i < l->made; i++) {
		snprintf(key, sizeof(key), "%d", i);
		l->entries[i].found = 1;
		store_value_get(room->store, "p", str_from(key), looked,
			&l->entries[i]);
	}
	room_step(room);
}

/* Everybody was told once, and what was told to be there is there. */
static void check_all(struct ledger *l)
{
	look_at_all(l, l->room);
	for (int i = 0; i < l->made; i++) {
		assert_int_equal(l->entries[i].calls, 1);
		if (l->entries[i].error == 0)
			assert_int_equal(l->entries[i].found, 0);
		else
			assert_int_equal(l->entries[i].error, -STOX_EIO);
	}
}

static void start(struct ledger *l, struct room *r, uint64_t seed)
{
	memset(l, 0, sizeof(*l));
	room_init(r);
	l->room = r;
	l->vfs = fault_vfs_new(seed);
	room_open(r);
}

static void finish(struct ledger *l)
{
	store_close(&l->room->store);
	fault_vfs_free(&l->vfs);
	room_free(l->room);
}

/* A failed commit: the whole batch hears of it, the next one works. */
static void a_failed_commit_fails_its_batch(void **state)
{
	static const enum fault faults[] = { FAULT_SYNC, FAULT_WRITE,
		FAULT_FULL };
	struct ledger *l = malloc(sizeof(*l));
	struct store_info info;
	struct room r;

	(void)state;
	for (size_t f = 0; f < COUNT(faults); f++) {
		start(l, &r, f);
		put_one(l);
		room_step(&r);
		assert_int_equal(l->failed, 0);
		fault_vfs_fail(l->vfs, faults[f], 1000);
		for (int i = 0; i < 5; i++)
			put_one(l);
		room_step(&r);
		assert_int_equal(l->told, 6);
		assert_int_equal(l->failed, 5);
		assert_non_null(strstr(r.logged, "error store failed why="));
		store_info(r.store, &info);
		assert_true(info.failures >= 1);
		assert_int_equal(info.commits, 1);
		/* while it lasts every batch fails, after one try */
		put_one(l);
		room_step(&r);
		assert_int_equal(l->failed, 6);
		fault_vfs_fail(l->vfs, faults[f], 0);
		put_one(l);
		room_step(&r);
		assert_int_equal(l->failed, 6);
		store_info(r.store, &info);
		assert_int_equal(info.commits, 2);
		check_all(l);
		store_close(&r.store);
		room_open(&r);
		check_all(l);
		finish(l);
	}
	free(l);
}

static void failed_reads_are_errors_not_absence(void **state)
{
	struct ledger *l = malloc(sizeof(*l));
	struct answer a = { 0 };
	struct room r;

	(void)state;
	start(l, &r, 1);
	for (int i = 0; i < 1000; i++)
		put_one(l);
	room_step(&r);
	store_close(&r.store);
	room_open(&r);
	fault_vfs_fail(l->vfs, FAULT_READ, 1000);
	store_value_get(r.store, "p", STR("500"), on_found, &a);
	room_step(&r);
	assert_int_equal(a.calls, 1);
	assert_int_equal(a.error, -STOX_EIO);
	assert_null(a.text);
	fault_vfs_fail(l->vfs, FAULT_READ, 0);
	check_all(l);
	finish(l);
	free(l);
}

/* One to ten per cent of everything fails. */
static void a_flaky_disk_loses_nothing_acknowledged(void **state)
{
	struct ledger *l = malloc(sizeof(*l));
	struct room r;

	(void)state;
	for (unsigned per_mille = 10; per_mille <= 100; per_mille += 30) {
		start(l, &r, per_mille);
		for (int f = 0; f < FAULT_COUNT; f++)
			fault_vfs_fail(l->vfs, (enum fault)f, per_mille);
		for (int i = 0; i < 400; i++) {
			for (int n = 0; n <= i % 4; n++)
				put_one(l);
			room_step(&r);
		}
		assert_true(fault_vfs_failed(l->vfs) > 50);
		assert_true(l->failed > 0 && l->failed < l->made);
		for (int f = 0; f < FAULT_COUNT; f++)
			fault_vfs_fail(l->vfs, (enum fault)f, 0);
		check_all(l);
		store_drop(&r.store);
		room_open(&r);
		check_all(l);
		finish(l);
	}
	free(l);
}

/* The file went away or was replaced while in use. */
static void a_vanished_file(void **state)
{
	struct ledger *l = malloc(sizeof(*l));
	char other[128];
	struct room r;

	(void)state;
	start(l, &r, 1);
	snprintf(other, sizeof(other), "%s/other", r.folder);
	put_one(l);
	room_step(&r);
	fault_vfs_fail(l->vfs, FAULT_SYNC, 1000);
	put_one(l);
	rename(r.path, other);
	room_step(&r);
	fault_vfs_fail(l->vfs, FAULT_SYNC, 0);
	put_one(l);
	room_step(&r);
	assert_int_equal(l->failed, 2);
	assert_int_not_equal(access(r.path, F_OK), 0); /* not made anew */
	assert_non_null(strstr(r.logged, "has gone"));
	rename(other, r.path);
	put_one(l);
	room_step(&r);
	assert_int_equal(l->failed, 2);
	check_all(l);
	finish(l);
	free(l);
}

/* ---- the power cut ------------------------------------------------------- */

static void open_copy(struct room *copy, const char *folder)
{
	room_init(copy);
	remove_folder(copy->folder);
	snprintf(copy->folder, sizeof(copy->folder), "%s", folder);
	snprintf(copy->path, sizeof(copy->path), "%s/db", folder);
	if (!room_try(copy, false))
		fail_msg("%s", buf_text(&copy->why));
}

/* Batches of one to three, until the power goes. */
static void work(struct ledger *l, int batches)
{
	for (int i = 0; i < batches && !fault_vfs_was_cut(l->vfs); i++) {
		for (int n = 0; n <= i % 3; n++)
			put_one(l);
		room_step(l->room);
	}
}

enum { CUTS = 20, BATCHES = 250 };

/* Where the same work begins and ends when nothing is cut. */
static uint64_t count_operations(uint64_t *ret_first)
{
	struct ledger *l = malloc(sizeof(*l));
	struct room r;
	uint64_t n;

	start(l, &r, 1);
	*ret_first = fault_vfs_operations(l->vfs);
	work(l, BATCHES);
	n = fault_vfs_operations(l->vfs);
	finish(l);
	free(l);
	return n;
}

/* The power goes at any write or sync, also while the WAL is moved into the
 * database. */
static void a_power_cut_keeps_what_was_told(void **state)
{
	uint64_t first, all = count_operations(&first);
	struct ledger *l = malloc(sizeof(*l));
	int there = 0;

	(void)state;
	assert_true(all > first + 1000);
	for (uint64_t cut = 0; cut < CUTS; cut++) {
		struct room r, copy;
		char folder[64] = "store-XXXXXX";

		start(l, &r, cut);
		assert_non_null(mkdtemp(folder));
		fault_vfs_cut(l->vfs, first + (all - first) * cut / CUTS +
			cut * 7 % 13, r.folder, folder);
		work(l, BATCHES);
		assert_true(fault_vfs_was_cut(l->vfs));
		open_copy(&copy, folder);
		look_at_all(l, &copy);
		for (int i = 0; i < l->made; i++) {
			if (l->entries[i].told_before_cut)
				assert_int_equal(l->entries[i].found, 0);
			there += l->entries[i].found == 0;
		}
		room_free(&copy);
		finish(l);
	}
	assert_true(there > 1000);
	free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_commit_fails_its_batch),
		cmocka_unit_test(failed_reads_are_errors_not_absence),
		cmocka_unit_test(a_flaky_disk_loses_nothing_acknowledged),
		cmocka_unit_test(a_vanished_file),
		cmocka_unit_test(a_power_cut_keeps_what_was_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
