#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/node.h"
#include "presence.h"

const struct stox_plugin *const core_plugin_table[] = { NULL };

/* An exchange that has what the documents need: memory and domains. */
struct scene {
	struct limits limits;
	struct node node;
	struct snapshot snapshot;
	struct stox_exchange *x;
	struct plugins *plugins;
	struct config *config;
};

static int setup(void **state)
{
	struct scene *t = base_alloc0(sizeof(*t));
	struct buf errors, warnings;
	int rc;

	buf_init(&errors, 65536, NULL);
	buf_init(&warnings, 65536, NULL);
	t->plugins = plugins_new(NULL);
	rc = config_load_text("t", STR("plugins = {}\nhost = 'gw.contoso.com'\n"
		"SipDomain 'contoso.com'\nXmppDomain 'example.org'\n"
		"XmppDomain 'b\xc3\xbc" "cher.example'\n"),
		t->plugins, &t->config, &errors, &warnings);
	if (rc)
		fail_msg("%.*s", STR_FMT(buf_str(&errors)));
	buf_free(&errors);
	buf_free(&warnings);
	limits_init(&t->limits);
	t->node.limits = &t->limits;
	t->node.documents = xml_documents_new(&t->limits);
	t->snapshot.config = t->config;
	t->x = base_alloc0(sizeof(*t->x));
	t->x->node = &t->node;
	t->x->snapshot = &t->snapshot;
	t->x->pool = pool_new(NULL);
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct scene *t = *state;

	pool_free(&t->x->pool);
	free(t->x);
	xml_documents_free(&t->node.documents);
	config_unref(&t->config);
	plugins_free(&t->plugins);
	free(t);
	return 0;
}

/* ---- reading ---------------------------------------------------------------- */

#define HEAD "<presence xmlns='urn:ietf:params:xml:ns:pidf' " \
	"xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' " \
	"xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' "
#define ROMEO HEAD "entity='pres:romeo@contoso.com'>"

static struct presence_state reads(struct scene *t, const char *text)
{
	struct presence_state s;
	const char *why = NULL;

	assert_int_equal(presence_pidf_read(t->x, text, strlen(text),
		"romeo@contoso.com", NULL, &s, &why), 0);
	return s;
}

static void refuses(struct scene *t, const char *text, const char *expected)
{
	struct presence_state s;
	const char *why = NULL;

	assert_int_equal(presence_pidf_read(t->x, text, strlen(text),
		"romeo@contoso.com", NULL, &s, &why), -STOX_EPROTO);
	assert_string_equal(why, expected);
}

static void test_read(void **state)
{
	struct presence_state s = reads(*state,
		"<?xml version='1.0' encoding='UTF-8'?>" ROMEO
		"<tuple id='ID-balcony'><status><basic>open</basic>"
		"<show xmlns='jabber:client'>xa</show></status>"
		"<contact priority='0.039'>sip:romeo@contoso.com;gr=desk"
		"</contact><note xml:lang='en'>soon</note>"
		"<note xml:lang='de'>bald</note><note xml:lang='en'>no</note>"
		"<timestamp>2026-01-02T03:04:05Z</timestamp></tuple>"
		"<tuple id='ID-orchard'><status><basic>closed</basic></status>"
		"</tuple><note>everywhere</note>"
		"<dm:person id='p1'><r:activities><r:on-the-phone/>"
		"</r:activities></dm:person></presence>");

	assert_int_equal(s.count, 2);
	assert_string_equal(s.devices[0].resource, "desk");
	assert_true(s.devices[0].open);
	assert_int_equal(s.devices[0].show, PRESENCE_XA); /* its own wins */
	assert_int_equal(s.devices[0].priority, 5);
	assert_int_equal(s.devices[0].note_count, 2);
	assert_string_equal(s.devices[0].notes[0].text, "soon");
	assert_string_equal(s.devices[0].notes[1].lang, "de");
	assert_int_equal(s.devices[0].stamp_s, 1767323045);
	assert_string_equal(s.devices[1].resource, "orchard");
	assert_false(s.devices[1].open);
	assert_int_equal(s.devices[1].show, PRESENCE_DND);
	assert_string_equal(s.devices[1].notes[0].text, "everywhere");
	assert_int_equal(s.devices[1].priority, PRESENCE_NO_PRIORITY);
	assert_int_equal(s.devices[1].stamp_s, -1);
	assert_null(s.display);
}

/* As Lync writes it.  lync.md 4.3 */
static void test_read_old_rpid(void **state)
{
	struct presence_state s = reads(*state, "<?xml version=\"1.0\" "
		"encoding=\"utf-8\"?>\n<presence xmlns=\""
		"urn:ietf:params:xml:ns:pidf\" xmlns:ep=\"urn:ietf:params:xml:"
		"ns:pidf:status:rpid-status\" xmlns:ci=\"urn:ietf:params:xml:"
		"ns:pidf:cipid\" entity=\"sip:Romeo@Contoso.com\"><tuple "
		"id=\"0\"><status><basic>open</basic><ep:activities>"
		"<ep:activity>busy</ep:activity></ep:activities></status>"
		"</tuple><ci:display-name>Romeo M.</ci:display-name>"
		"</presence>");

	assert_int_equal(s.count, 1);
	assert_string_equal(s.devices[0].resource, "");
	assert_int_equal(s.devices[0].show, PRESENCE_DND);
	assert_int_equal(s.devices[0].note_count, 1);
	assert_string_equal(s.devices[0].notes[0].lang, "en");
	assert_string_equal(s.devices[0].notes[0].text, "Busy");
	assert_string_equal(s.display, "Romeo M.");
}

static void test_activities(void **state)
{
	static const struct {
		const char *activities;
		enum presence_show show;
		const char *phrase;
	} cases[] = {
		{ "", PRESENCE_PLAIN, NULL },
		{ "<r:working/>", PRESENCE_PLAIN, NULL },
		{ "<r:away/>", PRESENCE_AWAY, NULL },
		{ "<r:away/><r:lunch/>", PRESENCE_AWAY, "At lunch" },
		{ "<r:meal/><r:vacation/>", PRESENCE_XA, "On vacation" },
		{ "<r:meeting/><r:away/>", PRESENCE_DND, "In a meeting" },
		{ "<r:busy/>", PRESENCE_DND, "Busy" },
		{ "<r:on-the-phone/><r:busy/>", PRESENCE_DND, "On the phone" },
		{ "<r:be-right-back/>", PRESENCE_AWAY, "Be right back" },
		{ "<r:sleeping/><r:unknown/>", PRESENCE_XA, "Sleeping" },
		{ "<r:other>napping</r:other>", PRESENCE_PLAIN, NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct presence_state s;
		char text[1024];

		snprintf(text, sizeof text, ROMEO "<tuple id='a'><status>"
			"<basic>open</basic></status></tuple><dm:person "
			"id='p'><r:activities>%s</r:activities></dm:person>"
			"</presence>", cases[i].activities);
		s = reads(*state, text);
		assert_int_equal(s.devices[0].show, cases[i].show);
		assert_int_equal(s.devices[0].note_count,
			cases[i].phrase != NULL);
		if (cases[i].phrase)
			assert_string_equal(s.devices[0].notes[0].text,
				cases[i].phrase);
	}
}

/* No phrase beside a note, a show that somebody chose, or who is gone. */
static void test_no_phrase(void **state)
{
	struct presence_state s = reads(*state, ROMEO
		"<tuple id='ID-a'><status><basic>open</basic><r:activities>"
		"<r:on-the-phone/></r:activities></status><note>later</note>"
		"</tuple><tuple id='ID-b'><status><basic>open</basic>"
		"<show xmlns='jabber:client'>away</show></status></tuple>"
		"<tuple id='ID-c'><status><basic>closed</basic></status>"
		"</tuple><tuple id='ID-d'><status><basic>open</basic>"
		"<r:activities><r:dinner/></r:activities></status></tuple>"
		"<dm:person id='p'><r:activities><r:meeting/></r:activities>"
		"</dm:person></presence>");

	assert_int_equal(s.count, 4);
	assert_int_equal(s.devices[0].note_count, 1);
	assert_string_equal(s.devices[0].notes[0].text, "later");
	assert_int_equal(s.devices[1].show, PRESENCE_AWAY);
	assert_int_equal(s.devices[1].note_count, 0);
	assert_int_equal(s.devices[2].note_count, 0);
	/* its own wins over the person's */
	assert_int_equal(s.devices[3].show, PRESENCE_AWAY);
	assert_string_equal(s.devices[3].notes[0].text, "At dinner");
}

/* trust.md G17 and what RFC 3863 leaves to the reader. */
static void test_hostile(void **state)
{
	struct scene *t = *state;
	struct presence_state s;
	char *big = base_alloc(1 << 20);
	int n;

	refuses(t, "", "Not A Presence Document");
	refuses(t, "<presence/>", "Not A Presence Document");
	refuses(t, "<!DOCTYPE presence>" ROMEO "</presence>",
		"Not A Presence Document");
	refuses(t, ROMEO "<tuple id='a'>", "Not A Presence Document");
	refuses(t, HEAD "entity='pres:mallory@contoso.com'></presence>",
		"Presence Of Somebody Else");
	refuses(t, HEAD "entity='pres:romeo@evil.example'></presence>",
		"Presence Of Somebody Else");
	refuses(t, HEAD "></presence>", "Presence Of Somebody Else");
	refuses(t, HEAD "entity='sip:romeo@contoso.com;gr=x'></presence>",
		"Presence Of Somebody Else");
	assert_int_equal(reads(t, ROMEO "</presence>").count, 0);
	/* ids that come again, none, no status and no contact, bad words */
	s = reads(t, ROMEO "<tuple id='ID-a'><status><basic>open</basic>"
		"</status></tuple><tuple id='ID-a'><status><basic>closed"
		"</basic></status></tuple><tuple><status><basic>open</basic>"
		"</status></tuple><tuple id='ID-b'><status/></tuple>"
		"<tuple id='ID-c'><status><basic>ajar</basic></status></tuple>"
		"<tuple id='ID-d'><status/><contact>sip:x@y</contact></tuple>"
		"</presence>");
	assert_int_equal(s.count, 2);
	assert_true(s.devices[0].open);
	assert_string_equal(s.devices[1].resource, "d");
	/* what must be understood and is not */
	s = reads(t, "<p:presence xmlns:p='urn:ietf:params:xml:ns:pidf' "
		"entity='romeo@contoso.com'><p:tuple id='ID-a'><p:status>"
		"<p:basic>open</p:basic><x xmlns='urn:x' "
		"p:mustUnderstand='true'/></p:status></p:tuple><p:tuple "
		"id='ID-b'><p:status><p:basic>open</p:basic><x xmlns='urn:x' "
		"p:mustUnderstand='false'/></p:status></p:tuple></p:presence>");
	assert_int_equal(s.count, 1);
	assert_string_equal(s.devices[0].resource, "b");
	/* one resource twice: the more available */
	s = reads(t, ROMEO "<tuple id='1'><status><basic>closed</basic>"
		"</status></tuple><tuple id='2'><status><basic>open</basic>"
		"</status></tuple></presence>");
	assert_int_equal(s.count, 1);
	assert_true(s.devices[0].open);
	/* ten thousand tuples, a huge note, a year that is none */
	n = sprintf(big, ROMEO);
	for (int i = 0; i < 500; i++)
		n += sprintf(big + n, "<tuple id='ID-%d'><status><basic>open"
			"</basic></status></tuple>", i);
	sprintf(big + n, "</presence>");
	assert_int_equal(reads(t, big).count, PRESENCE_DEVICES);
	n = sprintf(big, ROMEO "<tuple id='ID-a'><status><basic>open</basic>"
		"</status><note>");
	for (int i = 0; i < 1500; i++)
		n += sprintf(big + n, "\xc3\xa4\xe2\x82\xac");
	sprintf(big + n, "</note><timestamp>9999999-01-01T00:00:00Z"
		"</timestamp></tuple></presence>");
	s = reads(t, big);
	assert_true(strlen(s.devices[0].notes[0].text) <= PRESENCE_NOTE_MAX);
	assert_true(str_is_utf8(str_from(s.devices[0].notes[0].text)));
	assert_int_equal(s.devices[0].stamp_s, -1);
	memset(big, ' ', PRESENCE_DOCUMENT_MAX + 1);
	big[PRESENCE_DOCUMENT_MAX + 1] = '\0';
	refuses(t, big, "Not A Presence Document");
	free(big);
}

/* ---- tuples and priorities ---------------------------------------------------- */

static void test_tuple_ids(void **state)
{
	static const struct {
		const char *resource, *id;
	} cases[] = {
		{ "balcony", "ID-balcony" },
		{ "a.b-c9", "ID-a.b-c9" },
		{ "a b_c", "ID-a_x20_b_x5f_c" },
		{ "\xc3\xa4", "ID-_xc3__xa4_" },
		{ "", "ID-" },
	};
	struct scene *t = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_string_equal(presence_tuple_id(t->x, cases[i].resource),
			cases[i].id);
		assert_string_equal(presence_tuple_resource(t->x, cases[i].id),
			cases[i].resource);
	}
	assert_string_equal(presence_tuple_resource(t->x, "desk"), "");
	assert_string_equal(presence_tuple_resource(t->x, "ID-_x00_"),
		"_x00_");
	assert_string_equal(presence_tuple_resource(t->x, "ID-_x2"), "_x2");
}

/* RFC 8048, 6.1: there and back for every priority. */
static void test_priorities(void **state)
{
	struct scene *t = *state;

	for (int p = 0; p <= 127; p++)
		assert_int_equal(presence_priority_read(
			presence_priority_text(t->x, p)), p);
	assert_string_equal(presence_priority_text(t->x, 0), "0");
	assert_string_equal(presence_priority_text(t->x, 1), "0.007");
	assert_string_equal(presence_priority_text(t->x, 126), "0.992");
	assert_string_equal(presence_priority_text(t->x, 127), "1");
	assert_null(presence_priority_text(t->x, -1));
	assert_int_equal(presence_priority_read("1.000"), 127);
	assert_int_equal(presence_priority_read("0.5"), 64);
	assert_int_equal(presence_priority_read("0."), 0);
	assert_int_equal(presence_priority_read("1.001"),
		PRESENCE_NO_PRIORITY);
	assert_int_equal(presence_priority_read("0.1234"),
		PRESENCE_NO_PRIORITY);
	assert_int_equal(presence_priority_read("-1"), PRESENCE_NO_PRIORITY);
	assert_int_equal(presence_priority_read(NULL), PRESENCE_NO_PRIORITY);
}

/* ---- writing ---------------------------------------------------------------- */

static struct presence_device juliet_away(void)
{
	return (struct presence_device){ .resource = "balcony", .open = true,
		.show = PRESENCE_AWAY, .priority = 5, .note_count = 1,
		.notes = { { "en", "be <right> back" } }, .stamp_s = 1767323045 };
}

static const char *writes(struct scene *t, const struct presence_state *s,
	const struct presence_style *style)
{
	const char *lang;
	size_t len;
	const char *text = presence_pidf_write(t->x, s, "juliet@example.org",
		style, 1767323046, &len, &lang);

	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	return text;
}

static void test_write_simple(void **state)
{
	struct presence_device d[3] = { juliet_away(), juliet_away(),
		juliet_away() };
	struct presence_state s = { .devices = d, .count = 3,
		.display = "Juliet" };

	d[1].resource = "chamber";
	d[1].open = false;
	d[2] = (struct presence_device){ .resource = "my room", .open = true,
		.show = PRESENCE_DND, .priority = 10, .stamp_s = -1 };
	assert_string_equal(writes(*state, &s, &presence_style_simple),
		"<?xml version='1.0' encoding='UTF-8'?>\n"
		"<presence xmlns='urn:ietf:params:xml:ns:pidf' "
		"entity='pres:juliet@example.org'>"
		"<tuple id='ID-my_x20_room'><status><basic>open</basic>"
		"<show xmlns='jabber:client'>dnd</show></status>"
		"<contact priority='0.078'>sip:juliet@example.org;"
		"gr=my%20room</contact>"
		"<timestamp>2026-01-02T03:04:06Z</timestamp></tuple>"
		"<tuple id='ID-balcony'><status><basic>open</basic>"
		"<show xmlns='jabber:client'>away</show></status>"
		"<contact priority='0.039'>sip:juliet@example.org;gr=balcony"
		"</contact><note xml:lang='en'>be &lt;right&gt; back</note>"
		"<timestamp>2026-01-02T03:04:05Z</timestamp></tuple>"
		"<person xmlns='urn:ietf:params:xml:ns:pidf:data-model' "
		"id='p1'><activities xmlns='urn:ietf:params:xml:ns:pidf:rpid'>"
		"<busy/></activities></person>"
		"<display-name xmlns='urn:ietf:params:xml:ns:pidf:cipid'>"
		"Juliet</display-name></presence>");
}

static void test_write_lync(void **state)
{
	struct presence_device d = juliet_away();
	struct presence_state s = { .devices = &d, .count = 1,
		.display = "Juliet" };

	assert_string_equal(writes(*state, &s, &presence_style_lync),
		"<?xml version='1.0' encoding='UTF-8'?>\n"
		"<presence xmlns='urn:ietf:params:xml:ns:pidf' "
		"entity='sip:juliet@example.org'>"
		"<tuple id='ID-0'><status><basic>open</basic>"
		"<activities xmlns='urn:ietf:params:xml:ns:pidf:status:"
		"rpid-status'><activity>away</activity></activities></status>"
		"</tuple><display-name xmlns='urn:ietf:params:xml:ns:pidf:"
		"cipid'>Juliet</display-name></presence>");
}

/* Nobody there: one tuple that is closed.  A negative priority is no
 * contact. */
static void test_write_edges(void **state)
{
	struct presence_device d = juliet_away();
	struct presence_state s = { .devices = &d, .count = 0 };
	struct scene *t = *state;
	const char *text = writes(t, &s, &presence_style_simple);
	const char *lang;
	size_t len;

	assert_non_null(strstr(text, "<tuple id='ID-'><status><basic>closed"
		"</basic></status><timestamp>"));
	s.count = 1;
	d.priority = -1;
	assert_null(strstr(writes(t, &s, &presence_style_simple), "contact"));
	assert_null(presence_pidf_write(t->x, &s, "x@unknown.example",
		&presence_style_simple, 0, &len, &lang));
	text = presence_pidf_write(t->x, &s, "j@b\xc3\xbc" "cher.example",
		&presence_style_simple, 0, &len, &lang);
	assert_non_null(strstr(text, "entity='pres:j@xn--bcher-kva.example'"));
}

/* Content-Language, both ways. */
static void test_language(void **state)
{
	static const struct {
		const char *header, *lang;
	} cases[] = {
		{ NULL, NULL }, { "it", "it" }, { "de-CH-1996", "de-CH-1996" },
		{ "it, de", NULL }, { "", NULL }, { "i t", NULL },
		{ "a-tag-that-is-longer-than-any-that-is-one", NULL },
	};
	static const char document[] = ROMEO "<tuple id='ID-a'><status><basic>"
		"open</basic></status><note>Addio</note><note xml:lang='en'>"
		"Farewell</note></tuple></presence>";
	struct presence_device d[2] = { juliet_away(), juliet_away() };
	struct presence_state s = { .devices = d, .count = 2 };
	struct scene *t = *state;
	const char *lang = NULL, *why;
	size_t len;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct presence_state read;

		assert_int_equal(presence_pidf_read(t->x, document,
			strlen(document), "romeo@contoso.com", cases[i].header,
			&read, &why), 0);
		if (cases[i].lang)
			assert_string_equal(read.devices[0].notes[0].lang,
				cases[i].lang);
		else
			assert_null(read.devices[0].notes[0].lang);
		assert_string_equal(read.devices[0].notes[1].lang, "en");
	}
	d[1].resource = "chamber";
	presence_pidf_write(t->x, &s, "juliet@example.org",
		&presence_style_simple, 0, &len, &lang);
	assert_string_equal(lang, "en");
	/* it tells no notes */
	presence_pidf_write(t->x, &s, "juliet@example.org",
		&presence_style_lync, 0, &len, &lang);
	assert_null(lang);
	d[1].notes[0].lang = "it";
	presence_pidf_write(t->x, &s, "juliet@example.org",
		&presence_style_simple, 0, &len, &lang);
	assert_null(lang);
	d[1].notes[0].lang = NULL;
	presence_pidf_write(t->x, &s, "juliet@example.org",
		&presence_style_simple, 0, &len, &lang);
	assert_null(lang);
	/* who is not there says nothing */
	d[1].open = false;
	presence_pidf_write(t->x, &s, "juliet@example.org",
		&presence_style_simple, 0, &len, &lang);
	assert_string_equal(lang, "en");
	d[0].note_count = 0;
	presence_pidf_write(t->x, &s, "juliet@example.org",
		&presence_style_simple, 0, &len, &lang);
	assert_null(lang);
}

/* What we write is what we read. */
static void test_round_trip(void **state)
{
	struct presence_device d[2] = { juliet_away(), juliet_away() };
	struct presence_state s = { .devices = d, .count = 2 }, back;
	struct scene *t = *state;
	const char *text, *why;

	d[1].resource = "\xd0\xb4\xd0\xbe\xd0\xbc / 2";
	d[1].show = PRESENCE_CHAT;
	d[1].priority = 1;
	text = writes(t, &s, &presence_style_simple);
	assert_int_equal(presence_pidf_read(t->x, text, strlen(text),
		"juliet@example.org", NULL, &back, &why), 0);
	assert_int_equal(back.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(back.devices[i].resource, d[i].resource);
		assert_int_equal(back.devices[i].show, d[i].show);
		assert_int_equal(back.devices[i].priority, d[i].priority);
		assert_int_equal(back.devices[i].stamp_s, d[i].stamp_s);
		assert_string_equal(back.devices[i].notes[0].text,
			d[i].notes[0].text);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_old_rpid, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_activities, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_no_phrase, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tuple_ids, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_priorities, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_write_simple, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_write_lync, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_write_edges, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_language, setup,
			teardown),
		cmocka_unit_test_setup_teardown(test_round_trip, setup,
			teardown),
	};

	(void)argc;
	(void)argv;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
