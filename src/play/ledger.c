#include "play/ledger.h"

#include <stdlib.h>

#include "xmpp/stanza.h"

struct entry {
	struct list node;
	int line;
	bool sip;
	bool must_answer;  /* an IQ, a SIP request */
	char *key;         /* stanza id, Call-ID */
	char *body;
	bool answered, crossed, accepted;
};

static char *copy(struct str s)
{
	char *p = base_alloc(s.len + 1);

	memcpy(p, s.p ? s.p : "", s.len);
	p[s.len] = '\0';
	return p;
}

static struct entry *add(struct stage *s, struct str key, struct str body,
	int line)
{
	struct entry *e = base_alloc0(sizeof(*e));

	e->key = copy(key);
	e->body = copy(body);
	e->line = line;
	list_append(&s->ledger, &e->node);
	return e;
}

void ledger_stanza(struct stage *s, const struct stox_element *e, int line)
{
	const char *id = stox_element_attr(e, "id");
	const char *body = stox_element_child_text(e, "body");
	struct entry *n;

	if (!id || stanza_is_answer(e) ||
		(stanza_kind(e) == STANZA_MESSAGE ? !body
						  : stanza_kind(e) != STANZA_IQ))
		return;
	n = add(s, str_from(id), str_from(body ? body : ""), line);
	n->must_answer = stanza_kind(e) == STANZA_IQ;
}

void ledger_request(struct stage *s, struct str call_id, struct str body, int line)
{
	struct entry *n = add(s, call_id, body, line);

	n->sip = n->must_answer = true;
}

static bool holds(struct str text, const char *part)
{
	size_t n = strlen(part);

	for (size_t i = 0; n && i + n <= text.len; i++)
		if (memcmp(text.p + i, part, n) == 0)
			return true;
	return false;
}

void ledger_seen_stanza(struct stage *s, const struct stox_element *e)
{
	const char *id = stox_element_attr(e, "id");
	const char *body = stox_element_child_text(e, "body");

	list_each (it, tmp, &s->ledger) {
		struct entry *n = container_of(it, struct entry, node);

		if (!n->sip && stanza_is_answer(e) && id &&
			strcmp(id, n->key) == 0)
			n->answered = true;
		if (n->sip && body && holds(str_from(n->body), body))
			n->crossed = true;
	}
}

void ledger_seen_sip(struct stage *s, const struct sip_message *m)
{
	list_each (it, tmp, &s->ledger) {
		struct entry *n = container_of(it, struct entry, node);

		if (!n->sip && m->is_request && holds(m->body, n->body))
			n->crossed = true;
		if (n->sip && !m->is_request && m->status >= 200 &&
			str_is(m->call_id, n->key)) {
			n->answered = true;
			n->accepted = m->status < 300;
		}
	}
}

void ledger_cut(struct stage *s)
{
	list_each (it, tmp, &s->ledger) {
		struct entry *n = container_of(it, struct entry, node);

		if (n->sip)
			n->answered = true;
	}
}

static bool ended(const struct entry *n)
{
	return n->must_answer ? n->answered : n->answered || n->crossed;
}

bool ledger_check(struct stage *s, bool dead, struct buf *why)
{
	list_each (it, tmp, &s->ledger) {
		struct entry *n = container_of(it, struct entry, node);

		if (dead || ended(n))
			continue;
		buf_printf(why, "%s:%d: what was sent here never came to an end",
			s->play->file, n->line);
		return false;
	}
	return true;
}

void ledger_free(struct stage *s)
{
	list_each (it, tmp, &s->ledger) {
		struct entry *n = container_of(it, struct entry, node);

		list_remove(&n->node);
		free(n->key);
		free(n->body);
		free(n);
	}
}
