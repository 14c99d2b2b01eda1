#include "ctl/ctl.h"

#include <stdlib.h>
#include <unistd.h>

#include "ctl/plan.h"
#include "ctl/report.h"
#include "ctl/roster.h"

struct ctl {
	struct ctl_config config;
	struct io_listener *listener;
	struct list clients;
};

/* One caller: a line in, a document out. */
struct client {
	struct list node;
	struct ctl *ctl;
	struct io_stream *stream;
	struct buf line;
	struct roster *roster;  /* under way */
	bool answered;
};

/* A document with ten thousand streams still fits. */
enum { ANSWER_MAX = 16 << 20 };

static void put_json(struct buf *out, json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);

	buf_add_text(out, text ? text : "{\"ok\":false}");
	buf_add_char(out, '\n');
	free(text);
	json_decref(j);
}

static json_t *failure(const char *error)
{
	return json_pack("{s:b,s:s}", "ok", 0, "error", error);
}

static json_t *do_reload(struct ctl *c)
{
	struct buf why;
	json_t *j;

	buf_init(&why, 65536, NULL);
	if (c->config.reload(c->config.arg, &why) < 0) {
		buf_add_char(&why, '\0');
		j = failure(why.data);
	} else {
		j = json_pack("{s:b}", "ok", 1);
	}
	buf_free(&why);
	return j;
}

static json_t *do_plan(struct node *n, struct str section)
{
	const struct plan plan = { n->snapshot->config, n->credentials,
		io_wall_us(n->env) / 1000000 };
	struct buf text;
	json_t *j;

	buf_init(&text, ANSWER_MAX / 4, NULL);
	if (plan_write(&plan, section, &text) < 0)
		j = json_pack("{s:b,s:s+}", "ok", 0, "error",
			"the plan has no such section; it has ", plan_sections);
	else if (text.overflow)
		j = failure("the plan is too long; ask for one section");
	else
		j = json_pack("{s:b,s:s}", "ok", 1, "plan", buf_text(&text));
	buf_free(&text);
	return j;
}

void ctl_answer(struct ctl *c, struct str line, struct buf *out)
{
	struct node *n = c->config.node;
	json_t *j;

	line = str_trim(line);
	if (str_is(line, "status"))
		j = report_status(n);
	else if (str_is(line, "reload"))
		j = do_reload(c);
	else if (str_is(line, "hooks"))
		j = report_hooks(n);
	else if (str_is(line, "streams"))
		j = report_streams(n, false);
	else if (str_is(line, "streams failed"))
		j = report_streams(n, true);
	else if (str_is(line, "limits"))
		j = report_limits(n);
	else if (str_is(line, "certs"))
		j = report_certs(n);
	else if (str_is(line, "partners"))
		j = report_partners(n);
	else if (str_is(line, "plan"))
		j = do_plan(n, STR(""));
	else if (str_starts(line, STR("plan ")))
		j = do_plan(n, str_trim((struct str){ line.p + 5,
			line.len - 5 }));
	else if (str_is(line, "dialect"))
		j = report_dialect(n, STR(""));
	else if (str_starts(line, STR("dialect ")))
		j = report_dialect(n, str_trim((struct str){ line.p + 8,
			line.len - 8 }));
	else
		j = failure("unknown command; known are status, reload, hooks, "
			"streams, partners, dialect, limits, certs, plan, roster");
	put_json(out, j);
}

static void on_open(void *arg, struct io_stream *s)
{
	(void)arg;
	(void)s;
}

static void reply(struct client *cl, struct buf *out)
{
	io_write(cl->stream, buf_str(out));
	buf_free(out);
	io_close(cl->stream);
}

static void roster_answer(void *arg, json_t *answer)
{
	struct buf out;

	buf_init(&out, ANSWER_MAX, NULL);
	put_json(&out, answer);
	reply(arg, &out);
}

static void roster_hold(void *arg, bool hold)
{
	struct client *cl = arg;

	if (hold)
		io_pause(cl->stream);
	else
		io_resume(cl->stream);
}

static void begin(struct client *cl, struct str line)
{
	const struct roster_config rc = { cl->ctl->config.node, roster_answer,
		roster_hold, cl };
	struct buf out;

	cl->answered = true;
	if (str_starts(line, STR("roster "))) {
		str_cut(&line, ' ');
		cl->roster = roster_new(&rc, line);
		return;
	}
	buf_init(&out, ANSWER_MAX, NULL);
	ctl_answer(cl->ctl, line, &out);
	reply(cl, &out);
}

/* What fits: the number of a line is in front. */
static void add_some(struct buf *line, struct str bytes)
{
	size_t room = line->max - line->len;

	if (bytes.len > room && !line->overflow)
		buf_add_str(line, (struct str){ bytes.p, room });
	buf_add_str(line, bytes);
}

/* Lines of an import.  What is longer than a command may be is cut. */
static void feed(struct client *cl, struct str bytes)
{
	ptrdiff_t end;

	while (bytes.len && roster_reads(cl->roster)) {
		end = str_find(bytes, '\n');
		add_some(&cl->line, (struct str){ bytes.p,
			end < 0 ? bytes.len : (size_t)end });
		if (end < 0)
			return;
		roster_line(cl->roster, buf_str(&cl->line),
			cl->line.overflow);
		buf_clear(&cl->line);
		bytes.p += end + 1;
		bytes.len -= (size_t)end + 1;
	}
}

static void on_data(void *arg, struct io_stream *s, struct str bytes)
{
	struct client *cl = arg;
	ptrdiff_t end = str_find(bytes, '\n');

	if (cl->roster && roster_reads(cl->roster))
		feed(cl, bytes);
	if (cl->answered)
		return;
	buf_add_str(&cl->line, (struct str){ bytes.p,
		end < 0 ? bytes.len : (size_t)end });
	if (cl->line.overflow) {
		limit_hit(cl->ctl->config.node->limits, LIMIT_CONTROL_LINE);
		io_abort(s);
		return;
	}
	if (end < 0)
		return;
	begin(cl, buf_str(&cl->line));
	buf_clear(&cl->line);
	if (cl->roster && roster_reads(cl->roster))
		feed(cl, (struct str){ bytes.p + end + 1,
			bytes.len - (size_t)end - 1 });
}

static void client_free(struct client *cl)
{
	list_remove(&cl->node);
	roster_free(&cl->roster);
	buf_free(&cl->line);
	free(cl);
}

static void on_close(void *arg, struct io_stream *s, enum io_reason reason,
	const char *detail)
{
	(void)s;
	(void)reason;
	(void)detail;
	client_free(arg);
}

static const struct io_events events = {
	.on_open = on_open,
	.on_data = on_data,
	.on_close = on_close,
};

static void on_accept(void *arg, struct io_stream *s)
{
	struct ctl *c = arg;
	int64_t uid = io_stream_peer_uid(s);
	struct client *cl;

	if (uid != 0 && uid != (int64_t)geteuid()) {
		log_event(c->config.node->log, STOX_LOG_WARN, "ctl", 0, "refused",
			"uid=%lld", (long long)uid);
		return; /* no events: it is closed */
	}
	cl = base_alloc0(sizeof(*cl));
	cl->ctl = c;
	cl->stream = s;
	buf_init(&cl->line, limit_get(c->config.node->limits, LIMIT_CONTROL_LINE),
		NULL);
	list_append(&c->clients, &cl->node);
	io_stream_events(s, &events, cl);
}

struct ctl *ctl_new(const struct ctl_config *config, struct buf *why)
{
	struct ctl *c = base_alloc0(sizeof(*c));

	c->config = *config;
	list_init(&c->clients);
	c->listener = io_listen_unix(config->node->env, config->path, on_accept, c,
		why);
	if (!c->listener) {
		free(c);
		return NULL;
	}
	return c;
}

void ctl_free(struct ctl **c)
{
	struct ctl *old = *c;

	*c = NULL;
	if (!old)
		return;
	io_listener_close(&old->listener);
	list_each (it, tmp, &old->clients) {
		struct client *cl = container_of(it, struct client, node);

		io_stream_events(cl->stream, &events, NULL);
		io_abort(cl->stream);
		client_free(cl);
	}
	free(old);
}
