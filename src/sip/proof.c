/*
 * proof.c: does the other end of a connection prove to be a partner?
 *
 * Ruling 3: the configured host name; by dialect the SRV target under the
 * same-domain rule; else the domain, RFC 5922, 7.  Names come from the
 * certificate's subjectAltName only.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sip/peer.h"

bool sip_proof_same_domain(struct str target, struct str domain)
{
	struct str rest;
	size_t label;

	if (str_ieq(target, domain))
		return true;
	if (target.len < domain.len + 2)
		return false;
	label = target.len - domain.len - 1;
	rest = (struct str){ target.p + label + 1, domain.len };
	return target.p[label] == '.' && str_ieq(rest, domain) &&
		str_find((struct str){ target.p, label }, '.') < 0;
}

bool sip_proof_is_literal(const char *host)
{
	struct str s = str_from(host);

	if (str_find(s, ':') >= 0)
		return true;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != '.' && (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	return s.len > 0;
}

static bool has_dns(const struct io_identity *id, struct str host)
{
	for (const char **n = id->dns; n && *n; n++)
		if (str_iis(host, *n))
			return true;
	return false;
}

/* A host that the administrator wrote down may be named by dNSName even when
 * the certificate has SIP URIs too. */
bool sip_proof_names_server(const struct io_identity *id,
	const struct sip_partner *partner)
{
	struct str domain = str_from(partner->name);
	char host[256];
	uint16_t port;

	for (size_t i = 0; partner->front_ends[i]; i++) {
		if (!sip_locate_parse(partner->front_ends[i], 1, host,
			    sizeof host, &port))
			continue;
		if (sip_proof_is_literal(host)) {
			if (io_identity_names_sip(id, domain))
				return true;
			continue;
		}
		if (has_dns(id, str_from(host)) ||
			io_identity_names_sip(id, str_from(host)))
			return true;
	}
	return false;
}

/* Are we connected to a host, or called by one, that SRV names?  The caller of
 * an inbound connection may be any target. */
static enum sip_proof names_srv_target(const struct io_identity *id,
	const struct sip_connection *c, const struct sip_peer *p)
{
	struct str domain = str_from(p->partner->name);

	if (c->outbound && c->opened_for == p)
		return sip_proof_same_domain(str_from(c->host), domain) &&
				has_dns(id, str_from(c->host))
			? SIP_PROOF_YES : SIP_PROOF_NO;
	for (const char **n = id->dns; n && *n; n++) {
		if (!sip_proof_same_domain(str_from(*n), domain))
			continue;
		if (!sip_locate_ready(p))
			return SIP_PROOF_ASK;
		for (size_t i = 0; i < p->target_count; i++)
			if (str_iis(str_from(*n), p->targets[p->order[i]].host))
				return SIP_PROOF_YES;
	}
	return SIP_PROOF_NO;
}

static enum sip_proof by_certificate(const struct io_identity *id,
	const struct sip_connection *c, const struct sip_peer *p)
{
	const struct sip_partner *partner = p->partner;

	if (sip_locate_is_fixed(p))
		return sip_proof_names_server(id, partner)
			? SIP_PROOF_YES : SIP_PROOF_NO;
	if (io_identity_names_sip(id, str_from(partner->name)))
		return SIP_PROOF_YES;
	if (sip_peer_dialect(p)->srv_target)
		return names_srv_target(id, c, p);
	return SIP_PROOF_NO;
}

/* Without TLS the address must do: of the host we called, or one that the
 * administrator wrote down. */
static bool by_address(const struct sip_connection *c, const struct sip_peer *p)
{
	const char *address = io_stream_peer_address(c->stream);
	char host[256];
	uint16_t port;

	if (c->outbound)
		return c->opened_for == p;
	if (!p->partner->front_ends)
		return false;
	for (size_t i = 0; p->partner->front_ends[i]; i++)
		if (sip_locate_parse(p->partner->front_ends[i], 1, host,
			    sizeof host, &port) &&
			address && str_iis(str_from(host), address))
			return true;
	return false;
}

/* "TLS1.2 …" as a version; what we do not know is new. */
static enum io_tls_version version_of(const char *tls)
{
	struct str s = str_from(tls);

	if (str_starts(s, STR("TLS1.0")))
		return IO_TLS_1_0;
	if (str_starts(s, STR("TLS1.1")))
		return IO_TLS_1_1;
	if (str_starts(s, STR("TLS1.2")))
		return IO_TLS_1_2;
	return IO_TLS_1_3;
}

static bool new_enough(const struct sip_connection *c, const struct sip_peer *p)
{
	enum io_tls_version min = p->partner->tls_min;

	if (min == IO_TLS_DEFAULT)
		min = IO_TLS_1_2;
	return version_of(io_stream_tls(c->stream)) >= min;
}

/* Public authorities issue certificates for servers alone nowadays: only where
 * the administrator says so. */
static bool may_call(const struct io_identity *id,
	const struct sip_connection *c, const struct sip_peer *p)
{
	char name[300];

	if (c->outbound || !p->partner->client_usage || id->client_usage)
		return true;
	log_event(c->sip->log, STOX_LOG_WARN, "sip", 0, "not-for-clients",
		"peer=%s partner=%s", sip_connection_name(c, name, sizeof name),
		p->name);
	return false;
}

enum sip_proof sip_proof(const struct sip_connection *c,
	const struct sip_peer *p)
{
	const struct io_identity *id;
	enum sip_proof proof;

	if (!p->partner || p->partner->transport != c->transport)
		return SIP_PROOF_NO;
	if (c->transport == SIP_TCP)
		return by_address(c, p) ? SIP_PROOF_YES : SIP_PROOF_NO;
	id = io_stream_identity(c->stream);
	if (!id || !id->present || !id->trusted || !new_enough(c, p))
		return SIP_PROOF_NO;
	proof = by_certificate(id, c, p);
	return proof == SIP_PROOF_YES && !may_call(id, c, p) ? SIP_PROOF_NO
							     : proof;
}

/* The names in a certificate, as many as fit a sentence. */
static void list_names(const struct io_identity *id, struct buf *out)
{
	unsigned count = 0;

	for (const char **n = id->dns; n && *n && count < 4; n++, count++)
		buf_printf(out, "%s%s", count ? ", " : "", *n);
	for (const char **n = id->uri; n && *n && count < 4; n++, count++)
		buf_printf(out, "%s%s", count ? ", " : "", *n);
	if (count == 0)
		buf_add_text(out, "no name");
}

void sip_proof_explain(const struct sip_connection *c, const struct sip_peer *p,
	char *out, size_t size)
{
	const struct io_identity *id = io_stream_identity(c->stream);
	bool fixed = sip_locate_is_fixed(p) && !sip_proof_is_literal(c->host);
	const char *expected = fixed ? c->host : p->partner->name;
	char name[300];
	struct buf text;

	buf_init(&text, size - 1, NULL);
	buf_printf(&text, "the SIP server %s must prove the name %s, but ",
		sip_connection_name(c, name, sizeof name), expected);
	if (!id || !id->present) {
		buf_add_text(&text, "showed no certificate");
	} else if (!id->trusted) {
		buf_printf(&text, "its certificate is not trusted: %s",
			id->why ? id->why : "no reason known");
	} else if (!new_enough(c, p)) {
		buf_printf(&text, "speaks only %s", io_stream_tls(c->stream));
	} else {
		buf_add_text(&text, "its certificate has ");
		list_names(id, &text);
	}
	snprintf(out, size, "%.*s", STR_FMT(buf_str(&text)));
	buf_free(&text);
}
