#include "stoxctl/show.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static long long number(const json_t *o, const char *key)
{
	return (long long)json_integer_value(json_object_get(o, key));
}

void show_done(const json_t *answer)
{
	(void)answer;
	printf("done\n");
}

static void show_duration(long long s)
{
	if (s >= 86400)
		printf("%lld d %lld h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		printf("%lld h %lld min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		printf("%lld min %lld s", s / 60, s % 60);
	else
		printf("%lld s", s);
}

void show_status(const json_t *answer)
{
	const json_t *x = json_object_get(answer, "exchanges");
	const json_t *st = json_object_get(answer, "store");
	const json_t *se = json_object_get(answer, "sessions");
	size_t i;
	json_t *d;

	printf("stoxd %s, node %s, up ", text(answer, "version"),
		text(answer, "node"));
	show_duration(number(answer, "uptime_s"));
	printf("\nconfiguration  %s\n", text(answer, "config"));
	printf("memory         %lld of %lld KiB\n",
		number(answer, "memory_bytes") / 1024,
		number(answer, "memory_limit_bytes") / 1024);
	printf("exchanges      %lld under way; %lld from XMPP, %lld from SIP: "
	       "%lld crossed, %lld answered, %lld refused, %lld timed out\n",
		number(x, "under_way"), number(x, "from_xmpp"),
		number(x, "from_sip"), number(x, "crossed"),
		number(x, "answered"), number(x, "refused"),
		number(x, "timed_out"));
	printf("sessions       %lld in memory; of presence, %lld send to SIP, "
	       "%lld wait for their turn\n", number(se, "in_memory"),
		number(se, "sending"), number(se, "waiting"));
	printf("store          schema %lld, %lld commits, %lld failures, "
	       "%lld jobs waiting, %lld KiB\n",
		number(st, "schema"), number(st, "commits"),
		number(st, "failures"), number(st, "queued"),
		number(st, "bytes") / 1024);
	json_array_foreach (json_object_get(answer, "domains"), i, d)
		printf("domain         %s lives on %s%s%s%s\n", text(d, "domain"),
			text(d, "lives_on"),
			*text(d, "reached_as") ? ", reached as " : "",
			text(d, "reached_as"),
			json_is_true(json_object_get(d, "blocked")) ? ", blocked"
								    : "");
}

void show_hooks(const json_t *answer)
{
	const char *phase = "";
	size_t i;
	json_t *h;

	json_array_foreach (json_object_get(answer, "hooks"), i, h) {
		if (strcmp(phase, text(h, "phase")) != 0)
			printf("%s%s\n", *phase ? "\n" : "", text(h, "phase"));
		phase = text(h, "phase");
		printf("  %6lld  %-12s from %-4s  %s", number(h, "order"),
			text(h, "plugin"), text(h, "from"),
			*text(h, "name") ? text(h, "name") : "anything");
		if (*text(h, "type"))
			printf(" type=%s", text(h, "type"));
		if (*text(h, "ns"))
			printf(" {%s}", text(h, "ns"));
		printf("\n");
	}
}

void show_streams(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "streams");
	size_t i;
	json_t *s;

	if (json_array_size(list) == 0)
		printf("none\n");
	json_array_foreach (list, i, s) {
		printf("%-4s %-9s %s%s%s  %s", text(s, "side"),
			text(s, "direction"), text(s, "local"),
			*text(s, "local") ? " - " : "",
			*text(s, "remote") ? text(s, "remote") : "?",
			text(s, "state"));
		if (*text(s, "auth"))
			printf("  %s", text(s, "auth"));
		if (*text(s, "acks"))
			printf("  %s", text(s, "acks"));
		if (*text(s, "tls"))
			printf("  %s", text(s, "tls"));
		printf("  %s  ", *text(s, "peer") ? text(s, "peer") : "-");
		show_duration(number(s, "age_s"));
		printf("  in %lld out %lld", number(s, "in"), number(s, "out"));
		if (number(s, "queued"))
			printf(" waiting %lld", number(s, "queued"));
		if (*text(s, "reason"))
			printf("\n     %s%s%s", text(s, "step"),
				*text(s, "step") ? ": " : "",
				text(s, "reason"));
		printf("\n");
	}
}

void show_limits(const json_t *answer)
{
	size_t i;
	json_t *l;

	printf("%-26s %12s %-6s %9s  %s\n", "limit", "value", "unit", "reached",
		"reaction");
	json_array_foreach (json_object_get(answer, "limits"), i, l)
		printf("%-26s %12lld %-6s %9lld  %s\n", text(l, "id"),
			number(l, "value"), text(l, "unit"), number(l, "reached"),
			text(l, "reaction"));
}

static const char *usages(const json_t *c)
{
	bool client = json_is_true(json_object_get(c, "client"));
	bool server = json_is_true(json_object_get(c, "server"));

	if (client)
		return server ? "client and server" : "client only";
	return server ? "server only" : "neither client nor server";
}

static void show_names(const json_t *names)
{
	size_t i;
	json_t *name;

	json_array_foreach (names, i, name)
		printf("%s%s", i > 0 ? ", " : "", json_string_value(name));
}

void show_certs(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "certificates");
	size_t i;
	json_t *c;

	if (json_array_size(list) == 0)
		printf("none\n");
	json_array_foreach (list, i, c) {
		printf("%s\n     ", text(c, "file"));
		show_names(json_object_get(c, "names"));
		printf("\n     %s, until %.10s, %lld days: %s\n", usages(c),
			text(c, "expires"), number(c, "days"),
			text(c, "state"));
	}
	json_array_foreach (json_object_get(answer, "revocations"), i, c)
		printf("revocations of %s: %lld, next %.10s%s\n",
			text(c, "issuer"), number(c, "count"),
			*text(c, "next_update") ? text(c, "next_update")
						: "unknown",
			json_is_true(json_object_get(c, "overdue"))
				? ", overdue"
				: "");
}

/* "tls required, sasl optional, dialback" */
static void show_proof(const json_t *p)
{
	printf("tls %s", text(p, "tls"));
	if (strcmp(text(p, "side"), "XMPP") == 0)
		printf(", sasl %s, %s", text(p, "sasl"),
			json_is_true(json_object_get(p, "dialback"))
				? "dialback" : "no dialback");
}

void show_partners(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "partners");
	size_t i;
	json_t *p;

	if (json_array_size(list) == 0)
		printf("none\n");
	json_array_foreach (list, i, p) {
		printf("%-4s %s: %s%s, %s, ", text(p, "side"), text(p, "domain"),
			text(p, "type"),
			json_is_true(json_object_get(p, "discovered"))
				? " (discovered)" : "",
			text(p, "reached"));
		show_proof(p);
		printf("\n     %lld from there, %lld refused; %lld to there\n",
			number(p, "from"), number(p, "refused"),
			number(p, "to"));
		if (*text(p, "description"))
			printf("     %s\n", text(p, "description"));
	}
}

static void show_choices(const json_t *choices)
{
	size_t i;
	json_t *c;

	json_array_foreach (choices, i, c) {
		printf("  %-16s %-12s %s  %s\n", text(c, "option"),
			text(c, "value"), text(c, "grade"), text(c, "source"));
		if (json_is_true(json_object_get(c, "overridden")))
			printf("  %-16s set in the section; the dialect says "
			       "%s\n", "", text(c, "usual"));
	}
}

void show_dialect(const json_t *answer)
{
	size_t i;
	json_t *d;

	json_array_foreach (json_object_get(answer, "dialects"), i, d) {
		printf("%s%s%s%s\n", i > 0 ? "\n" : "", text(d, "name"),
			*text(d, "partner") ? ", as spoken to " : "",
			text(d, "partner"));
		show_choices(json_object_get(d, "choices"));
	}
	printf("\nA: read in a specification or a vendor's document; B: seen in "
	       "messages of\nreal servers; C: reported by others; D: inferred; "
	       "E: remembered\n");
}
