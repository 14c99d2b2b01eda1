/*
 * build.c: the only file that knows expat.
 *
 * The frame in front has refused most of what is forbidden; the handlers here
 * refuse it again, in case frame and parser ever see a byte differently.
 */
#include "config.h"

#include "xml/build.h"

#include "base/rand.h"

/* The declarations of the limits stand behind this in expat.h. */
#ifndef XML_DTD
#define XML_DTD
#endif
#include <expat.h>
#include <limits.h>

#define XML_NS "http://www.w3.org/XML/1998/namespace"

enum {
	TEXT_KEPT = 4096, /* bytes of the text buffer kept for the next */
	/* without entities nothing is amplified */
	AMPLIFICATION_FROM = 16384,
	/* names, tags and attributes of the largest stanza are well below */
	ALLOCATION_FROM = 4194304,
};

static void fail(struct xml_build *b, enum xml_error error, const char *why)
{
	if (b->error)
		return;
	b->error = error;
	b->why = why;
	XML_StopParser(b->parser, XML_FALSE);
}

/* ---- names ---- */

/* "uri\1local\1prefix", "uri\1local" or "local". */
struct name {
	struct str ns, local;
};

/* What expat keeps is prefix and local name; namespaces come and go. */
static struct name split(struct xml_build *b, const char *s)
{
	const char *end = strchrnul(s, XML_SEPARATOR), *local;
	struct name n = { { s, 0 }, { s, (size_t)(end - s) } };

	if (!*end) {
		xml_names_add(&b->names, s, n.local.len);
		return n;
	}
	n.ns.len = n.local.len;
	local = end + 1;
	end = strchrnul(local, XML_SEPARATOR);
	n.local = (struct str){ local, (size_t)(end - local) };
	xml_names_add(&b->names, local, n.local.len + strlen(end));
	return n;
}

static char *put(char *to, struct str s)
{
	if (s.len)
		memcpy(to, s.p, s.len);
	to[s.len] = '\0';
	return to + s.len + 1;
}

/* ---- the tree ---- */

static void append(struct stox_element *parent, struct stox_element *child)
{
	child->parent = parent;
	if (!parent)
		return;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static struct stox_element *new_element(struct xml_build *b, struct name n)
{
	struct stox_element *e, *parent = b->current;
	bool inherited = parent && str_is(n.ns, parent->ns);
	char *strings;

	e = pool_alloc(b->pool,
		sizeof(*e) + n.local.len + 1 + (inherited ? 0 : n.ns.len + 1));
	*e = (struct stox_element){ .pool = b->pool };
	strings = (char *)(e + 1);
	e->name = strings;
	strings = put(strings, n.local);
	e->ns = inherited ? parent->ns : strings;
	if (!inherited)
		put(strings, n.ns);
	append(parent, e);
	return e;
}

/* xml:lang and its kin keep the prefix that everybody knows. */
static const char *prefixed(struct xml_build *b, struct name n)
{
	char *name = pool_alloc(b->pool, sizeof("xml:") + n.local.len);

	memcpy(name, "xml:", 4);
	put(name + 4, n.local);
	return name;
}

static struct stox_attribute *new_attribute(
	struct xml_build *b, struct name n, struct str value)
{
	struct stox_attribute *a = pool_alloc(
		b->pool, sizeof(*a) + n.local.len + n.ns.len + value.len + 3);
	char *strings = (char *)(a + 1);

	*a = (struct stox_attribute){ .name = strings };
	strings = put(strings, n.local);
	a->value = strings;
	strings = put(strings, value);
	if (n.ns.len == 0)
		return a;
	if (str_eq(n.ns, STR(XML_NS))) {
		a->name = prefixed(b, n);
		return a;
	}
	a->ns = strings;
	put(strings, n.ns);
	return a;
}

static void flush_text(struct xml_build *b)
{
	struct stox_element *e;
	size_t len = b->text.len;

	if (len == 0)
		return;
	e = pool_alloc(b->pool, sizeof(*e) + len + 1);
	*e = (struct stox_element){
		.pool = b->pool,
		.text = (const char *)(e + 1),
		.text_len = len,
	};
	put((char *)(e + 1), buf_str(&b->text));
	append(b->current, e);
	buf_clear(&b->text);
}

/* ---- expat's events ---- */

static void open_element(
	struct xml_build *b, const XML_Char *name, const XML_Char **attributes)
{
	struct stox_attribute **at;
	struct stox_element *e;

	if (!b->current && !b->pool)
		b->pool = pool_new(b->budget);
	e = new_element(b, split(b, name));
	at = &e->attributes;
	for (; *attributes; attributes += 2) {
		*at = new_attribute(
			b, split(b, attributes[0]), str_from(attributes[1]));
		at = &(*at)->next;
	}
	if (!b->current)
		b->top = e;
	b->current = e;
}

static void close_element(struct xml_build *b)
{
	b->current = b->current->parent;
	if (b->current)
		return;
	if (b->done) {
		fail(b, XML_NOT_WELL_FORMED, "more than one element");
		return;
	}
	b->done = b->top;
	b->done_at = (size_t)XML_GetCurrentByteIndex(b->parser) +
		     (size_t)XML_GetCurrentByteCount(b->parser);
	b->top = NULL;
	if (b->text.cap > TEXT_KEPT)
		buf_free(&b->text);
}

static void check_limits(struct xml_build *b, const XML_Char **attributes)
{
	unsigned count = b->declared;

	b->declared = 0;
	for (; *attributes; attributes += 2)
		count++;
	if (b->attributes_max && count > b->attributes_max)
		fail(b, XML_TOO_COMPLEX, "too many attributes");
	if (b->depth_max && b->depth > b->depth_max)
		fail(b, XML_TOO_COMPLEX, "elements are nested too deep");
}

static void XMLCALL on_start(
	void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct xml_build *b = arg;

	if (b->error)
		return;
	flush_text(b);
	b->depth++;
	if (b->muted)
		return;
	check_limits(b, attributes);
	open_element(b, name, attributes);
	/* a stream's root is complete with its start tag */
	if (b->depth <= b->outer)
		close_element(b);
	if (b->names.count > b->names_max)
		fail(b, XML_TOO_COMPLEX, "too many different names");
}

static void XMLCALL on_end(void *arg, const XML_Char *name)
{
	struct xml_build *b = arg;

	(void)name;
	if (b->error)
		return;
	flush_text(b);
	if (b->depth-- > b->outer)
		close_element(b);
}

static void XMLCALL on_text(void *arg, const XML_Char *s, int len)
{
	struct xml_build *b = arg;

	if (!b->error && b->current)
		buf_add(&b->text, s, (size_t)len);
}

static void XMLCALL on_namespace(
	void *arg, const XML_Char *prefix, const XML_Char *uri)
{
	struct xml_build *b = arg;

	(void)uri;
	b->declared++;
	if (prefix)
		xml_names_add(&b->names, prefix, strlen(prefix));
}

static void XMLCALL on_declaration(void *arg, const XML_Char *version,
	const XML_Char *encoding, int standalone)
{
	(void)version;
	(void)standalone;
	if (encoding && !str_iis(str_from(encoding), "UTF-8"))
		fail(arg, XML_ENCODING, "the encoding is not UTF-8");
}

static void XMLCALL on_doctype(void *arg, const XML_Char *name,
	const XML_Char *system, const XML_Char *public, int internal)
{
	(void)name;
	(void)system;
	(void)public;
	(void)internal;
	fail(arg, XML_RESTRICTED, "a document type declaration");
}

static void XMLCALL on_comment(void *arg, const XML_Char *text)
{
	(void)text;
	fail(arg, XML_RESTRICTED, "a comment");
}

static void XMLCALL on_instruction(
	void *arg, const XML_Char *target, const XML_Char *data)
{
	(void)target;
	(void)data;
	fail(arg, XML_RESTRICTED, "a processing instruction");
}

static void XMLCALL on_skipped(void *arg, const XML_Char *name, int parameter)
{
	(void)name;
	(void)parameter;
	fail(arg, XML_RESTRICTED, "an entity");
}

/* ---- the parser ---- */

static void set_limits(XML_Parser parser)
{
	XML_SetBillionLaughsAttackProtectionMaximumAmplification(parser, 2.0f);
	XML_SetBillionLaughsAttackProtectionActivationThreshold(
		parser, AMPLIFICATION_FROM);
#ifdef HAVE_XML_SETALLOCTRACKERMAXIMUMAMPLIFICATION
	XML_SetAllocTrackerMaximumAmplification(parser, 20.0f);
	XML_SetAllocTrackerActivationThreshold(parser, ALLOCATION_FROM);
#endif
#ifdef HAVE_XML_SETREPARSEDEFERRALENABLED
	/* it would hold a finished stanza back; the frame does its work */
	XML_SetReparseDeferralEnabled(parser, XML_FALSE);
#endif
}

static XML_Parser new_parser(struct xml_build *b)
{
	XML_Parser parser = XML_ParserCreateNS("UTF-8", XML_SEPARATOR);

	stox_require(parser); /* out of memory, as base_alloc() */
	set_limits(parser);
	XML_SetHashSalt(parser, b->salt);
	XML_SetReturnNSTriplet(parser, 1);
	XML_SetUserData(parser, b);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	XML_SetStartNamespaceDeclHandler(parser, on_namespace);
	XML_SetXmlDeclHandler(parser, on_declaration);
	XML_SetStartDoctypeDeclHandler(parser, on_doctype);
	XML_SetCommentHandler(parser, on_comment);
	XML_SetProcessingInstructionHandler(parser, on_instruction);
	XML_SetSkippedEntityHandler(parser, on_skipped);
	return parser;
}

void xml_build_init(struct xml_build *b, unsigned outer, size_t names_max,
	struct pool *pool, struct budget *budget)
{
	struct rand_source kernel = rand_kernel();
	uint64_t secrets[2];

	/* one call for both: expat would make one for each parser */
	rand_bytes(&kernel, secrets, sizeof(secrets));
	*b = (struct xml_build){
		.salt = (unsigned long)secrets[0] | 1,
		.budget = budget,
		.outer = outer,
		.names_max = names_max,
		.pool = pool,
		.pool_given = pool != NULL,
	};
	xml_names_init(&b->names, secrets[1]);
	buf_init(&b->text, INT_MAX, budget);
	b->parser = new_parser(b);
}

void xml_build_free(struct xml_build *b)
{
	XML_ParserFree(b->parser);
	b->parser = NULL;
	if (!b->pool_given)
		pool_free(&b->pool);
	xml_names_clear(&b->names);
	buf_free(&b->text);
}

static void parser_failed(struct xml_build *b)
{
	enum XML_Error code = XML_GetErrorCode(b->parser);

	if (b->error)
		return; /* a handler said why */
	b->why = XML_ErrorString(code);
	if (code == XML_ERROR_UNDEFINED_ENTITY ||
		code == XML_ERROR_AMPLIFICATION_LIMIT_BREACH)
		b->error = XML_RESTRICTED;
	else if (code == XML_ERROR_UNKNOWN_ENCODING ||
		 code == XML_ERROR_INCORRECT_ENCODING)
		b->error = XML_ENCODING;
	else if (code == XML_ERROR_NO_MEMORY)
		b->error = XML_TOO_COMPLEX;
	else
		b->error = XML_NOT_WELL_FORMED;
}

bool xml_build_feed(struct xml_build *b, struct str tokens)
{
	if (b->error)
		return false;
	b->calls++;
	b->bytes += tokens.len;
	if (tokens.len > INT_MAX)
		fail(b, XML_TOO_BIG, "more than a parser can take");
	else if (XML_Parse(b->parser, tokens.p, (int)tokens.len, 0) !=
		 XML_STATUS_OK)
		parser_failed(b);
	return b->error == XML_OK;
}

struct stox_element *xml_build_take(struct xml_build *b, struct pool **ret_pool)
{
	struct stox_element *e = b->done;

	if (!e)
		return NULL;
	*ret_pool = b->pool;
	b->pool = NULL;
	b->done = NULL;
	return e;
}

void xml_build_give_pool(struct xml_build *b, struct pool *pool)
{
	stox_require(!b->current && !b->done);
	if (!b->pool_given)
		pool_free(&b->pool);
	b->pool = pool;
	b->pool_given = true;
}

bool xml_build_is_between(const struct xml_build *b)
{
	return !b->error && !b->current && !b->done && b->depth == b->outer &&
	       XML_GetCurrentByteIndex(b->parser) == (XML_Index)b->bytes;
}

void xml_build_rest(struct xml_build *b)
{
	stox_require(!b->current && !b->done && b->depth == b->outer);
	XML_ParserFree(b->parser);
	b->parser = NULL;
	xml_names_clear(&b->names);
	buf_free(&b->text);
}

bool xml_build_skip(struct xml_build *b, struct str root)
{
	b->muted = true;
	xml_build_feed(b, root);
	b->muted = false;
	return b->error == XML_OK;
}

bool xml_build_renew(struct xml_build *b, struct str root)
{
	xml_build_rest(b);
	b->parser = new_parser(b);
	b->depth = 0;
	b->bytes = 0;
	return xml_build_skip(b, root);
}

/* ---- at start ---- */

/* What we rely on, as documents and their fate. */
static const struct {
	const char *tokens, *more;
	bool accepted;
	const char *why;
} checks[] = {
	{ "<a xmlns='u'>t</a>", "", true, "does not read XML" },
	{ "<a b='", "1'/>", true, "holds a finished element back" },
	{ "<x:a/>", "", false, "takes a prefix that is not declared" },
	{ "<a>\xC0\xAF</a>", "", false, "takes broken UTF-8" },
	{ "<a xmlns='u&#1;v'/>", "", false, "takes any byte in a namespace" },
	{ "<a>&b;</a>", "", false, "takes an entity" },
};

static bool accepts(const char *tokens, const char *more)
{
	struct pool *pool = NULL;
	struct xml_build b;
	bool accepted;

	xml_build_init(&b, 0, SIZE_MAX, NULL, NULL);
	accepted = xml_build_feed(&b, str_from(tokens)) &&
		   xml_build_feed(&b, str_from(more)) &&
		   xml_build_take(&b, &pool);
	xml_build_free(&b);
	pool_free(&pool);
	return accepted;
}

int xml_check_library(struct buf *why)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (accepts(checks[i].tokens, checks[i].more) ==
			checks[i].accepted)
			continue;
		buf_printf(why, "this expat (%s) %s", XML_ExpatVersion(),
			checks[i].why);
		return -STOX_ENOTSUP;
	}
	return 0;
}
