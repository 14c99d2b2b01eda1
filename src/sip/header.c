/*
 * header.c: names of headers, and finding things in a parsed message.
 * RFC 3261, 7.3.
 */
#include "base/word.h"
#include "sip/chars.h"
#include "sip/message.h"

#define NAME(text) { sizeof(text) - 1, text }
static const struct name {
	unsigned char len;
	char text[23];
} names[SIP_H_COUNT] = {
	[SIP_H_OTHER] = NAME(""),
	[SIP_H_VIA] = NAME("Via"),
	[SIP_H_FROM] = NAME("From"),
	[SIP_H_TO] = NAME("To"),
	[SIP_H_CALL_ID] = NAME("Call-ID"),
	[SIP_H_CSEQ] = NAME("CSeq"),
	[SIP_H_MAX_FORWARDS] = NAME("Max-Forwards"),
	[SIP_H_CONTACT] = NAME("Contact"),
	[SIP_H_CONTENT_LENGTH] = NAME("Content-Length"),
	[SIP_H_CONTENT_TYPE] = NAME("Content-Type"),
	[SIP_H_CONTENT_ENCODING] = NAME("Content-Encoding"),
	[SIP_H_CONTENT_LANGUAGE] = NAME("Content-Language"),
	[SIP_H_SUBJECT] = NAME("Subject"),
	[SIP_H_ROUTE] = NAME("Route"),
	[SIP_H_RECORD_ROUTE] = NAME("Record-Route"),
	[SIP_H_REQUIRE] = NAME("Require"),
	[SIP_H_PROXY_REQUIRE] = NAME("Proxy-Require"),
	[SIP_H_SUPPORTED] = NAME("Supported"),
	[SIP_H_EXPIRES] = NAME("Expires"),
	[SIP_H_DATE] = NAME("Date"),
	[SIP_H_EVENT] = NAME("Event"),
	[SIP_H_SUBSCRIPTION_STATE] = NAME("Subscription-State"),
	[SIP_H_ACCEPT] = NAME("Accept"),
	[SIP_H_ALLOW] = NAME("Allow"),
	[SIP_H_RETRY_AFTER] = NAME("Retry-After"),
	[SIP_H_WARNING] = NAME("Warning"),
	[SIP_H_P_ASSERTED_IDENTITY] = NAME("P-Asserted-Identity"),
};

/* The names that have a short form but no id here.  RFC 3261, 7.3.3 and IANA. */
struct compact {
	char letter;
	const char *name;
};
static const struct compact compacts[] = {
	{ 'a', "Accept-Contact" },
	{ 'b', "Referred-By" },
	{ 'd', "Request-Disposition" },
	{ 'j', "Reject-Contact" },
	{ 'r', "Refer-To" },
	{ 'u', "Allow-Events" },
	{ 'x', "Session-Expires" },
	{ 'y', "Identity" },
};

const char *sip_header_name(enum sip_header_id id)
{
	return id < SIP_H_COUNT ? names[id].text : "";
}

struct str sip_header_text(enum sip_header_id id)
{
	return id < SIP_H_COUNT
		? (struct str){ names[id].text, names[id].len } : STR("");
}

static enum sip_header_id compact_id(char c)
{
	switch (c | 0x20) {
	case 'v': return SIP_H_VIA;
	case 'f': return SIP_H_FROM;
	case 't': return SIP_H_TO;
	case 'i': return SIP_H_CALL_ID;
	case 'm': return SIP_H_CONTACT;
	case 'e': return SIP_H_CONTENT_ENCODING;
	case 'l': return SIP_H_CONTENT_LENGTH;
	case 'c': return SIP_H_CONTENT_TYPE;
	case 's': return SIP_H_SUBJECT;
	case 'k': return SIP_H_SUPPORTED;
	case 'o': return SIP_H_EVENT;
	}
	return SIP_H_OTHER;
}

/* Length and first letter leave one candidate each; SIP_H_OTHER: none. */
enum { LONGEST = 19 };
static const uint8_t candidates[LONGEST + 1][26] = {
	[2]['t' - 'a'] = SIP_H_TO,
	[3]['v' - 'a'] = SIP_H_VIA,
	[4]['f' - 'a'] = SIP_H_FROM,
	[4]['c' - 'a'] = SIP_H_CSEQ,
	[4]['d' - 'a'] = SIP_H_DATE,
	[5]['r' - 'a'] = SIP_H_ROUTE,
	[5]['e' - 'a'] = SIP_H_EVENT,
	[5]['a' - 'a'] = SIP_H_ALLOW,
	[6]['a' - 'a'] = SIP_H_ACCEPT,
	[7]['c' - 'a'] = SIP_H_CALL_ID, /* and Contact */
	[7]['s' - 'a'] = SIP_H_SUBJECT,
	[7]['e' - 'a'] = SIP_H_EXPIRES,
	[7]['r' - 'a'] = SIP_H_REQUIRE,
	[7]['w' - 'a'] = SIP_H_WARNING,
	[9]['s' - 'a'] = SIP_H_SUPPORTED,
	[11]['r' - 'a'] = SIP_H_RETRY_AFTER,
	[12]['m' - 'a'] = SIP_H_MAX_FORWARDS,
	[12]['c' - 'a'] = SIP_H_CONTENT_TYPE,
	[12]['r' - 'a'] = SIP_H_RECORD_ROUTE,
	[13]['p' - 'a'] = SIP_H_PROXY_REQUIRE,
	[14]['c' - 'a'] = SIP_H_CONTENT_LENGTH,
	[16]['c' - 'a'] = SIP_H_CONTENT_ENCODING, /* and -Language */
	[18]['s' - 'a'] = SIP_H_SUBSCRIPTION_STATE,
	[19]['p' - 'a'] = SIP_H_P_ASSERTED_IDENTITY,
};

static enum sip_header_id candidate(size_t len, char first)
{
	unsigned letter = (unsigned char)(first | 0x20) - 'a';

	return len <= LONGEST && letter < 26 ? candidates[len][letter]
					     : SIP_H_OTHER;
}

enum sip_header_id sip_header_id(struct str name)
{
	enum sip_header_id id;

	if (name.len < 2)
		return name.len ? compact_id(name.p[0]) : SIP_H_OTHER;
	id = candidate(name.len, name.p[0]);
	if (id == SIP_H_CALL_ID && (name.p[1] | 0x20) == 'o')
		id = SIP_H_CONTACT;
	if (id == SIP_H_CONTENT_ENCODING && (name.p[8] | 0x20) == 'l')
		id = SIP_H_CONTENT_LANGUAGE;
	if (id == SIP_H_OTHER)
		return id;
	/* the length is right, and but for CR, which no line holds, no
	 * character becomes one of a name by its case bit */
	return word_same_letters(name.p, names[id].text, name.len) ? id
								  : SIP_H_OTHER;
}

const struct sip_header *sip_message_header(const struct sip_message *m,
	enum sip_header_id id, const struct sip_header *prev)
{
	const struct sip_header *end = m->headers + m->header_count;

	if (!prev)
		return m->first[id] ? &m->headers[m->first[id] - 1] : NULL;
	for (const struct sip_header *h = prev + 1; h < end; h++)
		if (h->id == id)
			return h;
	return NULL;
}

/* The letter that stands for @name, or 0. */
static char compact_of(struct str name)
{
	for (size_t i = 0; i < sizeof(compacts) / sizeof(compacts[0]); i++)
		if ((name.p[0] | 0x20) == (compacts[i].name[0] | 0x20) &&
			str_iis(name, compacts[i].name))
			return compacts[i].letter;
	return 0;
}

const struct sip_header *sip_message_header_named(const struct sip_message *m,
	const char *name, const struct sip_header *prev)
{
	struct str wanted = str_from(name);
	enum sip_header_id id = sip_header_id(wanted);
	const struct sip_header *end = m->headers + m->header_count;
	char letter;

	if (id != SIP_H_OTHER)
		return sip_message_header(m, id, prev);
	if (!m->first[SIP_H_OTHER])
		return NULL;
	letter = compact_of(wanted);
	for (const struct sip_header *h = prev ? prev + 1 : m->headers; h < end;
		h++)
		if (h->id == SIP_H_OTHER &&
			((h->name.len == wanted.len &&
				 str_ieq(h->name, wanted)) ||
				(letter && h->name.len == 1 &&
					(h->name.p[0] | 0x20) == letter)))
			return h;
	return NULL;
}

bool sip_list_next(struct str *list, struct str *ret_item)
{
	struct str item = *list;
	bool bracket = false;
	size_t i = 0;

	if (!item.len)
		return false;
	/* mostly one item */
	if (str_find(item, ',') < 0)
		i = item.len;
	for (; i < item.len; i++) {
		if (char_is(item.p[i], CHAR_VALUE))
			continue;
		if (item.p[i] == '"' && !bracket) {
			size_t n = chars_quoted(chars_from(item, i));

			/* never closed: the rest is one item */
			i = n ? i + n - 1 : item.len - 1;
		} else if (item.p[i] == '<') {
			bracket = true;
		} else if (item.p[i] == '>') {
			bracket = false;
		} else if (item.p[i] == ',' && !bracket) {
			break;
		}
	}
	*ret_item = str_trim(chars_first(item, i));
	if (i < item.len)
		*list = chars_from(item, i + 1);
	else
		*list = (struct str){ NULL, 0 };
	return true;
}

bool sip_message_has_token(const struct sip_message *m, enum sip_header_id id,
	const char *token)
{
	const struct sip_header *h = NULL;
	struct str wanted = str_from(token), list, item;

	while ((h = sip_message_header(m, id, h))) {
		list = h->value;
		while (sip_list_next(&list, &item)) {
			item = str_trim(str_cut(&item, ';'));
			if (str_ieq(item, wanted))
				return true;
		}
	}
	return false;
}

/* "type / subtype" without its spaces compared to "type/subtype". */
bool sip_type_is(struct str content_type, const char *type)
{
	struct str wanted = str_from(type), major, minor;

	minor = str_cut(&content_type, ';');
	major = str_trim(str_cut(&minor, '/'));
	if (!minor.p)
		return false;
	minor = str_trim(minor);
	return major.len + 1 + minor.len == wanted.len &&
	       wanted.p[major.len] == '/' &&
	       str_ieq(major, chars_first(wanted, major.len)) &&
	       str_ieq(minor, chars_from(wanted, major.len + 1));
}

bool sip_type_param(struct str content_type, const char *name, struct str *ret)
{
	struct str value;

	(void)str_cut(&content_type, ';');
	if (!content_type.p || !sip_param(content_type, name, &value))
		return false;
	if (value.len >= 2 && value.p[0] == '"' &&
		value.p[value.len - 1] == '"')
		value = (struct str){ value.p + 1, value.len - 2 };
	*ret = value;
	return true;
}
