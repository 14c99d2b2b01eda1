/*
 * config.h: from a Lua file to an immutable snapshot.
 *
 * Three steps: run the file in a sandbox into raw (section, name, value,
 * file:line); load the plugins it names; check every value against the option
 * tables of core and plugins.  A snapshot is counted: the node holds one, and
 * every exchange holds the one it began under.
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include "base/buf.h"
#include "base/pool.h"
#include "core/plugin.h"
#include "sip/sip.h"
#include "xmpp/xmpp.h"

/** Values of one option table in one scope, in table order. */
struct config_value {
	bool set;                    /* written, or the default exists */
	bool boolean;
	int64_t number;
	const char *string;          /* also of a word */
	const char *const *items;    /* lists, NULL-terminated */
	const char *file;            /* where it stands, NULL: default */
	int line;
};

/** A domain that lives on SIP: stox is its XMPP server (or component). */
struct config_sip_domain {
	const char *domain;          /* canonical: U-labels, lower case */
	const char *sip_domain;      /* the same as A-labels */
	struct xmpp_local local;     /* how XMPP reaches it */
	struct sip_partner partner;  /* how stox reaches it */
	struct config_value *const *plugin_values; /* by plugin index; an element
	                              * is NULL when the plugin has no options */
};
/** A domain that lives on XMPP: stox is its SIP server. */
struct config_xmpp_domain {
	const char *domain, *sip_domain;
	struct xmpp_partner partner;
};

struct config {
	unsigned references;
	struct pool *pool;           /* all of it */
	const char *file;
	/* core options */
	const char *data;            /* folder of the database */
	const char *certificates;    /* folder, NULL: none */
	const char *trust;           /* PEM bundle, NULL: the system's */
	const char *host;            /* our FQDN towards SIP */
	uint16_t sip_port;           /* advertised */
	const char *control;         /* path of the control socket */
	const char *node;            /* node id: [a-z0-9]{1,8} */
	enum stox_level log_level;
	const char *const *dns_servers;
	const char *dns_trust_anchor;
	const char *const *xmpp_listen; /* "address:port"; empty list: no listener */
	const char *const *sip_listen;
	const char *const *sip_listen_tcp;
	const char *const *plugin_path; /* folders searched before the built-in one */
	uint64_t limits[LIMIT_COUNT];
	/* domains */
	struct config_sip_domain *sip_domains;
	size_t sip_domain_count;
	struct config_xmpp_domain *xmpp_domains;
	size_t xmpp_domain_count;
	struct table *by_domain_sip;  /* canonical domain -> config_sip_domain, additional domains included */
	struct table *by_domain_xmpp; /* canonical domain -> config_xmpp_domain, likewise */
	struct table *by_ascii_sip;   /* A-label domain -> config_sip_domain */
	struct table *by_ascii_xmpp;
	/* plugins, in load order, with their global values */
	const struct stox_plugin *const *plugins;
	size_t plugin_count;
	struct config_value *const *plugin_values;
};

/**
 * Read @file.  Errors are collected (all of them, not just the first), one per line in @errors as
 * "file:line: what is wrong; what was expected".
 * @plugins finds and loads what the file names (see plugin.h).
 * Returns one reference in *@ret, or -STOX_EINVAL.
 * @warnings gets lines that do not stop it (same shape).
 */
int config_load(const char *file, struct plugins *plugins, struct config **ret,
	struct buf *errors, struct buf *warnings);
/** The same from memory; @name stands for the file in messages. */
int config_load_text(const char *name, struct str text, struct plugins *plugins,
	struct config **ret, struct buf *errors, struct buf *warnings);
struct config *config_ref(struct config *c);
void config_unref(struct config **c);

/** Append the reference of all options as troff (for stoxd.cfg.lua(5)): core's and,
 *  when given, those of plugins. */
void config_manual(struct buf *out, const struct stox_plugin *const *plugins);

#endif
