/*
 * disco.c: what we say about ourselves, and its hash.  XEP-0030, XEP-0115.
 */
#include "core/disco.h"

#include <stdlib.h>

#include "core/node.h"

static const char NS_INFO[] = "http://jabber.org/protocol/disco#info";
static const char NS_CAPS[] = "http://jabber.org/protocol/caps";
static const char NS_DATA[] = "jabber:x:data";
/* Names the software in node#ver; no page of ours stands behind it. */
static const char NODE[] = "urn:x-stox:gateway";

/* Texts of one answer: more is no answer of ours. */
enum { TEXTS_MAX = 512 };
/* Stands for the '<' behind a name while texts are sorted, so that a name sorts
 * before those that it begins; XML cannot hold it. */
#define AFTER_NAME "\1"

/* ---- the hash ------------------------------------------------------------ */

/* Texts that are sorted by octets and then joined.  XEP-0115, 5.1 */
struct texts {
	const char *text[TEXTS_MAX];
	size_t count;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add(struct texts *t, const char *text)
{
	if (t->count < TEXTS_MAX)
		t->text[t->count++] = text ? text : "";
}

static void join(struct texts *t, struct buf *out)
{
	qsort(t->text, t->count, sizeof(t->text[0]), compare);
	for (size_t i = 0; i < t->count; i++)
		buf_printf(out, "%s<", t->text[i]);
}

static const char *attr(const struct stox_element *e, const char *name)
{
	const char *value = stox_element_attr(e, name);

	return value ? value : "";
}

static const char *field_var(const struct stox_element *field)
{
	return attr(field, "var");
}

/** The form's FORM_TYPE, or NULL when it has none that counts. */
static const char *form_type(const struct stox_element *form)
{
	const struct stox_element *f = stox_element_child(form, "field", NS_DATA);

	for (; f; f = stox_element_next(f, "field", NS_DATA))
		if (strcmp(field_var(f), "FORM_TYPE") == 0 &&
			strcmp(attr(f, "type"), "hidden") == 0)
			return stox_element_child_text(f, "value");
	return NULL;
}

/** "var<value<value<" with AFTER_NAME, in the pool. */
static const char *field_text(struct pool *pool, const struct stox_element *field)
{
	const struct stox_element *v =
		stox_element_child(field, "value", NS_DATA);
	struct texts values = { .count = 0 };
	const char *text;
	struct buf out;

	for (; v; v = stox_element_next(v, "value", NS_DATA))
		add(&values, stox_element_text(v));
	buf_init(&out, 1 << 20, NULL);
	buf_printf(&out, "%s" AFTER_NAME, field_var(field));
	join(&values, &out);
	text = pool_strndup(pool, out.data, out.len);
	buf_free(&out);
	return text;
}

/** "type<field<…" with AFTER_NAME, in the pool; the last '<' is join()'s. */
static const char *form_text(struct pool *pool, const struct stox_element *form,
	const char *type)
{
	const struct stox_element *f = stox_element_child(form, "field", NS_DATA);
	struct texts fields = { .count = 0 };
	const char *text;
	struct buf out;

	for (; f; f = stox_element_next(f, "field", NS_DATA))
		if (strcmp(field_var(f), "FORM_TYPE") != 0)
			add(&fields, field_text(pool, f));
	qsort(fields.text, fields.count, sizeof(fields.text[0]), compare);
	buf_init(&out, 1 << 20, NULL);
	buf_printf(&out, "%s" AFTER_NAME, type);
	for (size_t i = 0; i < fields.count; i++)
		buf_add_text(&out, fields.text[i]);
	text = pool_strndup(pool, out.data, out.len - 1);
	buf_free(&out);
	return text;
}

/** The string S whose hash is the version. */
static void write_s(struct pool *pool, const struct stox_element *query,
	struct buf *out)
{
	struct texts identities = { .count = 0 }, features = { .count = 0 };
	struct texts forms = { .count = 0 };
	const struct stox_element *e = stox_element_child(query, NULL, NULL);

	for (; e; e = stox_element_next(e, NULL, NULL)) {
		if (stox_element_is(e, "identity", NS_INFO))
			add(&identities, pool_printf(pool, "%s/%s/%s/%s",
				attr(e, "category"), attr(e, "type"),
				attr(e, "xml:lang"), attr(e, "name")));
		else if (stox_element_is(e, "feature", NS_INFO))
			add(&features, attr(e, "var"));
		else if (stox_element_is(e, "x", NS_DATA) && form_type(e))
			add(&forms, form_text(pool, e, form_type(e)));
	}
	join(&identities, out);
	join(&features, out);
	join(&forms, out);
	for (size_t i = 0; i < out->len; i++)
		if (out->data[i] == AFTER_NAME[0])
			out->data[i] = '<';
}

void stox_disco_ver(const struct stox_element *query, char out[29])
{
	struct pool *pool = pool_new(NULL);
	uint8_t hash[20];
	struct buf s;

	buf_init(&s, 1 << 20, NULL);
	write_s(pool, query, &s);
	io_sha1(buf_str(&s), hash);
	buf_free(&s);
	pool_free(&pool);
	out[str_base64(hash, sizeof(hash), out)] = '\0';
}

/* ---- the answer ----------------------------------------------------------- */

void stox_disco_provide(struct stox_host *host, stox_disco_add *provide)
{
	host->disco = provide;
}

void stox_disco_feature(struct stox_element *query, const char *var)
{
	const struct stox_element *f =
		stox_element_child(query, "feature", NS_INFO);

	for (; f; f = stox_element_next(f, "feature", NS_INFO))
		if (strcmp(attr(f, "var"), var) == 0)
			return;
	stox_element_set(stox_element_add(query, "feature", NS_INFO), "var", var);
}

struct stox_element *stox_disco_form(struct stox_element *query, const char *type)
{
	struct stox_element *form = stox_element_add(query, "x", NS_DATA);
	struct stox_element *field = stox_element_add(form, "field", NS_DATA);

	stox_element_set(form, "type", "result");
	stox_element_set(field, "var", "FORM_TYPE");
	stox_element_set(field, "type", "hidden");
	stox_element_add_child_text(field, "value", NS_DATA, type);
	return form;
}

static void identity(struct stox_element *query, const char *category,
	const char *type, const char *name)
{
	struct stox_element *e = stox_element_add(query, "identity", NS_INFO);

	stox_element_set(e, "category", category);
	stox_element_set(e, "type", type);
	stox_element_set(e, "name", name);
}

/* "simple" is the registered type for SIP; "sip" is what clients look for to
 * show an entry for SIP contacts, so a gateway of contacts has both.  What is
 * reached through a component is no XMPP server. */
static void add_identities(const struct stox_exchange *x,
	enum stox_disco_who who, struct stox_element *query)
{
	switch (who) {
	case STOX_DISCO_GATEWAY:
		identity(query, "gateway", "sip", "stox");
		/* fall through */
	case STOX_DISCO_DOMAIN:
		identity(query, "gateway", "simple", "stox");
		if (!x->sip_domain->local.component_host)
			identity(query, "server", "im", "stox");
		return;
	case STOX_DISCO_ACCOUNT:
		identity(query, "account", "registered", NULL);
		return;
	case STOX_DISCO_DEVICE:
		identity(query, "client", "phone", NULL);
		return;
	}
}

enum stox_disco_who stox_disco_addressee(const struct stox_exchange *x)
{
	if (x->to.local.len)
		return x->to.resource.len ? STOX_DISCO_DEVICE
					  : STOX_DISCO_ACCOUNT;
	return x->gateway ? STOX_DISCO_GATEWAY : STOX_DISCO_DOMAIN;
}

void stox_disco_info(struct stox_exchange *x, enum stox_disco_who who,
	struct stox_element *query)
{
	const char **f = x->snapshot->features;
	struct node *n = x->node;

	add_identities(x, who, query);
	for (; *f; f++)
		stox_disco_feature(query, *f);
	for (size_t i = 0; i < n->host_count; i++)
		if (n->hosts[i]->disco)
			n->hosts[i]->disco(n->hosts[i]->state, x, who, query);
}

/* ---- caps ------------------------------------------------------------------ */

/* A hash that was made under this configuration. */
struct disco_ver {
	struct disco_ver *next;
	enum stox_disco_who who;
	const struct config_sip_domain *domain;
	char ver[29];
};

static const char *ver_of(struct stox_exchange *x, enum stox_disco_who who)
{
	struct snapshot *s = x->snapshot;
	struct disco_ver *v = s->vers;
	struct stox_element *query;

	while (v && (v->who != who || v->domain != x->sip_domain))
		v = v->next;
	if (v)
		return v->ver;
	v = pool_alloc0(s->pool, sizeof(*v));
	v->who = who;
	v->domain = x->sip_domain;
	v->next = s->vers;
	s->vers = v;
	query = xml_element(x->pool, "query", NS_INFO);
	stox_disco_info(x, who, query);
	stox_disco_ver(query, v->ver);
	return v->ver;
}

bool stox_disco_is_node(struct stox_exchange *x, const char *node,
	enum stox_disco_who *ret_who)
{
	size_t len = sizeof(NODE) - 1;
	enum stox_disco_who who = stox_disco_addressee(x);
	bool user = x->to.local.len > 0;

	if (strncmp(node, NODE, len) != 0 || node[len] != '#')
		return false;
	*ret_who = who;
	if (strcmp(node + len + 1, ver_of(x, who)) == 0)
		return true;
	/* what came from a device may be asked of the account, and back */
	*ret_who = who == STOX_DISCO_DEVICE ? STOX_DISCO_ACCOUNT
					    : STOX_DISCO_DEVICE;
	return user && strcmp(node + len + 1, ver_of(x, *ret_who)) == 0;
}

static bool answers(const struct snapshot *s)
{
	for (const char **f = s->features; *f; f++)
		if (strcmp(*f, NS_INFO) == 0)
			return true;
	return false;
}

struct stox_element *stox_disco_caps(struct stox_exchange *x,
	enum stox_disco_who who, struct stox_element *parent)
{
	struct stox_element *c;

	if (!answers(x->snapshot))
		return NULL;
	c = stox_element_add(parent, "c", NS_CAPS);
	stox_element_set(c, "hash", "sha-1");
	stox_element_set(c, "node", NODE);
	stox_element_set(c, "ver", ver_of(x, who));
	return c;
}

const char *disco_stream_feature(struct node *n, const char *domain)
{
	const struct config *c = n->snapshot->config;
	struct stox_exchange x = { .node = n, .snapshot = n->snapshot,
		.pool = pool_new(NULL), .side = STOX_XMPP };
	const char *text = NULL;
	struct stox_element *root, *e;
	struct buf out;

	x.gateway = table_get(c->by_domain_gateway, str_from(domain));
	x.sip_domain = x.gateway ? &x.gateway->self
		: table_get(c->by_domain_sip, str_from(domain));
	root = xml_element(x.pool, "features", STOX_NS_SERVER);
	e = x.sip_domain ? stox_disco_caps(&x, x.gateway ? STOX_DISCO_GATEWAY
		: STOX_DISCO_DOMAIN, root) : NULL;
	buf_init(&out, 4096, NULL);
	if (e)
		xml_write(&out, e, STOX_NS_SERVER);
	if (out.len)
		text = pool_strndup(n->snapshot->pool, out.data, out.len);
	buf_free(&out);
	pool_free(&x.pool);
	return text;
}
