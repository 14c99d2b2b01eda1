/*
 * dane.c: what DNSSEC says about a peer's certificates: its TLSA records, and
 * what they mean.  RFC 6698, RFC 7671, RFC 7673.  How they are asked for is in
 * dane_ask.c; what a certificate has to do with one is for the twins, in
 * dane_tls.c and mem_tls.c.
 */
#include "io/internal.h"

#include <stdlib.h>

void io_dane_free(struct io_dane **dane)
{
	struct io_dane *d = *dane;

	*dane = NULL;
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		free((char *)(uintptr_t)d->records[i].data.p);
	free(d->records);
	free(d);
}

/* ---- records ------------------------------------------------------------ */

/* One DER sequence and nothing behind it: a certificate or a key. */
static bool is_sequence(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;
	size_t len, more;

	if (s.len < 2 || p[0] != 0x30)
		return false;
	if (p[1] < 0x80)
		return s.len == 2u + p[1];
	more = p[1] & 0x7f;
	if (more == 0 || more > 3 || s.len < 2 + more)
		return false;
	len = 0;
	for (size_t i = 0; i < more; i++)
		len = len << 8 | p[2 + i];
	return s.len == 2 + more + len;
}

bool io_tlsa_read(struct str rdata, size_t max, struct io_tlsa *ret)
{
	const uint8_t *p = (const uint8_t *)rdata.p;
	struct io_tlsa t;

	if (rdata.len < 4 || rdata.len > max)
		return false;
	t = (struct io_tlsa){ .usage = p[0], .selector = p[1],
		.matching = p[2],
		.data = { rdata.p + 3, rdata.len - 3 } };
	if (t.usage > 3 || t.selector > 1)
		return false;
	switch (t.matching) {
	case 0:
		if (!is_sequence(t.data))
			return false;
		break;
	case 1:
		if (t.data.len != 32)
			return false;
		break;
	case 2:
		if (t.data.len != 64)
			return false;
		break;
	default:
		return false;
	}
	*ret = t;
	return true;
}

static bool has_stronger(const struct io_tlsa *records, size_t count,
	const struct io_tlsa *t)
{
	for (size_t i = 0; i < count; i++)
		if (t->matching == 1 && records[i].matching == 2 &&
			records[i].usage == t->usage &&
			records[i].selector == t->selector)
			return true;
	return false;
}

size_t io_tlsa_agile(struct io_tlsa *records, size_t count)
{
	size_t n = 0;

	/* The stronger ones stay, so it does not matter that the array is
	 * changed while it is looked at. */
	for (size_t i = 0; i < count; i++)
		if (!has_stronger(records, n, &records[i]) &&
			!has_stronger(records + i, count - i, &records[i]))
			records[n++] = records[i];
	return n;
}

/* ---- the verdict -------------------------------------------------------- */

static bool names_fit(const struct io_identity *id, const char *const *names)
{
	for (; names && *names; names++)
		if (io_identity_names_xmpp(id, str_from(*names)))
			return true;
	return false;
}

/* The record speaks of an authority: does one of the chain fit it, and does
 * the leaf come from there? */
static const char *judge_authority(const struct io_dane_peer *p,
	const struct io_tlsa *t)
{
	const char *why = "no certificate of its chain matches the TLSA "
			  "records";

	for (unsigned i = 1; i < p->len; i++) {
		if (!p->fits(p, i, t))
			continue;
		why = p->leads_to(p, i);
		if (!why)
			return NULL;
	}
	return why;
}

static const char *judge_one(const struct io_dane_peer *p,
	const struct io_tlsa *t, const char *const *names)
{
	bool authority = t->usage == 0 || t->usage == 2;

	if (!authority && !p->fits(p, 0, t))
		return "the certificate does not match the TLSA records";
	if (t->usage == 3)
		return NULL; /* RFC 7671, 5.1: neither names nor dates */
	if (!names_fit(p->id, names))
		return "the certificate is for another name than the TLSA "
		       "records";
	if (t->usage < 2 && !p->id->trusted)
		return "the TLSA records want an authority that we trust, too";
	return authority ? judge_authority(p, t) : NULL;
}

const char *io_dane_judge(const struct io_dane_peer *p,
	const struct io_dane *dane, const char *const *names)
{
	const char *why = "no certificate was shown";

	if (!p->id || !p->id->present || p->len == 0)
		return why;
	/* those that are cheap and say most come first */
	for (int usage = 3; usage >= 0; usage--)
		for (size_t i = 0; i < dane->count; i++) {
			if (dane->records[i].usage != usage)
				continue;
			why = judge_one(p, &dane->records[i], names);
			if (!why)
				return NULL;
		}
	return why;
}

enum io_dane_verdict io_stream_dane(const struct io_stream *s,
	const struct io_dane *dane, const char *const *names,
	const char **ret_why)
{
	const char *why = "its TLSA records could not be had";

	if (dane && dane->count > 0) {
		why = s->env->ops->dane(s, dane, names);
		if (!why)
			return IO_DANE_MATCH;
	}
	if (!dane || dane->status == IO_DANE_NONE)
		return IO_DANE_SILENT;
	if (ret_why)
		*ret_why = why;
	return IO_DANE_MISMATCH;
}
