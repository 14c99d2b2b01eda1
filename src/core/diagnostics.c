/*
 * diagnostics.c: what a SIP answer says of its reasons.  The user hears what
 * helps a user, the log gets all of it.  lync.md 2.8.
 */
#include <stdlib.h>

#include "core/node.h"

enum { DIAGNOSTICS_MAX = 8 }; /* of one answer; the rest tells nothing new */

/* The code of the first Warning header, 0 for none.  RFC 3261, 20.43. */
static unsigned warning_of(const struct sip_message *m)
{
	const struct sip_header *h = sip_message_header(m, SIP_H_WARNING, NULL);
	struct str rest = h ? h->value : STR("");
	uint64_t code = 0;

	return str_to_u64(str_cut(&rest, ' '), 999, &code) < 0
		? 0 : (unsigned)code;
}

static void write_log(const struct stox_exchange *x,
	const struct map_diagnostics *d, const struct map_diagnosis *known)
{
	char reason[300], source[200], hresult[120], type[200], peer[200],
		target[200], domain[200];

	log_event(x->node->log, STOX_LOG_WARN, "core", x->id, "diagnostics",
		"partner=%s status=%u id=%u reason=%s source=%s hresult=%s "
		"error-type=%s tls-target=%s peer-server=%s domain=%s "
		"means=\"%s\"",
		x->sip_domain->sip_domain, x->answer_status, d->id,
		log_text(d->reason, reason, sizeof(reason)),
		log_text(d->source, source, sizeof(source)),
		log_text(d->hresult, hresult, sizeof(hresult)),
		log_text(d->error_type, type, sizeof(type)),
		log_text(d->target, target, sizeof(target)),
		log_text(d->peer, peer, sizeof(peer)),
		log_text(d->domain, domain, sizeof(domain)),
		known ? known->admin : "an id that stox does not know");
}

static void take(struct stox_exchange *x, struct str item, bool *told)
{
	struct map_diagnostics d;
	const struct map_diagnosis *known;

	if (map_diagnostics_read(item, &d) < 0)
		return;
	known = map_diagnosis(d.id);
	write_log(x, &d, known);
	if (!known || *told || (!known->condition && !known->user))
		return;
	*told = true;
	if (known->condition)
		x->answer_condition = known->condition;
	if (known->user)
		x->answer_text = pool_printf(x->pool, "%s (%u, diagnostics "
			"%u).", known->user, x->answer_status, d.id);
}

static void take_all(struct stox_exchange *x, const char *name, bool *told,
	size_t *count)
{
	const struct sip_header *h = NULL;
	struct str list, item;

	while ((h = sip_message_header_named(x->answer_sip, name, h))) {
		list = h->value;
		while (*count < DIAGNOSTICS_MAX && sip_list_next(&list, &item)) {
			take(x, item, told);
			++*count;
		}
	}
}

void diagnostics_read(struct stox_exchange *x)
{
	const struct sip_dialect *d = x->sip_domain->partner.dialect;
	struct map_condition m = d->errors == SIP_ERRORS_LYNC
		? map_error_lync(x->answer_status, warning_of(x->answer_sip))
		: map_error_to_xmpp(x->answer_status);
	bool told = false;
	size_t count = 0;

	x->answer_condition = m.condition;
	x->answer_text = m.text;
	take_all(x, "ms-diagnostics", &told, &count);
	take_all(x, "ms-diagnostics-public", &told, &count);
}
