/*
 * dialect.c: the kinds of SIP peers.  A new kind is a new record, a new
 * difference a new row of SIP_DIALECT_TABLE.
 */
#include "sip/dialect.h"

#include <stdio.h>

#include "base/pool.h"
#include "base/str.h"

const char *const sip_words_srv[] = { "sips", "federation", NULL };
const char *const sip_words_negotiate[] = { "405", "488", "501", "none", NULL };
const char *const sip_words_options[] = { "own", "lync", NULL };
const char *const sip_words_pool[] = { "order", "balance", "stick", NULL };
const char *const sip_words_im[] = { "page", "session", NULL };
const char *const sip_words_typing[] = { "iscomposing", "keyboard", "off",
	NULL };
const char *const sip_words_receipts[] = { "imdn", "answer", "off",
	"report", NULL };
const char *const sip_words_presence[] = { "pidf", "lync", NULL };
const char *const sip_words_dialog[] = { "notify", "answer", NULL };
const char *const sip_words_pending[] = { "pending", "closed", NULL };
const char *const sip_words_unreachable[] = { "end", "closed", NULL };
const char *const sip_words_errors[] = { "standard", "lync", NULL };

#define SIMPLE(id, field, option, kind, words, simple, lync, ...) \
	.field = simple,
#define LYNC(id, field, option, kind, words, simple, lync, ...) .field = lync,
static const struct sip_dialect dialects[] = {
	{ .name = "simple", SIP_DIALECT_TABLE(SIMPLE) },
	{ .name = "lync", SIP_DIALECT_TABLE(LYNC) },
};

#define INFO(id, field, word, how, list, simple, lync, rfc, sure, where, text) \
	[SIP_CHOICE_##id] = { .option = word, .help = text, \
		.kind = SIP_CHOICE_##how, .words = list, .standard = rfc, \
		.grade = sure, .source = where },
static const struct sip_choice_info infos[] = { SIP_DIALECT_TABLE(INFO) };

#define OFFSET(id, field, ...) \
	[SIP_CHOICE_##id] = offsetof(struct sip_dialect, field),
static const size_t offsets[] = { SIP_DIALECT_TABLE(OFFSET) };

const struct sip_dialect *sip_dialect_at(size_t index)
{
	if (index >= sizeof dialects / sizeof *dialects)
		return NULL;
	return &dialects[index];
}

const struct sip_dialect *sip_dialect_find(const char *name)
{
	const struct sip_dialect *d;

	for (size_t i = 0; (d = sip_dialect_at(i)); i++)
		if (str_is(str_from(d->name), name))
			return d;
	return NULL;
}

const struct sip_choice_info *sip_choice_info(enum sip_choice c)
{
	stox_require(c < SIP_CHOICE_COUNT);
	return &infos[c];
}

unsigned sip_dialect_get(const struct sip_dialect *d, enum sip_choice c)
{
	stox_require(c < SIP_CHOICE_COUNT);
	return ((const uint8_t *)d)[offsets[c]];
}

void sip_dialect_set(struct sip_dialect *d, enum sip_choice c, unsigned value)
{
	stox_require(c < SIP_CHOICE_COUNT && value <= UINT8_MAX);
	((uint8_t *)d)[offsets[c]] = (uint8_t)value;
	d->overridden |= 1u << c;
}

const char *sip_dialect_text(const struct sip_dialect *d, enum sip_choice c,
	char number[12])
{
	unsigned value = sip_dialect_get(d, c);

	switch (infos[c].kind) {
	case SIP_CHOICE_BOOL:
		return value ? "yes" : "no";
	case SIP_CHOICE_WORD:
		return infos[c].words[value];
	case SIP_CHOICE_INT:
		break;
	}
	snprintf(number, 12, "%u", value);
	return number;
}

/* All options begin so. */
static const char prefix[] = "sip_";
enum { PREFIX = sizeof(prefix) - 1 };

static bool has_prefix(const char *option)
{
	return strncmp(option, prefix, PREFIX) == 0;
}

/* Behind the prefix most differ in their first letter. */
static bool same_option(const char *a, const char *b)
{
	return a[PREFIX] == b[PREFIX] && strcmp(a, b) == 0;
}

bool sip_dialect_is(const struct sip_dialect *d, const char *option,
	const char *word)
{
	size_t i = 0, value = 0;

	stox_require(has_prefix(option));
	while (i < SIP_CHOICE_COUNT && !same_option(infos[i].option, option))
		i++;
	stox_require(i < SIP_CHOICE_COUNT && infos[i].words);
	while (infos[i].words[value] &&
		strcmp(infos[i].words[value], word) != 0)
		value++;
	stox_require(infos[i].words[value]);
	return sip_dialect_get(d, (enum sip_choice)i) == value;
}

const char *const *sip_dialect_services(const struct sip_dialect *d)
{
	static const char *const sips[] = { "_sips._tcp",
		"_sipfederationtls._tcp", NULL };
	static const char *const federation[] = { "_sipfederationtls._tcp",
		"_sips._tcp", NULL };

	return d->srv == SIP_SRV_FEDERATION ? federation : sips;
}
