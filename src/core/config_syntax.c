/*
 * config_syntax.c: texts that mean something.
 */
#include "core/config_private.h"

#include <arpa/inet.h>

static bool all_of(struct str s, const char *set)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr(set, s.p[i]) || s.p[i] == '\0')
			return false;
	return s.len > 0;
}

/* The canonical form of an address literal; family AF_INET or AF_INET6. */
static bool address_literal(int family, struct str text, char *out, size_t size)
{
	char copy[INET6_ADDRSTRLEN];
	unsigned char bytes[16];

	if (text.len >= sizeof(copy) || memchr(text.p, '\0', text.len))
		return false;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	return inet_pton(family, copy, bytes) == 1 &&
	       inet_ntop(family, bytes, out, (socklen_t)size);
}

/* 192.0.2.300 and 1.2.3 are no names: the last label of a name has a letter. */
static bool looks_numeric(struct str host)
{
	size_t at = host.len;

	while (at > 0 && host.p[at - 1] != '.')
		at--;
	return all_of((struct str){host.p + at, host.len - at}, "0123456789");
}

static bool host_form(struct str host, char *out, size_t size)
{
	if (address_literal(AF_INET, host, out, size))
		return true;
	return host.len > 0 && !looks_numeric(host) &&
	       io_domain_to_ascii(host, out, size) == 0;
}

/* ---- "host:port" -------------------------------------------------------- */

static const char *split_address(
	struct str text, struct str *host, struct str *port, bool *brackets)
{
	ptrdiff_t end;

	*port = (struct str){NULL, 0};
	*brackets = text.len > 0 && text.p[0] == '[';
	if (*brackets) {
		end = str_find(text, ']');
		if (end < 0)
			return "the ] is missing";
		*host = (struct str){text.p + 1, (size_t)end - 1};
		text = (struct str){
			text.p + end + 1, text.len - (size_t)end - 1};
		if (text.len == 0)
			return NULL;
		if (text.p[0] != ':')
			return "only :port may follow the ]";
		*port = (struct str){text.p + 1, text.len - 1};
		return NULL;
	}
	*host = str_cut(&text, ':');
	*port = text;
	if (text.p && str_find(text, ':') >= 0)
		return "an IPv6 address stands in [ ]";
	return NULL;
}

/* Reason as for config_syntax_check(). */
static const char *parse_address(
	struct str text, char *host, size_t size, uint16_t *ret_port)
{
	struct str name, port_text;
	uint64_t port = 0;
	bool brackets;
	const char *why = split_address(text, &name, &port_text, &brackets);

	if (why)
		return why;
	if (port_text.p &&
		(str_to_u64(port_text, 65535, &port) < 0 || port == 0))
		return "the port is not one of 1 to 65535";
	if (brackets) {
		if (!address_literal(AF_INET6, name, host, size))
			return "this is no IPv6 address";
	} else if (str_is(name, "*") && size > 1) {
		memcpy(host, "*", 2);
	} else if (!host_form(name, host, size)) {
		return "this is no host name or address";
	}
	*ret_port = (uint16_t)port;
	return NULL;
}

int config_address(
	const char *text, char *host, size_t size, uint16_t *ret_port)
{
	return parse_address(str_from(text), host, size, ret_port)
		       ? -STOX_EINVAL
		       : 0;
}

static const char *address_text(
	struct pool *pool, const char *host, uint16_t port)
{
	bool brackets = strchr(host, ':');

	return port ? pool_printf(
			      pool, brackets ? "[%s]:%u" : "%s:%u", host, port)
		    : pool_printf(pool, brackets ? "[%s]" : "%s", host);
}

static const char *check_target(
	struct pool *pool, const char *text, const char **ret)
{
	char host[256];
	uint16_t port;
	const char *why =
		parse_address(str_from(text), host, sizeof(host), &port);

	if (why && (strstr(text, "//") ||
			   str_istarts(str_from(text), STR("sip:"))))
		return "a host has no scheme";
	if (!why && strcmp(host, "*") == 0)
		why = "* is no place to connect to";
	if (!why)
		*ret = address_text(pool, host, port);
	return why;
}

static const char *check_listen(
	struct pool *pool, const char *text, const char **ret)
{
	char host[256], address[INET6_ADDRSTRLEN];
	uint16_t port;
	const char *why =
		parse_address(str_from(text), host, sizeof(host), &port);

	if (why)
		return why;
	if (port == 0)
		return "the port is missing";
	if (strcmp(host, "*") != 0 && !strchr(host, ':') &&
		!address_literal(
			AF_INET, str_from(host), address, sizeof(address)))
		return "this is no address of this machine";
	*ret = address_text(pool, host, port);
	return NULL;
}

static const char *check_host(
	struct pool *pool, const char *text, const char **ret)
{
	char host[256];
	struct str name = str_from(text);

	if (address_literal(AF_INET6, name, host, sizeof(host)) ||
		host_form(name, host, sizeof(host))) {
		*ret = pool_strdup(pool, host);
		return NULL;
	}
	return strchr(text, ':') ? "the port has a field of its own" : "";
}

static const char *check_fqdn(
	struct pool *pool, const char *text, const char **ret)
{
	char host[256];
	struct str name = str_from(text);

	if (looks_numeric(name) || strchr(text, ':'))
		return "certificates carry names, not addresses or ports";
	if (!host_form(name, host, sizeof(host)))
		return "";
	if (!strchr(host, '.'))
		return "its domain is missing";
	*ret = pool_strdup(pool, host);
	return NULL;
}

static const char *check_server(
	struct pool *pool, const char *text, const char **ret)
{
	struct str rest = str_from(text), host = str_cut(&rest, '@');
	char address[INET6_ADDRSTRLEN];
	uint64_t port = 53;

	if (rest.p && (str_to_u64(rest, 65535, &port) < 0 || port == 0))
		return "the port is not one of 1 to 65535";
	if (!address_literal(AF_INET, host, address, sizeof(address)) &&
		!address_literal(AF_INET6, host, address, sizeof(address)))
		return "a name server is given by its address";
	*ret = rest.p ? pool_printf(pool, "%s@%u", address, (unsigned)port)
		      : pool_strdup(pool, address);
	return NULL;
}

static const char *check_domain(
	struct pool *pool, const char *text, const char **ret)
{
	char canonical[1024], ascii[256];
	struct str name = str_from(text);
	ptrdiff_t len;

	if (strchr(text, '@') || strchr(text, '/'))
		return "the domain stands alone";
	len = jid_prepare_domain(name, canonical, sizeof(canonical));
	if (len <= 0)
		return "";
	if (canonical[0] != '[' &&
		io_domain_to_ascii((struct str){canonical, (size_t)len}, ascii,
			sizeof(ascii)) < 0)
		return "";
	*ret = pool_strndup(pool, canonical, (size_t)len);
	return NULL;
}

static const char *check_user(
	struct pool *pool, const char *text, const char **ret)
{
	char canonical[1024];
	ptrdiff_t len;

	if (strchr(text, '@'))
		return "the part before the @ stands alone";
	len = jid_prepare_local(str_from(text), canonical, sizeof(canonical));
	if (len <= 0)
		return "";
	*ret = pool_strndup(pool, canonical, (size_t)len);
	return NULL;
}

static const char *keep(
	struct pool *pool, bool good, const char *text, const char **ret)
{
	if (!good)
		return "";
	*ret = pool_strdup(pool, text);
	return NULL;
}

#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* RFC 3986, 3 and 2: a scheme, something behind it, only characters of URIs. */
static bool is_uri(struct str s)
{
	struct str rest = s, scheme = str_cut(&rest, ':');
	const char *letters = SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return rest.p && rest.len > 0 && scheme.len > 0 &&
	       strchr(letters, scheme.p[0]) &&
	       all_of(scheme, SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS "+-.") &&
	       all_of(rest, SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS
		       "-._~:/?#[]@!$&'()*+,;=%");
}

const char *config_syntax_check(struct pool *pool, enum config_syntax syntax,
	const char *file, const char *text, const char **ret_text)
{
	struct str s = str_from(text);

	switch (syntax) {
	case CONFIG_ANY:
	case CONFIG_TABLE:
		return keep(pool, true, text, ret_text);
	case CONFIG_SECRET:
		return keep(pool, s.len > 0, text, ret_text);
	case CONFIG_PATH:
		return keep(pool, s.len > 0, config_path(pool, file, text),
			ret_text);
	case CONFIG_FQDN:
		return check_fqdn(pool, text, ret_text);
	case CONFIG_HOST:
		return check_host(pool, text, ret_text);
	case CONFIG_TARGET:
		return check_target(pool, text, ret_text);
	case CONFIG_LISTEN:
		return check_listen(pool, text, ret_text);
	case CONFIG_DOMAIN:
		return check_domain(pool, text, ret_text);
	case CONFIG_SERVER:
		return check_server(pool, text, ret_text);
	case CONFIG_USER:
		return check_user(pool, text, ret_text);
	case CONFIG_NODE:
		return keep(pool, s.len <= 8 && all_of(s, SMALL DIGITS), text,
			ret_text);
	case CONFIG_URI:
		return keep(pool, is_uri(s), text, ret_text);
	case CONFIG_FILE_NAME:
		return keep(pool,
			s.len > 0 && s.p[0] != '.' && !strchr(text, '/'), text,
			ret_text);
	case CONFIG_PLUGIN:
		return keep(pool, s.len <= 32 && all_of(s, SMALL DIGITS "_"),
			text, ret_text);
	}
	return "";
}
