/*
 * The program brings migrations of its own: they stand in for those that
 * schema/ compiles into the library.
 */
#include "help.h"

#include <sqlite3.h>

#define META "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB);"

const char *database_migrations[4];
int database_schema;

static const char *const good[] = {
	META "INSERT INTO meta VALUES ('a', '1');",
	"CREATE TABLE second (x); INSERT INTO meta VALUES ('b', '2');",
	"UPDATE meta SET value = value || '!';",
};

static void schema(int version)
{
	for (size_t i = 0; i < COUNT(good); i++)
		database_migrations[i] = good[i];
	database_schema = version;
}

static void meta_is(struct room *r, const char *name, const char *want)
{
	struct answer a = { 0 };

	store_meta_get(r->store, name, on_found, &a);
	room_step(r);
	assert_int_equal(a.error, want ? 0 : -STOX_ENOENT);
	if (want)
		assert_string_equal(a.text, want);
	answer_free(&a);
}

static void step_by_step(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	for (int version = 1; version <= 3; version++) {
		schema(version);
		room_open(&r);
		assert_int_equal(store_version(r.store), version);
		meta_is(&r, "a", version < 3 ? "1" : "1!");
		meta_is(&r, "b", version < 2 ? NULL : version < 3 ? "2" : "2!");
		store_close(&r.store);
	}
	assert_non_null(strstr(r.logged, "from=2 to=3"));
	room_free(&r);
}

static void all_at_once(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	schema(1);
	room_open(&r);
	store_close(&r.store);
	schema(3);
	room_open(&r);
	meta_is(&r, "a", "1!");
	store_close(&r.store);
	/* a second time there is nothing to do */
	room_open(&r);
	meta_is(&r, "a", "1!");
	room_free(&r);
}

static void a_failed_migration_leaves_nothing(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	schema(1);
	room_open(&r);
	store_close(&r.store);
	schema(3);
	database_migrations[2] = "UPDATE meta SET value = 'half done';"
				 "INSERT INTO no_such_table VALUES (1);";
	assert_false(room_try(&r, true));
	assert_non_null(strstr(buf_text(&r.why), "no_such_table"));
	schema(1);
	room_open(&r);
	assert_int_equal(store_version(r.store), 1);
	meta_is(&r, "a", "1");
	meta_is(&r, "b", NULL);
	store_close(&r.store);
	schema(3);
	room_open(&r);
	meta_is(&r, "b", "2!");
	room_free(&r);
}

/* A first start that fails leaves no file with the right name. */
static void a_failed_creation_leaves_nothing(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	schema(3);
	database_migrations[1] = "SELECT no_such_column FROM meta;";
	assert_false(room_try(&r, true));
	assert_int_not_equal(access(r.path, F_OK), 0);
	schema(3);
	room_open(&r);
	meta_is(&r, "a", "1!");
	room_free(&r);
}

static void a_downgrade_is_refused(void **state)
{
	struct room r;

	(void)state;
	room_init(&r);
	schema(3);
	room_open(&r);
	store_close(&r.store);
	schema(2);
	assert_false(room_try(&r, true));
	assert_non_null(strstr(buf_text(&r.why), "written by a newer stox: "
		"it has schema 3, this one knows schema 2"));
	schema(3);
	room_open(&r);
	meta_is(&r, "a", "1!");
	room_free(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(step_by_step),
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(a_failed_migration_leaves_nothing),
		cmocka_unit_test(a_failed_creation_leaves_nothing),
		cmocka_unit_test(a_downgrade_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
