/*
 * element.c: the tree of elements: looking at it and changing it.
 */
#include "xml/xml.h"

/* Most differ in the first letter already. */
static inline bool same(const char *a, const char *b)
{
	return *a == *b && strcmp(a, b) == 0;
}

/* ---- looking ---- */

const char *stox_element_name(const struct stox_element *e)
{
	return e ? e->name : NULL;
}

const char *stox_element_ns(const struct stox_element *e)
{
	return e ? e->ns : NULL;
}

bool stox_element_is(
	const struct stox_element *e, const char *name, const char *ns)
{
	if (!e || !e->name)
		return false;
	if (name && !same(e->name, name))
		return false;
	return !ns || e->ns == ns || strcmp(e->ns, ns) == 0;
}

static struct stox_attribute *find_attribute(
	const struct stox_element *e, const char *name)
{
	for (struct stox_attribute *a = e->attributes; a; a = a->next)
		if (!a->ns && same(a->name, name))
			return a;
	return NULL;
}

const char *stox_element_attr(const struct stox_element *e, const char *name)
{
	const struct stox_attribute *a = e ? find_attribute(e, name) : NULL;

	return a ? a->value : NULL;
}

const char *stox_element_attr_ns(
	const struct stox_element *e, const char *name, const char *ns)
{
	for (struct stox_attribute *a = e ? e->attributes : NULL; a;
		a = a->next)
		if (a->ns && same(a->name, name) && strcmp(a->ns, ns) == 0)
			return a->value;
	return NULL;
}

static const struct stox_element *search(
	const struct stox_element *e, const char *name, const char *ns)
{
	while (e && !stox_element_is(e, name, ns))
		e = e->next;
	return e;
}

const struct stox_element *stox_element_child(
	const struct stox_element *e, const char *name, const char *ns)
{
	return e ? search(e->first, name, ns) : NULL;
}

const struct stox_element *stox_element_next(
	const struct stox_element *e, const char *name, const char *ns)
{
	return e ? search(e->next, name, ns) : NULL;
}

static const char *join_text(const struct stox_element *e, size_t len)
{
	char *text = pool_alloc(e->pool, len + 1);
	size_t at = 0;

	for (const struct stox_element *c = e->first; c; c = c->next) {
		if (c->name)
			continue;
		memcpy(text + at, c->text, c->text_len);
		at += c->text_len;
	}
	text[at] = '\0';
	return text;
}

const char *stox_element_text(const struct stox_element *e)
{
	const struct stox_element *only = NULL;
	size_t count = 0, len = 0;

	if (!e)
		return NULL;
	for (const struct stox_element *c = e->first; c; c = c->next) {
		if (c->name)
			continue;
		only = c;
		count++;
		len += c->text_len;
	}
	if (count == 0)
		return "";
	return count == 1 ? only->text : join_text(e, len);
}

const char *stox_element_child_text(
	const struct stox_element *e, const char *name)
{
	return e ? stox_element_text(stox_element_child(e, name, e->ns)) : NULL;
}

const char *stox_element_lang(const struct stox_element *e)
{
	for (; e; e = e->parent) {
		const char *lang = stox_element_attr(e, "xml:lang");

		if (lang)
			return lang;
	}
	return NULL;
}

/* ---- changing ---- */

struct stox_element *xml_element(
	struct pool *pool, const char *name, const char *ns)
{
	struct stox_element *e = pool_alloc0(pool, sizeof(*e));

	e->pool = pool;
	e->name = pool_strdup(pool, name);
	e->ns = ns ? pool_strdup(pool, ns) : "";
	return e;
}

static void append(struct stox_element *parent, struct stox_element *child)
{
	child->parent = parent;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

void xml_detach(struct stox_element *e)
{
	struct stox_element *parent = e->parent, *before = NULL;

	if (!parent)
		return;
	for (struct stox_element *c = parent->first; c != e; c = c->next)
		before = c;
	if (before)
		before->next = e->next;
	else
		parent->first = e->next;
	if (parent->last == e)
		parent->last = before;
	e->parent = NULL;
	e->next = NULL;
}

/* The attribute and its name, in one piece. */
static struct stox_attribute *new_attribute(
	struct pool *pool, const char *name, const char *value)
{
	size_t n = strlen(name) + 1, v = strlen(value) + 1;
	struct stox_attribute *a = pool_alloc(pool, sizeof(*a) + n + v);
	char *strings = (char *)(a + 1);

	*a = (struct stox_attribute){ .name = memcpy(strings, name, n),
		.value = memcpy(strings + n, value, v) };
	return a;
}

static void remove_attribute(struct stox_element *e, const char *name)
{
	struct stox_attribute **at = &e->attributes;

	for (; *at; at = &(*at)->next) {
		if (!(*at)->ns && same((*at)->name, name)) {
			*at = (*at)->next;
			return;
		}
	}
}

/* New ones come last: what we write reads as it was made. */
void stox_element_set(
	struct stox_element *e, const char *name, const char *value)
{
	struct stox_attribute **at = &e->attributes;

	if (!value) {
		remove_attribute(e, name);
		return;
	}
	while (*at && ((*at)->ns || !same((*at)->name, name)))
		at = &(*at)->next;
	if (*at)
		(*at)->value = pool_strdup(e->pool, value);
	else
		*at = new_attribute(e->pool, name, value);
}

struct stox_element *stox_element_add(
	struct stox_element *e, const char *name, const char *ns)
{
	size_t n = strlen(name) + 1;
	struct stox_element *child = pool_alloc(e->pool, sizeof(*child) + n);

	*child = (struct stox_element){ .pool = e->pool,
		.name = memcpy(child + 1, name, n) };
	/* the parent's string lives as long as the child */
	child->ns = !ns || ns == e->ns || strcmp(ns, e->ns) == 0 ? e->ns
		: pool_strdup(e->pool, ns);
	append(e, child);
	return child;
}

static void add_text(struct stox_element *e, const char *text, size_t len)
{
	struct stox_element *node =
		pool_alloc(e->pool, sizeof(*node) + len + 1);
	char *copy = (char *)(node + 1);

	*node = (struct stox_element){ .pool = e->pool, .text_len = len,
		.text = memcpy(copy, text, len) };
	copy[len] = '\0';
	append(e, node);
}

/* Neighbouring text becomes one node: a reader would see it as one. */
static void add_bytes(struct stox_element *e, const char *text, size_t len)
{
	struct stox_element *last = e->last;
	char *joined;

	if (len == 0)
		return;
	if (!last || last->name) {
		add_text(e, text, len);
		return;
	}
	joined = pool_alloc(e->pool, last->text_len + len + 1);
	memcpy(joined, last->text, last->text_len);
	memcpy(joined + last->text_len, text, len);
	last->text_len += len;
	joined[last->text_len] = '\0';
	last->text = joined;
}

void stox_element_add_text(struct stox_element *e, const char *text)
{
	if (text)
		add_bytes(e, text, strlen(text));
}

struct stox_element *stox_element_add_child_text(struct stox_element *e,
	const char *name, const char *ns, const char *text)
{
	struct stox_element *child = stox_element_add(e, name, ns);

	stox_element_add_text(child, text);
	return child;
}

/* Recursion is as deep as the tree: the reader's limit, or our own making. */
static void copy_into(struct stox_element *to, const struct stox_element *from)
{
	struct stox_attribute **at = &to->attributes;

	while (*at)
		at = &(*at)->next;
	for (struct stox_attribute *a = from->attributes; a; a = a->next) {
		*at = new_attribute(to->pool, a->name, a->value);
		(*at)->ns = a->ns ? pool_strdup(to->pool, a->ns) : NULL;
		at = &(*at)->next;
	}
	for (const struct stox_element *c = from->first; c; c = c->next) {
		if (c->name)
			copy_into(stox_element_add(to, c->name, c->ns), c);
		else
			add_bytes(to, c->text, c->text_len);
	}
}

struct stox_element *xml_copy(struct pool *pool, const struct stox_element *e)
{
	struct stox_element *copy = xml_element(pool, e->name, e->ns);

	copy_into(copy, e);
	return copy;
}

struct stox_element *stox_element_add_copy(
	struct stox_element *e, const struct stox_element *child)
{
	struct stox_element *copy = stox_element_add(e, child->name, child->ns);

	copy_into(copy, child);
	return copy;
}
