/*
 * reader.c: a stream of stanzas.  The frame says where things end, the builder
 * makes the tree, and events run here, outside of expat, so that they may do
 * with the reader what they like.
 */
#include "xml/reader.h"

#include <stdlib.h>

#include "xml/frame.h"

enum {
	HELD_KEPT = 1024,	/* bytes of buffer an idle stream may keep */
	MAX_BYTES = 0x40000000, /* a stanza is never bigger than this */
};

struct xml_reader {
	struct xml_reader_config config;
	struct xml_frame frame;
	struct xml_build build;
	struct buf held; /* the token that is not finished */
	struct buf root; /* the root's start tag, to renew the parser with */
	size_t max;
	bool feeding; /* inside of xml_reader_feed() */
	bool cut;     /* stopped, reset or freed meanwhile */
	bool stopped;
	bool freed;
	enum xml_error error;
	const char *why;
};

static void begin(struct xml_reader *r)
{
	const struct limits *limits = r->config.limits;
	size_t names = limit_get(limits, LIMIT_XML_NAMES);

	xml_frame_init(&r->frame, limits, 1);
	r->frame.max = r->max;
	/* one stanza alone may bring as many again */
	xml_build_init(&r->build, 1, 2 * names, NULL, r->config.budget);
	buf_init(&r->held, 2 * (size_t)MAX_BYTES, r->config.budget);
	buf_init(&r->root, MAX_BYTES, r->config.budget);
	r->stopped = false;
	r->error = XML_OK;
	r->why = "no error";
}

static void end(struct xml_reader *r)
{
	xml_build_free(&r->build);
	buf_free(&r->held);
	buf_free(&r->root);
}

struct xml_reader *xml_reader_new(const struct xml_reader_config *config)
{
	struct xml_reader *r = base_alloc0(sizeof(*r));

	r->config = *config;
	r->max = limit_get(config->limits, LIMIT_STANZA_UNAUTH);
	begin(r);
	return r;
}

void xml_reader_free(struct xml_reader **reader)
{
	struct xml_reader *r = *reader;

	*reader = NULL;
	if (!r)
		return;
	if (r->feeding) {
		r->cut = r->freed = true;
		return;
	}
	end(r);
	free(r);
}

void xml_reader_reset(struct xml_reader *r)
{
	end(r);
	begin(r);
	/* a line end behind the last element of the document before */
	r->frame.spaces = true;
	r->cut = true;
}

void xml_reader_set_max(struct xml_reader *r, size_t bytes)
{
	r->max = bytes < MAX_BYTES ? bytes : MAX_BYTES;
	r->frame.max = r->max;
}

void xml_reader_stop(struct xml_reader *r)
{
	r->stopped = r->cut = true;
}

enum xml_error xml_reader_error(const struct xml_reader *r)
{
	return r->error;
}

const char *xml_reader_why(const struct xml_reader *r)
{
	return r->why;
}

size_t xml_reader_pending(const struct xml_reader *r)
{
	return r->frame.bytes;
}

static void fail(struct xml_reader *r, enum xml_error error, const char *why)
{
	r->error = error;
	r->why = why;
}

static bool parse(struct xml_reader *r, struct str tokens)
{
	struct xml_build *b = &r->build;

	if (tokens.len == 0)
		return true;
	if ((b->parser || xml_build_renew(b, buf_str(&r->root))) &&
		xml_build_feed(b, tokens))
		return true;
	fail(r, b->error, b->why);
	return false;
}

/* Expat keeps what it has seen: give it a fresh memory between two stanzas. */
static void forget_names(struct xml_reader *r)
{
	if (r->build.names.count < limit_get(r->config.limits, LIMIT_XML_NAMES))
		return;
	limit_hit(r->config.limits, LIMIT_XML_NAMES);
	xml_build_rest(&r->build);
}

void xml_reader_rest(struct xml_reader *r)
{
	if (r->frame.state != XML_FRAME_BETWEEN || r->feeding || r->error)
		return;
	xml_build_rest(&r->build);
	buf_free(&r->held);
}

static void give_root(struct xml_reader *r)
{
	struct pool *pool = NULL;
	struct stox_element *root = xml_build_take(&r->build, &pool);

	if (!root) {
		fail(r, XML_NOT_WELL_FORMED, "the root is not complete");
		return;
	}
	r->config.events->on_root(r->config.arg, root);
	pool_free(&pool);
	if (!r->cut && r->frame.depth == 0)
		r->config.events->on_end(r->config.arg);
}

static void give_element(struct xml_reader *r)
{
	struct pool *pool = NULL;
	struct stox_element *e = xml_build_take(&r->build, &pool);

	if (!e) {
		fail(r, XML_NOT_WELL_FORMED, "the element is not complete");
		return;
	}
	r->config.events->on_element(r->config.arg, pool, e, r->frame.element);
	if (!r->cut)
		forget_names(r);
}

static void act(struct xml_reader *r, enum xml_frame_step step)
{
	switch (step) {
	case XML_FRAME_MORE:
		break;
	case XML_FRAME_ROOT:
		give_root(r);
		break;
	case XML_FRAME_ELEMENT:
		give_element(r);
		break;
	case XML_FRAME_END:
		r->config.events->on_end(r->config.arg);
		break;
	case XML_FRAME_ERROR:
		if (r->frame.limit >= 0)
			limit_hit(r->config.limits,
				(enum limit_id)r->frame.limit);
		fail(r, r->frame.error, r->frame.why);
		break;
	}
}

/*
 * Give the parser all but the unfinished token, and keep that.  Most often
 * nothing was kept and the tokens go straight from the input.
 */
static bool hand_over(struct xml_reader *r, struct str piece)
{
	size_t rest = r->frame.token < piece.len ? r->frame.token : piece.len;
	struct str ready = { piece.p, piece.len - rest };

	if (r->held.len && ready.len) {
		buf_add_str(&r->held, ready);
		ready = buf_str(&r->held);
	}
	if (!parse(r, ready))
		return false;
	if (ready.len && ready.p == r->held.data) {
		buf_clear(&r->held);
		if (r->held.cap > HELD_KEPT)
			buf_free(&r->held);
	}
	if (rest)
		buf_add(&r->held, piece.p + piece.len - rest, rest);
	return true;
}

static void keep_root(struct xml_reader *r, struct str tokens)
{
	size_t len = r->frame.tag;

	/* the tag is the last token of what is held and @tokens */
	if (len > tokens.len)
		buf_add(&r->root,
			r->held.data + r->held.len - (len - tokens.len),
			len - tokens.len);
	else
		tokens = (struct str){ tokens.p + tokens.len - len, len };
	buf_add_str(&r->root, tokens);
}

static void advance(struct xml_reader *r, struct str *in)
{
	enum xml_frame_step step;
	size_t used = xml_frame_space(&r->frame, *in);
	struct str piece;

	in->p += used;
	in->len -= used;
	if (in->len == 0)
		return;
	step = xml_frame_next(&r->frame, *in, &used);
	piece = (struct str){ in->p, used };
	in->p += used;
	in->len -= used;
	if (step == XML_FRAME_ROOT)
		keep_root(r, piece);
	if (hand_over(r, piece))
		act(r, step);
}

int xml_reader_feed(struct xml_reader *r, struct str bytes)
{
	stox_require(!r->feeding);
	if (r->error)
		return -STOX_EPROTO;
	if (r->stopped)
		return -STOX_EGONE;
	r->feeding = true;
	r->cut = false;
	while (bytes.len && !r->error && !r->cut)
		advance(r, &bytes);
	r->feeding = false;
	if (r->freed) {
		xml_reader_free(&r);
		return -STOX_EGONE;
	}
	if (r->cut)
		return -STOX_EGONE;
	return r->error ? -STOX_EPROTO : 0;
}

const struct xml_build *xml_reader_build(const struct xml_reader *r)
{
	return &r->build;
}

void xml_pool_release(struct pool **pool)
{
	pool_free(pool);
}
