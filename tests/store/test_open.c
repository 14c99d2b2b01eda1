#include "help.h"

#include <fcntl.h>
#include <sqlite3.h>

static void shell(struct room *r, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(r->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void refused(struct room *r, const char *because)
{
	assert_false(room_try(r, true));
	if (!strstr(buf_text(&r->why), because))
		fail_msg("\"%s\" does not say \"%s\"", buf_text(&r->why),
			because);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static char *slurp(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	char *data = malloc(1 << 20);

	assert_non_null(f);
	*ret_len = fread(data, 1, 1 << 20, f);
	fclose(f);
	return data;
}

static void spit(const char *path, const char *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
	chmod(path, 0600);
}

static void made_once_and_private(void **state)
{
	mode_t before = umask(0);
	char name[128];
	struct room r;

	(void)state;
	room_init(&r);
	assert_false(room_try(&r, false));
	assert_non_null(strstr(buf_text(&r.why), "does not exist"));
	assert_int_not_equal(access(r.path, F_OK), 0);
	room_open(&r);
	assert_non_null(strstr(r.logged, "info store migrated"));
	assert_int_equal(mode_of(r.path), 0600);
	assert_int_equal(put_value(&r, "p", STR("k"), STR("v"), 0), 0);
	snprintf(name, sizeof(name), "%s-wal", r.path);
	assert_int_equal(mode_of(name), 0600);
	snprintf(name, sizeof(name), "%s-shm", r.path);
	assert_int_equal(mode_of(name), 0600);
	snprintf(name, sizeof(name), "%s-new", r.path);
	assert_int_not_equal(access(name, F_OK), 0);
	store_close(&r.store);
	r.logged[0] = '\0';
	assert_true(room_try(&r, false));
	assert_string_equal(r.logged, "");
	umask(before);
	room_free(&r);
}

/* A first start that was killed half-way leaves a file with another name. */
static void a_killed_start_is_forgotten(void **state)
{
	char name[128];
	struct room r;

	(void)state;
	room_init(&r);
	snprintf(name, sizeof(name), "%s-new", r.path);
	spit(name, "half a database", 15);
	snprintf(name, sizeof(name), "%s-new-journal", r.path);
	spit(name, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7 and more", 17);
	room_open(&r);
	room_free(&r);
}

static void pragmas_are_in_the_file(void **state)
{
	struct room r;
	size_t len;
	char *data;

	(void)state;
	room_init(&r);
	room_open(&r);
	assert_int_equal(store_version(r.store), 5);
	store_close(&r.store);
	data = slurp(r.path, &len);
	assert_memory_equal(data + 18, "\2\2", 2); /* write-ahead log */
	assert_memory_equal(data + 60, "\0\0\0\5", 4); /* user_version */
	assert_memory_equal(data + 68, "stox", 4); /* application_id */
	free(data);
	room_free(&r);
}

static void others_cannot_read_it_for_long(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_close(&r.store);
	chmod(r.path, 0644);
	room_open(&r);
	assert_non_null(strstr(r.logged, "warn store mode-fixed"));
	assert_int_equal(mode_of(r.path), 0600);
	room_free(&r);
}

static void games_with_names(void **state)
{
	char other[128];
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_close(&r.store);
	snprintf(other, sizeof(other), "%s/other", r.folder);

	assert_int_equal(link(r.path, other), 0);
	refused(&r, "hard link");
	assert_int_equal(unlink(other), 0);

	assert_int_equal(rename(r.path, other), 0);
	assert_int_equal(symlink("other", r.path), 0);
	refused(&r, "not a regular file");
	assert_int_equal(unlink(r.path), 0);
	assert_int_equal(mkfifo(r.path, 0600), 0);
	refused(&r, "not a regular file");
	assert_int_equal(unlink(r.path), 0);
	assert_int_equal(rename(other, r.path), 0);

	chmod(r.folder, 0777);
	refused(&r, "written by everybody");
	chmod(r.folder, 0700);

	snprintf(other, sizeof(other), "%s-lock", r.path);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink("elsewhere", other), 0);
	refused(&r, "-lock");
	assert_int_equal(unlink(other), 0);
	room_open(&r);
	room_free(&r);
}

/* The folder itself may be reached by a link, as systemd makes it. */
static void a_linked_folder_is_fine(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	assert_int_equal(symlink(r.folder, "store-link"), 0);
	snprintf(r.path, sizeof(r.path), "store-link/db");
	room_open(&r);
	assert_int_equal(put_value(&r, "p", STR("k"), STR("v"), 0), 0);
	unlink("store-link");
	room_free(&r);
}

static void bad_paths(void **state)
{
	static const struct {
		const char *path, *because;
	} cases[] = {
		{ "no-such-folder/db", "No such file" },
		{ "", "not the name of a file" },
		{ "./", "not the name of a file" },
		{ ".", "not a regular file" },
	};
	struct room r;

	(void)state;
	room_init(&r);
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(r.path, sizeof(r.path), "%s", cases[i].path);
		refused(&r, cases[i].because);
	}
	unlink(".-lock");
	room_free(&r);
}

static void two_cannot_have_it(void **state)
{
	struct room r;
	struct store *first;

	(void)state;
	room_init(&r);
	room_open(&r);
	first = r.store;
	refused(&r, "in use by another stoxd");
	store_drop(&first);
	room_open(&r);
	room_free(&r);
}

static void not_ours(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	spit(r.path, "", 0);
	refused(&r, "is empty");
	spit(r.path, "hello", 5);
	refused(&r, "not a database");
	unlink(r.path);
	shell(&r, "CREATE TABLE t (a)");
	chmod(r.path, 0600);
	refused(&r, "not made by stox");
	shell(&r, "PRAGMA application_id = 0x73746f78");
	refused(&r, "not made by stox");
	room_free(&r);
}

static void newer_is_refused(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_close(&r.store);
	shell(&r, "PRAGMA user_version = 1000");
	refused(&r, "written by a newer stox: it has schema 1000");
	shell(&r, "PRAGMA user_version = -5");
	refused(&r, "not made by stox");
	shell(&r, "PRAGMA user_version = 5");
	room_open(&r);
	room_free(&r);
}

/* Code in a foreign schema does not run. */
static void triggers_do_not_fire(void **state)
{
	struct answer a;
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	store_close(&r.store);
	shell(&r, "CREATE TRIGGER t AFTER INSERT ON plugin_value BEGIN"
		" DELETE FROM plugin_value; END");
	room_open(&r);
	assert_int_equal(put_value(&r, "p", STR("k"), STR("v"), 0), 0);
	a = get_value(&r, "p", STR("k"));
	assert_string_equal(a.text, "v");
	answer_free(&a);
	room_free(&r);
}

static bool file_holds(const char *path, const char *needle)
{
	size_t len;
	char *data = slurp(path, &len);
	bool held = memmem(data, len, needle, strlen(needle)) != NULL;

	free(data);
	return held;
}

static void deleted_bytes_are_gone(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	room_open(&r);
	put_value(&r, "p", STR("k"), STR("xyzzy-secret-xyzzy"), 0);
	put_value(&r, "p", STR("l"), STR("another"), 0);
	store_close(&r.store);
	assert_true(file_holds(r.path, "xyzzy-secret"));
	room_open(&r);
	store_value_delete(r.store, "p", STR("k"), NULL, NULL);
	store_close(&r.store);
	assert_false(file_holds(r.path, "xyzzy-secret"));
	assert_true(file_holds(r.path, "another"));
	room_free(&r);
}

/* ---- damage -------------------------------------------------------------- */

enum { VALUES = 60 };

static void fill(struct room *r)
{
	char key[16], text[300];

	for (int i = 0; i < VALUES; i++) {
		snprintf(key, sizeof(key), "key%d", i);
		memset(text, 'a' + i % 26, sizeof(text));
		store_value_put(r->store, "p", str_from(key),
			(struct str){ text, sizeof(text) }, 0, NULL, NULL);
	}
	room_step(r);
}

/* Use everything; what comes is a value or an error, never a crash. */
static void use_all(struct room *r)
{
	for (int i = 0; i < VALUES; i++) {
		struct answer a = { 0 };
		char key[16];

		snprintf(key, sizeof(key), "key%d", i);
		a = get_value(r, "p", str_from(key));
		assert_true(a.error == 0 || a.error == -STOX_ENOENT ||
			a.error == -STOX_EIO);
		answer_free(&a);
	}
	put_value(r, "p", STR("new"), STR("v"), 0);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) +
		UINT64_C(1442695040888963407);
	return *seed >> 33;
}

static void mutate(char *data, size_t *len, int kind, uint64_t *seed)
{
	size_t at = next_random(seed) % *len;

	switch (kind) {
	case 0: /* flipped bits */
		for (int i = 0; i < 8; i++)
			data[next_random(seed) % *len] ^=
				(char)(1 << next_random(seed) % 8);
		break;
	case 1: /* a page of zeros */
		at = at / 4096 * 4096;
		memset(data + at, 0, *len - at < 4096 ? *len - at : 4096);
		break;
	case 2: /* cut */
		*len = at;
		break;
	case 3: /* one flipped bit among the headers of pages */
		data[at / 4096 * 4096 + next_random(seed) % 64] ^=
			(char)(1 << next_random(seed) % 8);
		break;
	}
}

static void mutated_files_are_refused_or_used(void **state)
{
	int opened = 0, refusals = 0;
	uint64_t seed = 99;
	struct room r;
	size_t whole;
	char *good;

	(void)state;
	room_init(&r);
	room_open(&r);
	fill(&r);
	store_close(&r.store);
	good = slurp(r.path, &whole);
	for (int i = 0; i < 200; i++) {
		char *copy = malloc(whole);
		size_t len = whole;
		size_t after;
		char *now;

		memcpy(copy, good, whole);
		mutate(copy, &len, i % 4, &seed);
		spit(r.path, copy, len);
		if (room_try(&r, true)) {
			use_all(&r);
			store_drop(&r.store);
			opened++;
		} else {
			/* what is refused is left as it is */
			now = slurp(r.path, &after);
			assert_int_equal(after, len);
			assert_memory_equal(now, copy, len);
			free(now);
			refusals++;
		}
		free(copy);
		for (size_t k = 0; k < 2; k++) {
			char name[128];

			snprintf(name, sizeof(name), "%s%s", r.path,
				k ? "-wal" : "-shm");
			unlink(name);
		}
	}
	assert_true(refusals > 50);
	assert_int_equal(opened + refusals, 200);
	free(good);
	room_free(&r);
}

/* The end of a WAL that was cut or garbled is as if it were not written; a
 * foreign -shm is ignored. */
static void mutated_wals(void **state)
{
	char wal[128], shm[128];
	uint64_t seed = 5;
	size_t wal_len, db_len;
	char *wal_good, *db_good;
	struct room r;

	(void)state;
	room_init(&r);
	snprintf(wal, sizeof(wal), "%s-wal", r.path);
	snprintf(shm, sizeof(shm), "%s-shm", r.path);
	room_open(&r);
	put_value(&r, "p", STR("old"), STR("v"), 0);
	store_close(&r.store);
	room_open(&r);
	fill(&r);
	store_drop(&r.store); /* leaves the WAL */
	wal_good = slurp(wal, &wal_len);
	db_good = slurp(r.path, &db_len);
	for (int i = 0; i < 100; i++) {
		struct answer a;
		char *copy = malloc(wal_len);
		size_t len = wal_len;

		memcpy(copy, wal_good, wal_len);
		mutate(copy, &len, i % 3, &seed);
		spit(r.path, db_good, db_len);
		spit(wal, copy, len);
		spit(shm, copy, len < 4096 ? len : 4096);
		if (!room_try(&r, true))
			fail_msg("%s", buf_text(&r.why));
		a = get_value(&r, "p", STR("old"));
		assert_string_equal(a.text, "v");
		answer_free(&a);
		use_all(&r);
		store_drop(&r.store);
		free(copy);
	}
	free(wal_good);
	free(db_good);
	room_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_once_and_private),
		cmocka_unit_test(a_killed_start_is_forgotten),
		cmocka_unit_test(pragmas_are_in_the_file),
		cmocka_unit_test(others_cannot_read_it_for_long),
		cmocka_unit_test(games_with_names),
		cmocka_unit_test(a_linked_folder_is_fine),
		cmocka_unit_test(bad_paths),
		cmocka_unit_test(two_cannot_have_it),
		cmocka_unit_test(not_ours),
		cmocka_unit_test(newer_is_refused),
		cmocka_unit_test(triggers_do_not_fire),
		cmocka_unit_test(deleted_bytes_are_gone),
		cmocka_unit_test(mutated_files_are_refused_or_used),
		cmocka_unit_test(mutated_wals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
