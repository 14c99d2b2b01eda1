/*
 * Who may send to whom on an inbound stream: the pairs that are proven, and
 * the one check that stands before every stanza.  stox.md 8.8.
 */
#include "xmpp/deliver.h"

#include <stdio.h>
#include <stdlib.h>

#include "xmpp/s2s.h"

/* ---- pairs --------------------------------------------------------------- */

static bool pair_is(const struct xmpp_pair *p, struct str local,
	struct str remote)
{
	return str_is(remote, p->remote) && str_is(local, p->local_name);
}

struct xmpp_pair *xmpp_in_pair(struct xmpp_in *in, struct str local,
	struct str remote)
{
	if (in->last_pair < in->pair_count &&
		pair_is(&in->pairs[in->last_pair], local, remote))
		return &in->pairs[in->last_pair];
	for (size_t i = 0; i < in->pair_count; i++) {
		if (pair_is(&in->pairs[i], local, remote)) {
			in->last_pair = i;
			return &in->pairs[i];
		}
	}
	return NULL;
}

struct xmpp_pair *xmpp_in_pair_add(struct xmpp_in *in,
	const struct xmpp_local *local, const char *remote)
{
	struct xmpp_pair *p;

	in->pairs = base_realloc(in->pairs,
		(in->pair_count + 1) * sizeof(*in->pairs));
	p = &in->pairs[in->pair_count++];
	*p = (struct xmpp_pair){ .remote = base_strdup(remote),
		.local_name = base_strdup(local->domain), .local = local };
	return p;
}

void xmpp_in_pair_remove(struct xmpp_in *in, struct xmpp_pair *p)
{
	free(p->remote);
	free(p->local_name);
	*p = in->pairs[--in->pair_count];
}

static bool sends_for(const struct xmpp_in *in, struct str remote)
{
	for (size_t i = 0; i < in->pair_count; i++)
		if (in->pairs[i].valid && str_is(remote, in->pairs[i].remote))
			return true;
	return false;
}

bool xmpp_in_any_valid(const struct xmpp_in *in)
{
	for (size_t i = 0; i < in->pair_count; i++)
		if (in->pairs[i].valid)
			return true;
	return false;
}

/* ---- stanzas ------------------------------------------------------------- */

static void wrong_pair(struct xmpp_in *in, const struct jid *from,
	const struct jid *to)
{
	char text[300];

	if (!sends_for(in, from->domain)) {
		snprintf(text, sizeof(text), "'from' is %.*s, for which this "
			"stream may not send", (int)(from->domain.len < 200
				? from->domain.len : 200), from->domain.p);
		xmpp_stream_error(&in->s, "invalid-from", text);
	} else if (!xmpp_local(in->s.x, to->domain)) {
		xmpp_stream_error(&in->s, "host-unknown",
			"'to' is not a domain of this server");
	} else {
		xmpp_stream_error(&in->s, "invalid-from",
			"'from' may not send to that domain on this stream");
	}
}

void xmpp_in_stanza(struct xmpp_in *in, struct pool **pool,
	struct stox_element *e, size_t bytes)
{
	struct xmpp_stanza st = { .element = e, .bytes = bytes };
	struct str from = str_from(stox_element_attr(e, "from"));
	struct str to = str_from(stox_element_attr(e, "to"));
	struct xmpp_pair *p;

	if (!xmpp_in_any_valid(in)) {
		xmpp_stream_error(&in->s, "not-authorized",
			"a stanza before authentication");
		return;
	}
	if (!from.len || !to.len || jid_parse(*pool, from, &st.from)) {
		xmpp_stream_error(&in->s, "improper-addressing",
			"a stanza needs a valid 'from' and a 'to'");
		return;
	}
	if (jid_parse(*pool, to, &st.to)) {
		if (!sends_for(in, st.from.domain))
			wrong_pair(in, &st.from, &st.from);
		else
			xmpp_bad_to(&in->s, *pool, e, in->s.local,
				st.from.domain);
		return;
	}
	p = xmpp_in_pair(in, st.to.domain, st.from.domain);
	if (!p || !p->valid) {
		wrong_pair(in, &st.from, &st.to);
		return;
	}
	if (in->s.bidi && !in->carries)
		xmpp_in_use(in);
	st.local_domain = p->local->domain;
	xmpp_deliver(&in->s, pool, &st);
}
