/*
 * config_table.c: the options that core has.  The manual page is made from
 * this: help is whole sentences.
 */
#include "core/config_private.h"

static const char *const level_words[] = { "error", "warn", "info", "debug",
	NULL };
static const char *const discover_words[] = { "off", "limited", "on", NULL };
static const char *const dialect_words[] = { "simple", "lync", NULL };
static const char *const verification_words[] = { "always", "source", "never",
	NULL };
static const char *const transport_words[] = { "tls", "tcp", NULL };
static const char *const tls_words[] = { "1.0", "1.1", "1.2", "1.3", NULL };
static const char *const policy_words[] = { "required", "optional", "off",
	NULL };
static const char *const partner_words[] = { "federated", "public_verified",
	"public_unverified", "blocked", NULL };

/* One row: ROW(INDEX, "name", TYPE, syntax, "help", further fields) */
#define ROW(index, word, kind, how, text, ...) \
	[index] = { .option = { .name = word, .type = kind, .help = text, \
			    __VA_ARGS__ }, \
		.syntax = how }

/* A choice of the dialect: unset means what the dialect says. */
#define CHOICE_BOOL STOX_BOOL
#define CHOICE_WORD STOX_WORD
#define CHOICE_INT STOX_INT
#define CHOICE_MAX_BOOL 0
#define CHOICE_MAX_WORD 0
#define CHOICE_MAX_INT SIP_CONNECTIONS_MAX
#define CHOICE(id, field, word, kind, list, simple, lync, rfc, sure, where, \
	text) \
	ROW(SIP_OPTION_CHOICES + SIP_CHOICE_##id, word, CHOICE_##kind, \
		CONFIG_ANY, text " Without it the dialect says.", \
		.words = list, .min = CHOICE_MAX_##kind ? 1 : 0, \
		.max = CHOICE_MAX_##kind),

const struct config_option config_global_options[] = {
	ROW(GLOBAL_DATA, "data", STOX_STRING, CONFIG_PATH,
		"Folder of the database. It must exist and belong to the "
		"daemon alone.",
		.value = "/var/lib/stox"),
	ROW(GLOBAL_CERTIFICATES, "certificates", STOX_STRING, CONFIG_PATH,
		"Folder of certificates and keys. The certificate for NAME is "
		"NAME.crt with NAME.key, or NAME/fullchain.pem with "
		"NAME/privkey.pem. A key that others can read is refused.", ),
	ROW(GLOBAL_TRUST, "trust", STOX_STRING, CONFIG_PATH,
		"File with the certificates of trusted authorities (PEM). "
		"Without it the system's are used.", ),
	ROW(GLOBAL_CRL, "crl", STOX_STRING, CONFIG_PATH,
		"File with certificate revocation lists (PEM). Certificates of "
		"peers that stand in them are refused. It is read again with "
		"the configuration; keep it fresh.", ),
	ROW(GLOBAL_HOST, "host", STOX_STRING, CONFIG_FQDN,
		"Fully qualified name of this host, as SIP peers know it: it "
		"stands in Via and Contact and selects the certificate shown "
		"to them. Without it the system's host name is taken when it "
		"is fully qualified.", ),
	ROW(GLOBAL_SIP_PORT, "sip_port", STOX_INT, CONFIG_ANY,
		"Port that SIP peers are told to connect to.",
		.value = "5061", .min = 1, .max = 65535),
	ROW(GLOBAL_CONTROL, "control", STOX_STRING, CONFIG_PATH,
		"Path of the control socket for stoxctl(1).",
		.value = "/run/stox/control"),
	ROW(GLOBAL_NODE, "node", STOX_STRING, CONFIG_NODE,
		"Short name of this daemon; the ids that it makes begin with "
		"it. Daemons that share addresses need different ones.",
		.value = "a"),
	ROW(GLOBAL_LOG_LEVEL, "log_level", STOX_WORD, CONFIG_ANY,
		"The least urgent lines that are logged.",
		.value = "info", .words = level_words),
	ROW(GLOBAL_DNS_SERVERS, "dns_servers", STOX_STRINGS, CONFIG_SERVER,
		"Name servers, each an address or address@port. Without it "
		"those of the system are asked.", ),
	ROW(GLOBAL_DNS_TRUST_ANCHOR, "dns_trust_anchor", STOX_STRING,
		CONFIG_PATH,
		"File with the DNSSEC trust anchor. Without it that of the "
		"system is used when there is one.", ),
	ROW(GLOBAL_XMPP_LISTEN, "xmpp_listen", STOX_STRINGS, CONFIG_LISTEN,
		"Where XMPP servers may connect. Without it \"*:5269\" when "
		"some SipDomain or Gateway is reached by them, and nowhere when "
		"all are components.", ),
	ROW(GLOBAL_XMPP_LISTEN_TLS, "xmpp_listen_tls", STOX_STRINGS,
		CONFIG_LISTEN,
		"Where XMPP servers may connect with TLS from the first byte "
		"(XEP-0368). Without it \"*:5270\" where xmpp_listen has its "
		"default, and nowhere otherwise. Servers come here when the "
		"DNS has an SRV record for _xmpps-server._tcp. See DIRECT "
		"TLS.", ),
	ROW(GLOBAL_SIP_LISTEN, "sip_listen", STOX_STRINGS, CONFIG_LISTEN,
		"Where SIP peers may connect over TLS.",
		.value = "*:5061"),
	ROW(GLOBAL_SIP_LISTEN_TCP, "sip_listen_tcp", STOX_STRINGS,
		CONFIG_LISTEN,
		"Where SIP peers may connect without TLS. Only a SipDomain "
		"with transport = \"tcp\" is served there, known by the "
		"address of its front end.",
		.value = ""),
	ROW(GLOBAL_PLUGINS, "plugins", STOX_STRINGS, CONFIG_PLUGIN,
		"The plugins to load; their order decides between hooks of "
		"the same rank.",
		.value = "message, disco, ping, version, time, last, "
			"contact, vcard, gateway, presence"),
	ROW(GLOBAL_PLUGIN_PATH, "plugin_path", STOX_STRINGS, CONFIG_PATH,
		"Folders that are searched for plugins before the one that "
		"comes with stox.",
		.value = ""),
	ROW(GLOBAL_DISCOVER_XMPP, "discover_xmpp", STOX_WORD, CONFIG_ANY,
		"Whether XMPP domains that stand in no section may take part. "
		"\"on\": as public_verified partners; \"limited\": as "
		"public_unverified ones. Their streams are encrypted, and the "
		"limits that begin with discovered_ hold for them.",
		.value = "off", .words = discover_words),
	ROW(GLOBAL_DISCOVER_SIP, "discover_sip", STOX_WORD, CONFIG_ANY,
		"The same for SIP domains. They are found by SRV records "
		"(_sips._tcp, _sipfederationtls._tcp), reached by TLS, and "
		"their certificate must name the domain. Their people have "
		"their addresses at the first Gateway section, which has to be "
		"there: bob\\40contoso.com@sip.example.org. With \"on\" here "
		"and for discover_xmpp strangers may write to strangers; where "
		"both are \"limited\" they may not.",
		.value = "off", .words = discover_words),
	ROW(GLOBAL_DISCOVER_SIP_DIALECT, "discover_sip_dialect", STOX_WORD,
		CONFIG_ANY,
		"The dialect of SIP domains that discover_sip lets in. With "
		"\"lync\" their servers may prove themselves by the host that "
		"an SRV record names, when it stands directly in the domain.",
		.value = "simple", .words = dialect_words),
	ROW(GLOBAL_LIMITS, "limits", STOX_STRINGS, CONFIG_TABLE,
		"Other numbers for limits, by their name as \"stoxctl limits\" "
		"shows it: limits = { exchange_x2s = 32 }.", ),
	[GLOBAL_COUNT] = { .option = { .name = NULL } },
};

const struct config_option config_sip_options[] = {
	ROW(SIP_OPTION_FRONT_END, "front_end", STOX_STRINGS, CONFIG_TARGET,
		"The servers of the domain, in order of preference, each "
		"\"host\" or \"host:port\" (5061). Their certificate must "
		"carry the host. Without it they are found by SRV records.", ),
	ROW(SIP_OPTION_DIALECT, "dialect", STOX_WORD, CONFIG_ANY,
		"What kind of SIP the servers speak: \"lync\" for Lync and "
		"Skype for Business, \"simple\" for SIP/SIMPLE by the "
		"standards. The options sip_... change single choices of it; "
		"\"stoxctl dialect\" prints them.",
		.value = "simple", .words = dialect_words),
	ROW(SIP_OPTION_TRANSPORT, "transport", STOX_WORD, CONFIG_ANY,
		"How the servers are reached. With \"tcp\" nothing is "
		"encrypted and peers are known by their address only.",
		.value = "tls", .words = transport_words),
	ROW(SIP_OPTION_TLS_MIN, "tls_min", STOX_WORD, CONFIG_ANY,
		"Oldest version of TLS to accept. Versions before 1.2 are not "
		"secure any more.",
		.value = "1.2", .words = tls_words),
	ROW(SIP_OPTION_TRUSTED, "trusted", STOX_BOOL, CONFIG_ANY,
		"Whether identities that the servers assert "
		"(P-Asserted-Identity) are believed.",
		.value = "false"),
	ROW(SIP_OPTION_BLOCKED, "blocked", STOX_BOOL, CONFIG_ANY,
		"Whether everything from and to the domain is refused.",
		.value = "false"),
	ROW(SIP_OPTION_KEEPALIVE, "keepalive", STOX_BOOL, CONFIG_ANY,
		"Whether idle connections to the servers are kept alive.",
		.value = "true"),
	ROW(SIP_OPTION_ADDITIONAL_DOMAINS, "additional_domains", STOX_STRINGS,
		CONFIG_DOMAIN,
		"Further domains behind the same servers. All options of the "
		"section hold for them too.", ),
	ROW(SIP_OPTION_CERTIFICATE, "certificate", STOX_STRING,
		CONFIG_FILE_NAME,
		"Name of the certificate to show to the servers. Without it "
		"that of the host.", ),
	ROW(SIP_OPTION_COMPONENT, "component", STOX_STRINGS, CONFIG_TABLE,
		"Connect to an XMPP server as a component (XEP-0114) instead "
		"of being an XMPP server for the domain. The fields are "
		"below.", ),
	ROW(SIP_OPTION_GATEWAY, "gateway", STOX_STRING, CONFIG_DOMAIN,
		"The Gateway at which people of the domain are found on XMPP, "
		"as user\\40domain@gateway, instead of under their own "
		"domain.", ),
	ROW(SIP_OPTION_DESCRIPTION, "description", STOX_STRING, CONFIG_ANY,
		"A note for the operator; \"stoxctl partners\" shows it.", ),
	ROW(SIP_OPTION_USERS_ALLOW, "users_allow", STOX_STRINGS, CONFIG_USER,
		"The users of the domain who may take part: the part of their "
		"address before the @, in which * stands for anything. Without "
		"it all may.", ),
	ROW(SIP_OPTION_USERS_DENY, "users_deny", STOX_STRINGS, CONFIG_USER,
		"Users who may not take part, whatever users_allow says.", ),
	ROW(SIP_OPTION_USERS_HIDDEN, "users_hidden", STOX_STRINGS, CONFIG_USER,
		"Users whose presence nobody on the other side may see.", ),
	ROW(SIP_OPTION_REFUSE_STRANGERS, "refuse_strangers", STOX_BOOL,
		CONFIG_ANY,
		"Whether people on XMPP may write to a user of the domain, or "
		"add it, only after that user has written to them or added "
		"them, whatever their partner type.",
		.value = "false"),
	ROW(SIP_OPTION_VERIFICATION, "verification", STOX_WORD, CONFIG_ANY,
		"How far the servers are believed about who their people are. "
		"\"always\": they may write to people on XMPP unasked; "
		"\"source\": only those whom the server marks as verified "
		"(ms-asserted-verification-level, ms-edge-proxy-message-trust) "
		"may, the others after somebody on XMPP has written to them or "
		"added them; \"never\": all only after that.",
		.value = "always", .words = verification_words),
	ROW(SIP_OPTION_CLIENT_USAGE, "client_usage", STOX_BOOL, CONFIG_ANY,
		"Whether the servers take our certificate only when its "
		"extended key usage allows clients too, as AOL's did. When it "
		"does not, loading the configuration warns of it.",
		.value = "false"),
	ROW(SIP_OPTION_PEER_CLIENT_USAGE, "peer_client_usage", STOX_BOOL,
		CONFIG_ANY,
		"Whether a server of the partner that connects to stox proves "
		"itself only by a certificate whose extended key usage allows "
		"clients. Without it one for servers will do, as public "
		"authorities issue them; the log says not-for-clients when one "
		"is refused.",
		.value = "false"),
	SIP_DIALECT_TABLE(CHOICE)
	[SIP_OPTION_COUNT] = { .option = { .name = NULL } },
};

const struct config_option config_gateway_options[] = {
	ROW(GATEWAY_OPTION_COMPONENT, "component", STOX_STRINGS, CONFIG_TABLE,
		"Connect to an XMPP server as a component (XEP-0114) instead "
		"of being an XMPP server for the gateway. The fields are "
		"below.", ),
	[GATEWAY_OPTION_COUNT] = { .option = { .name = NULL } },
};

const struct config_option config_component_options[] = {
	ROW(COMPONENT_HOST, "host", STOX_STRING, CONFIG_HOST,
		"Name or address of the XMPP server. The connection is not "
		"encrypted: let it be this machine. Domains with the same host "
		"and port are components of one server, which may send what is "
		"for one of them over the connection of another.",
		.value = "127.0.0.1"),
	ROW(COMPONENT_PORT, "port", STOX_INT, CONFIG_ANY,
		"Its port for components.",
		.value = "5347", .min = 1, .max = 65535),
	ROW(COMPONENT_SECRET, "secret", STOX_STRING, CONFIG_SECRET,
		"The secret shared with the XMPP server.", ),
	ROW(COMPONENT_SECRET_FILE, "secret_file", STOX_STRING, CONFIG_PATH,
		"File with the secret in its first line, instead of secret. "
		"Others must not be able to read it.", ),
	[COMPONENT_COUNT] = { .option = { .name = NULL } },
};

const struct config_option config_xmpp_options[] = {
	ROW(XMPP_OPTION_PARTNER, "partner", STOX_WORD, CONFIG_ANY,
		"What people of the domain may do. \"federated\": see "
		"presence and write unasked; \"public_verified\": the same, "
		"without status notes; \"public_unverified\": only those whom "
		"a SIP user has added; \"blocked\": nothing at all.",
		.value = "federated", .words = partner_words),
	ROW(XMPP_OPTION_TLS, "tls", STOX_WORD, CONFIG_ANY,
		"Whether streams are encrypted (STARTTLS).",
		.value = "required", .words = policy_words),
	ROW(XMPP_OPTION_SASL, "sasl", STOX_WORD, CONFIG_ANY,
		"Whether certificates prove the servers (SASL EXTERNAL).",
		.value = "optional", .words = policy_words),
	ROW(XMPP_OPTION_DIALBACK, "dialback", STOX_BOOL, CONFIG_ANY,
		"Whether DNS may prove them instead (XEP-0220).",
		.value = "true"),
	ROW(XMPP_OPTION_DANE, "dane", STOX_BOOL, CONFIG_ANY,
		"Whether TLSA records that DNSSEC vouches for (RFC 7673) say "
		"which certificates are the servers' own: one that matches "
		"proves them although no authority is trusted for it, and "
		"where there are such records no other certificate does. It "
		"needs a DNSSEC trust anchor, and has no meaning with proxy.",
		.value = "true"),
	ROW(XMPP_OPTION_CERTIFICATE, "certificate", STOX_STRING,
		CONFIG_FILE_NAME,
		"Name of the certificate to show to the servers. Without it "
		"that of the domain that we speak for. Has no effect on direct "
		"TLS that the servers begin.", ),
	ROW(XMPP_OPTION_TLS_MIN, "tls_min", STOX_WORD, CONFIG_ANY,
		"Oldest version of TLS to accept. Versions before 1.2 are not "
		"secure any more. Has no effect on direct TLS that the servers "
		"begin, which is 1.2 at least.",
		.value = "1.2", .words = tls_words),
	ROW(XMPP_OPTION_PROXY, "proxy", STOX_STRING, CONFIG_TARGET,
		"Server to connect to, \"host\" or \"host:port\" (5269), "
		"instead of those that SRV records name.", ),
	ROW(XMPP_OPTION_CONNECTION_LIMIT, "connection_limit", STOX_INT,
		CONFIG_ANY,
		"Streams that the domain may have at a time. Without it the "
		"limit xmpp_streams_partner.",
		.min = 1, .max = 10000),
	ROW(XMPP_OPTION_KEEPALIVE, "keepalive", STOX_BOOL, CONFIG_ANY,
		"Whether idle streams are kept alive: with white space each "
		"xmpp_keepalive seconds, sooner where the partner's server "
		"waits less long (XEP-0478), and with a ping when it was "
		"silent for xmpp_ping seconds. Streams without stanzas are "
		"closed after xmpp_idle seconds all the same.",
		.value = "true"),
	ROW(XMPP_OPTION_LEGACY_SRV, "legacy_srv", STOX_BOOL, CONFIG_ANY,
		"Whether the old SRV records _jabber._tcp are asked for when "
		"there are no others.",
		.value = "false"),
	ROW(XMPP_OPTION_BIDI, "bidi", STOX_BOOL, CONFIG_ANY,
		"Whether one stream may carry stanzas in both directions, "
		"where the partner's server can do that (XEP-0288).",
		.value = "true"),
	ROW(XMPP_OPTION_RESUME, "resume", STOX_BOOL, CONFIG_ANY,
		"Whether stanzas are acknowledged and broken streams resumed, "
		"where the partner's server can do that (XEP-0198).",
		.value = "true"),
	ROW(XMPP_OPTION_ADDITIONAL_DOMAINS, "additional_domains", STOX_STRINGS,
		CONFIG_DOMAIN,
		"Further domains of the same partner. All options of the "
		"section hold for them too.", ),
	ROW(XMPP_OPTION_DESCRIPTION, "description", STOX_STRING, CONFIG_ANY,
		"A note for the operator; \"stoxctl partners\" shows it.", ),
	ROW(XMPP_OPTION_USERS_ALLOW, "users_allow", STOX_STRINGS, CONFIG_USER,
		"The users of the domain who may take part: the part of their "
		"address before the @, in which * stands for anything. Without "
		"it all may.", ),
	ROW(XMPP_OPTION_USERS_DENY, "users_deny", STOX_STRINGS, CONFIG_USER,
		"Users who may not take part, whatever users_allow says.", ),
	ROW(XMPP_OPTION_USERS_HIDDEN, "users_hidden", STOX_STRINGS, CONFIG_USER,
		"Users whose presence nobody on the other side may see.", ),
	[XMPP_OPTION_COUNT] = { .option = { .name = NULL } },
};

const struct config_option *config_options(enum config_section_type type)
{
	switch (type) {
	case CONFIG_SECTION_GLOBAL:
		return config_global_options;
	case CONFIG_SECTION_SIP:
	case CONFIG_SECTION_PROVIDER:
		return config_sip_options;
	case CONFIG_SECTION_XMPP:
		return config_xmpp_options;
	case CONFIG_SECTION_GATEWAY:
		return config_gateway_options;
	case CONFIG_SECTION_OTHER:
		break;
	}
	return NULL;
}

int config_option_find(const struct config_option *table, const char *name)
{
	for (int i = 0; table[i].option.name; i++)
		if (strcmp(table[i].option.name, name) == 0)
			return i;
	return -1;
}
