/*
 * Writes many states of many people as documents, one file each, for a judge:
 * states FOLDER.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/node.h"
#include "presence.h"

const struct stox_plugin *const core_plugin_table[] = { NULL };

static const char *const people[] = { "juliet@example.org",
	"o\\27neill@example.org", ("j@b\xc3\xbc" "cher.example") };
static const char *const resources[] = { "balcony", "", "a b_c<d>&'\"",
	"\xd0\xb4\xd0\xbe\xd0\xbc / 2", "1", "-x", "ID-", ";gr=?#%",
	"\xf0\x9f\x8c\xb9" };
static const char *const texts[] = { "be <right> back", "", "]]>&amp;",
	" \t\n ", "\xf0\x9f\x8c\xb9 \xe2\x80\xa8", "\xd7\xa9" };
static const char *const langs[] = { NULL, "en", "de-CH-1996", "x-private" };
static const int priorities[] = { PRESENCE_NO_PRIORITY, -128, -1, 0, 1, 64,
	127 };
static const int64_t stamps[] = { -1, 0, 1767323045, 253402300799 };

#define PICK(list, n) ((list)[(n) % (sizeof(list) / sizeof(*(list)))])

/* The n-th device: every list is walked at its own pace. */
static struct presence_device device(size_t n)
{
	struct presence_device d = { .resource = PICK(resources, n),
		.open = n % 5 != 0, .show = (enum presence_show)(n % 5),
		.priority = PICK(priorities, n), .note_count = n % 4,
		.stamp_s = PICK(stamps, n) };

	for (size_t i = 0; i < d.note_count; i++) {
		d.notes[i].lang = PICK(langs, n + i);
		d.notes[i].text = PICK(texts, n + i);
	}
	return d;
}

static int put(const char *folder, size_t number, const char *text, size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%zu.xml", folder, number);
	f = fopen(path, "w");
	if (!f || fwrite(text, 1, len, f) != len || fclose(f) != 0) {
		perror(path);
		return -1;
	}
	return 0;
}

/* A document of each state in each style. */
static int write_all(struct stox_exchange *x, const char *folder)
{
	const struct presence_style *styles[] = { &presence_style_simple,
		&presence_style_lync };
	size_t number = 0, len;

	for (size_t n = 0; n < 400; n++) {
		struct presence_device list[9];
		struct presence_state s = { .devices = list, .count = n % 10,
			.display = n % 3 ? PICK(texts, n) : NULL };
		const char *text, *lang;

		/* resources differ, as those of one person do */
		for (size_t i = 0; i < s.count; i++) {
			list[i] = device(n * 7 + i);
			list[i].resource = PICK(resources, n + i);
		}
		text = presence_pidf_write(x, &s, PICK(people, n),
			PICK(styles, n / 3), 1767323046, &len, &lang);
		if (!text) {
			fprintf(stderr, "state %zu has no document\n", n);
			return -1;
		}
		if (put(folder, number++, text, len) < 0)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct limits limits;
	struct node node = { .limits = &limits };
	struct plugins *plugins = plugins_new(NULL);
	struct snapshot snapshot = { .config = NULL };
	struct stox_exchange *x = base_alloc0(sizeof(*x));
	struct buf errors, warnings;
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: states FOLDER\n");
		return 2;
	}
	buf_init(&errors, 65536, NULL);
	buf_init(&warnings, 65536, NULL);
	limits_init(&limits);
	rc = config_load_text("t", STR("plugins = {}\nhost = 'gw.contoso.com'\n"
		"SipDomain 'contoso.com'\nXmppDomain 'example.org'\n"
		"XmppDomain 'b\xc3\xbc" "cher.example'\n"), plugins,
		&snapshot.config, &errors, &warnings);
	if (rc == 0) {
		x->node = &node;
		x->snapshot = &snapshot;
		x->pool = pool_new(NULL);
		rc = write_all(x, argv[1]);
		pool_free(&x->pool);
		config_unref(&snapshot.config);
	}
	buf_free(&errors);
	buf_free(&warnings);
	plugins_free(&plugins);
	free(x);
	return rc ? 1 : 0;
}
