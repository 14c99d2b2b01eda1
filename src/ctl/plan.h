/*
 * plan.h: what a configuration asks of the world around stox, as text that can
 * be pasted: certificates, ports for the firewall, DNS records, PowerShell for
 * Lync, settings of Prosody and ejabberd.  One door for `stoxctl plan`, which
 * asks a running node, and for `stoxd --plan`, which reads a file.
 */
#ifndef CTL_PLAN_H
#define CTL_PLAN_H

#include "core/config.h"
#include "io/io.h"

struct plan {
	const struct config *config;
	/* ours, to tell what is missing in them; NULL: none could be read */
	const struct io_credentials *credentials;
	uint64_t now_s;              /* seconds since 1970 */
};

/** What plan_write() takes, for messages: "certificates, ports, …". */
extern const char plan_sections[];
/** Append the section @name, or with "" all of them.
 *  Returns 0, or -STOX_EINVAL when there is no such section. */
int plan_write(const struct plan *p, struct str name, struct buf *out);

#endif
