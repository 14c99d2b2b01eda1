/*
 * config_component.c: how a domain of ours is reached through an XMPP server:
 * component = { … } of a SipDomain or a Gateway.
 */
#include "core/config_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 4096 };

/* A key is read only from a file of its own that nobody else can read; never
 * through a symbolic link, which others may be able to turn. */
static const char *read_secret(
	struct pool *pool, const char *path, const char **ret_secret)
{
	char text[SECRET_MAX];
	struct str rest, line;
	struct stat st;
	const char *why = NULL;
	ssize_t n = 0;
	int fd = open(path,
		O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno == ELOOP ? "it is a symbolic link"
				      : strerror(errno);
	if (fstat(fd, &st) < 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "it is not a regular file";
	else if (st.st_mode & (S_IROTH | S_IWOTH))
		why = "others can read or write it";
	else if ((n = read(fd, text, sizeof(text))) < 0)
		why = strerror(errno);
	close(fd);
	if (why)
		return why;
	rest = (struct str){text, (size_t)n};
	line = str_cut(&rest, '\n');
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	line = str_trim(line);
	if (line.len == 0)
		return "its first line is empty";
	if (line.len == sizeof(text) || str_has_control(line) ||
		!str_is_utf8(line))
		return "its first line is no usable text";
	*ret_secret = pool_strndup(pool, line.p, line.len);
	return NULL;
}

static void warn_of_readable_secret(
	struct config_load *l, struct config_place place)
{
	struct stat st;

	if (stat(place.source->name, &st) == 0 && (st.st_mode & S_IROTH))
		config_warning(l->report, place,
			"others can read this secret; "
			"expected mode 0640 for %s, or secret_file",
			place.source->name);
}

static void set_secret(struct config_load *l, const struct config_raw_option *o,
	const struct config_value *values, struct xmpp_local *local)
{
	const struct config_value *secret = &values[COMPONENT_SECRET];
	const struct config_value *file = &values[COMPONENT_SECRET_FILE];
	const char *why;

	if (secret->set && file->set) {
		config_error(l->report, config_field_place(o, "secret_file"),
			"component has both secret and secret_file; expected "
			"only one");
	} else if (secret->set) {
		local->component_secret = secret->string;
		warn_of_readable_secret(l, config_field_place(o, "secret"));
	} else if (file->set) {
		why = read_secret(l->config->pool, file->string,
			&local->component_secret);
		if (why)
			config_error(l->report,
				config_field_place(o, "secret_file"),
				"cannot take the secret from %s: %s; expected "
				"a "
				"file that only the daemon can read",
				file->string, why);
	}
}

static void report_field(struct config_load *l,
	const struct config_raw_option *o, const char *name)
{
	struct config_guess guess;

	config_guess_init(&guess, name);
	for (size_t i = 0; config_component_options[i].option.name; i++)
		config_guess_try(
			&guess, config_component_options[i].option.name);
	config_error(l->report, config_field_place(o, name),
		"component has no "
		"field %s; %sexpected host, port, secret or secret_file",
		name, config_guess_text(&guess, l->pool));
}

static bool read_field(struct config_load *l, const struct config_raw_option *o,
	const struct config_raw_field *field, struct config_value *values)
{
	int i = config_option_find(config_component_options, field->name);
	struct config_kind kind;

	if (i < 0) {
		report_field(l, o, field->name);
		return false;
	}
	kind = (struct config_kind){
		.name = pool_printf(l->pool, "component.%s", field->name),
		.option = &config_component_options[i].option,
		.syntax = config_component_options[i].syntax,
	};
	return config_value_read(l, &kind, o, &field->value,
		config_field_place(o, field->name), &values[i]);
}

static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	       str_starts(str_from(host), STR("127."));
}

static void set_component(struct config_load *l,
	const struct config_raw_option *o, struct xmpp_local *local)
{
	struct config_value v[COMPONENT_COUNT];
	bool good = true;

	for (size_t i = 0; i < COMPONENT_COUNT; i++)
		stox_require(config_value_default(l->config->pool,
				     &config_component_options[i].option,
				     &v[i]) == 0);
	for (size_t i = 0; i < o->value.field_count; i++)
		if (!read_field(l, o, &o->value.fields[i], v))
			good = false;
	if (o->value.item_count > 0)
		config_error(l->report, o->place,
			"component has values without a "
			"name; expected { host = …, port = …, secret = … }");
	else if (good && !v[COMPONENT_SECRET].set &&
		 !v[COMPONENT_SECRET_FILE].set)
		config_error(l->report, o->place,
			"component has no secret; "
			"expected secret or secret_file");
	local->component_host = v[COMPONENT_HOST].string;
	local->component_port = (uint16_t)v[COMPONENT_PORT].number;
	set_secret(l, o, v, local);
	if (!is_loopback(local->component_host))
		config_warning(l->report, config_field_place(o, "host"),
			"everything goes to %s unencrypted; expected an XMPP "
			"server on this machine",
			local->component_host);
}

void config_component(struct config_load *l,
	const struct config_section *section, struct xmpp_local *local)
{
	const struct config_raw_option *o =
		config_section_option(section, "component");

	if (o && o->value.type == CONFIG_RAW_TABLE)
		set_component(l, o, local);
}
