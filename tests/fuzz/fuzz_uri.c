/*
 * fuzz_uri.c: URIs, addresses, lists and parameters.  What was parsed lies
 * within the input, and text that is encoded comes back the same.
 */
#include "sip/message.h"

static void within(struct str part, struct str whole)
{
	stox_require(!part.len || (part.p >= whole.p &&
		part.p + part.len <= whole.p + whole.len));
}

static void check_uri(struct str text)
{
	struct sip_uri u;
	struct str value;

	if (sip_uri_parse(text, &u) < 0)
		return;
	within(u.user, text);
	within(u.password, text);
	within(u.host, text);
	within(u.params, text);
	within(u.headers, text);
	stox_require(str_eq(u.text, text));
	for (size_t i = 0; i < text.len; i++)
		stox_require((unsigned char)text.p[i] > ' ' &&
			     (unsigned char)text.p[i] < 0x7f);
	if (sip_param(u.params, "gr", &value))
		within(value, text);
	if (u.scheme == SIP_SCHEME_SIP)
		stox_require(u.host.len && sip_host_eq(u.host, u.host));
}

static void check_codes(struct str text)
{
	struct buf coded, back;

	buf_init(&coded, 1 << 20, NULL);
	buf_init(&back, 1 << 20, NULL);
	sip_uri_encode_user(&coded, text);
	stox_require(sip_uri_decode(buf_str(&coded), &back) == 0);
	stox_require(str_eq(buf_str(&back), text));
	buf_clear(&coded);
	buf_clear(&back);
	sip_uri_encode_param(&coded, text);
	stox_require(sip_uri_decode(buf_str(&coded), &back) == 0);
	stox_require(str_eq(buf_str(&back), text));
	buf_clear(&back);
	(void)sip_uri_decode(text, &back);
	stox_require(back.len <= text.len);
	buf_free(&coded);
	buf_free(&back);
}

static void check_values(struct str text)
{
	struct sip_address a;
	struct sip_via via;
	struct str list = text, item, value;
	size_t sum = 0;

	if (sip_address_parse(text, &a) == 0) {
		within(a.display, text);
		within(a.uri_text, text);
		within(a.params, text);
		within(a.tag, text);
		check_uri(a.uri_text);
	}
	if (sip_via_parse(text, &via) == 0) {
		within(via.sent_by, text);
		within(via.params, text);
		within(via.branch, text);
	}
	while (sip_list_next(&list, &item)) {
		within(item, text);
		sum += item.len;
	}
	stox_require(sum <= text.len);
	if (sip_type_param(text, "charset", &value))
		within(value, text);
	(void)sip_type_is(text, "text/plain");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	if (size > 65536)
		return 0;
	check_uri(text);
	check_codes(text);
	check_values(text);
	return 0;
}
