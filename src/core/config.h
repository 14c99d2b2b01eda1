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
#include "base/table.h"
#include "core/plugin.h"
#include "sip/sip.h"
#include "xmpp/xmpp.h"

/** Values of one option table in one scope, in table order. */
struct config_value {
	bool set;                    /* written, or the default exists */
	bool boolean;
	int64_t number;
	const char *string;          /* also of a word */
	const char *const *items;    /* lists, NULL-terminated; NULL: unset */
	const char *file;            /* where it stands, NULL: default */
	int line;
};

/** Where an option stands; file is NULL for a default. */
struct config_at {
	const char *file;
	int line;
};

struct config_gateway;

/** What was seen of a domain; counted on over reloads. */
struct config_counts {
	uint64_t from, to;           /* requests of its people, and to them */
	uint64_t refused;            /* of the former: ended by an error */
	uint64_t minute;             /* since the start, in which so many … */
	unsigned refused_now;        /* … were refused */
};
/** Whom of a domain the gateway serves; local parts in which * stands for
 *  anything.  NULL or NULL-terminated. */
struct config_users {
	const char *const *allow;    /* empty: everybody */
	const char *const *deny;     /* wins */
	const char *const *hidden;   /* presence and disco tell nothing */
};
/** A domain that lives on SIP: stox is its XMPP server (or component), or its
 *  users have their faces at a gateway. */
struct config_sip_domain {
	const char *domain;          /* canonical: U-labels, lower case */
	const char *sip_domain;      /* the same as A-labels */
	/* all names, canonical: the domain itself, then the additional ones;
	 * NULL-terminated.  partner.domains has the same order in A-labels */
	const char *const *domains;
	struct xmpp_local local;     /* how XMPP reaches the domain itself */
	struct sip_partner partner;  /* how stox reaches it */
	struct config_at certificate_at; /* partner.certificate */
	unsigned section;            /* index of its section */
	const char *gateway_name;    /* as written; NULL: under its own name */
	struct config_gateway *gateway; /* the same, found */
	struct config_users users;
	bool refuse_strangers;       /* nobody writes before one of its people */
	const char *description;     /* NULL: none */
	bool discovered;             /* stands for all that are in no section */
	bool provider;               /* stands for all behind some servers */
	bool limited;                /* XMPP has to write first */
	bool by_mark;                /* but not to those whom their server
	                              * marks as verified.  lync.md 1.7 */
	bool client_usage;           /* wants a certificate for clients too */
	struct config_counts *counts;
	/* by plugin index; an element is NULL when the plugin has no options */
	struct config_value *const *plugin_values;
};
/** A domain of ours whose users are escaped SIP addresses (XEP-0106):
 *  bob\40contoso.com@sip.example.org. */
struct config_gateway {
	/* the gateway as the other end of an exchange with its bare domain:
	 * names, how XMPP reaches it, options of plugins; no SIP partner */
	struct config_sip_domain self;
	bool used;                   /* some SipDomain names it */
};
/** What an outsider of a domain may do.  lync.md 1.5. */
enum config_partner {
	CONFIG_FEDERATED,
	CONFIG_PUBLIC_VERIFIED,
	CONFIG_PUBLIC_UNVERIFIED,
	CONFIG_BLOCKED,              /* partner.blocked is set too */
};
/** A domain that lives on XMPP: stox is its SIP server. */
struct config_xmpp_domain {
	const char *domain, *sip_domain;
	const char *const *domains;      /* as above */
	const char *const *sip_domains;  /* the same as A-labels */
	enum config_partner type;
	struct xmpp_partner partner;
	struct config_at certificate_at; /* partner.certificate */
	struct config_users users;       /* rules for its addresses */
	const char *description;         /* NULL: none */
	bool discovered;                 /* stands for all that are in no
	                                  * section; domains is empty */
	struct config_counts *counts;
	struct config_value *const *plugin_values; /* as above */
};

struct config {
	unsigned references;
	struct pool *pool;           /* all of it */
	const char *file;            /* as given to config_load() */
	/* core options; paths that were relative begin with the folder of the
	 * file that names them */
	const char *data;            /* folder of the database */
	const char *certificates;    /* folder, NULL: none */
	const char *trust;           /* PEM bundle, NULL: the system's */
	const char *crl;             /* PEM revocation lists, NULL: none */
	struct config_at certificates_at, trust_at, crl_at;
	const char *host;            /* our FQDN towards SIP */
	uint16_t sip_port;           /* advertised */
	const char *contact_tls, *contact_tcp; /* Contact with both */
	const char *control;         /* path of the control socket */
	const char *node;            /* node id: [a-z0-9]{1,8} */
	enum stox_level log_level;
	const char *const *dns_servers;
	const char *dns_trust_anchor;
	/* for config_address(): "*:5269", "[::1]:5061"; empty: no listener */
	const char *const *xmpp_listen;
	const char *const *xmpp_listen_tls;
	const char *const *sip_listen;
	const char *const *sip_listen_tcp;
	const char *const *plugin_path; /* searched before the built-in one */
	uint64_t limits[LIMIT_COUNT];
	/* domains */
	struct config_sip_domain *sip_domains;
	size_t sip_domain_count;
	struct config_xmpp_domain *xmpp_domains;
	size_t xmpp_domain_count;
	/* for domains in no section; NULL: they may not take part */
	struct config_xmpp_domain *discovered_xmpp;
	struct config_sip_domain *discovered_sip;
	struct config_sip_domain *providers; /* of domains in no section */
	size_t provider_count;
	struct config_gateway *gateways; /* in the order of the text */
	size_t gateway_count;
	struct table *by_domain_sip;  /* canonical domain -> config_sip_domain,
	                               * additional domains included */
	struct table *by_domain_xmpp; /* likewise -> config_xmpp_domain */
	struct table *by_domain_gateway; /* canonical -> config_gateway */
	struct table *by_ascii_sip;   /* A-label domain -> config_sip_domain */
	struct table *by_ascii_xmpp;
	/* the same in the shape that xmpp_configure() and sip_configure()
	 * take: every name of every SIP domain that has its own on XMPP, and of
	 * every gateway; the partner of every SIP domain */
	const struct xmpp_local *locals;
	size_t local_count;
	const struct sip_partner *const *sip_partners; /* sip_domain_count */
	const struct sip_partner *const *sip_providers; /* provider_count */
	/* plugins, in load order, NULL-terminated, with their global values */
	const struct stox_plugin *const *plugins;
	size_t plugin_count;
	const size_t *plugin_option_counts;
	struct config_value *const *plugin_values;
};

/**
 * Read @file.  Errors are collected (all of them, not just the first), one per
 * line in @errors as "file:line: what is wrong; expected …", in the order of
 * the text.
 *
 * @plugins   finds and loads what the file names (see plugin.h); must outlive
 *            the snapshot
 * @errors, @warnings  lines are appended; warnings do not stop it
 * Returns 0 with one reference in *@ret, or -STOX_EINVAL.
 */
int config_load(const char *file, struct plugins *plugins, struct config **ret,
	struct buf *errors, struct buf *warnings);
/** The same from memory; @name stands for the file in messages. */
int config_load_text(const char *name, struct str text, struct plugins *plugins,
	struct config **ret, struct buf *errors, struct buf *warnings);
struct config *config_ref(struct config *c);
/** Give a reference back; the last one frees.  *@c becomes NULL. */
void config_unref(struct config **c);

/**
 * The value in force of a plugin's option: the SIP domain's, else the XMPP
 * domain's, else the global one (which may be unset).
 *
 * @sip, @xmpp  the domains of the exchange, each may be NULL
 * @option      points into the option table of a plugin of @c
 * Returns NULL when no plugin of @c has that option; borrowed from @c.
 */
const struct config_value *config_plugin_value(const struct config *c,
	const struct config_sip_domain *sip,
	const struct config_xmpp_domain *xmpp,
	const struct stox_option *option);

/**
 * Take "host", "host:port", "*:port", "[address]" or "[address]:port" apart.
 * The host comes without brackets; domain names as A-labels in lower case.
 *
 * @host  gets the host; 256 bytes are enough
 * @ret_port  0 when there is none
 * Returns 0, or -STOX_EINVAL.
 */
int config_address(const char *text, char *host, size_t size,
	uint16_t *ret_port);

/** Append the reference of all options as troff (for stox.cfg.lua(5)): core's
 *  and, when given, those of @plugins (NULL-terminated). */
void config_manual(struct buf *out, const struct stox_plugin *const *plugins);

#endif
